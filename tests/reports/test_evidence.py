"""Evidence is laid out for reading, and nothing of it is lost."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reports.evidence import Grid, Items, Leaf, Node, Pairs, outline, scalar, shape

PLAIN = st.none() | st.booleans() | st.integers() | st.text(max_size=20)
JSON = st.recursive(
    PLAIN, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner, max_size=4)
)


@pytest.mark.parametrize(
    ("value", "node"),
    [
        (None, Leaf("not set")),
        (True, Leaf("true")),
        (False, Leaf("false")),
        ("", Leaf('""')),
        (1.5, Leaf("1.5")),
        ([], Leaf("none")),
        ({}, Leaf("none")),
        ("a\nb", Leaf("a\nb", block=True)),
        (["a", 1], Leaf("a, 1")),
        (["a" * 40, "b" * 40], Items((Leaf("a" * 40), Leaf("b" * 40)))),
        (["a\nb"], Items((Leaf("a\nb", block=True),))),
        ({"k": [{"a": 1}]}, Pairs((("k", Items((Pairs((("a", Leaf("1")),)),))),))),
        (
            [{"a": 1, "b": None}, {"a": 2, "c": "x"}],
            Grid(("a", "b", "c"), ((Leaf("1"), Leaf("not set"), Leaf("")), (Leaf("2"), Leaf(""), Leaf("x")))),
        ),
    ],
)
def test_shapes(value: Any, node: Node) -> None:
    assert shape(value) == node


@pytest.mark.parametrize(
    "rows", [[{"a": 1}, {"a": [1]}], [{"a": 1}, {}], [{str(n): n for n in range(7)}] * 2, [{"a": 1}, {"a": "x\ny"}]]
)
def test_what_is_not_flat_is_no_table(rows: list[Any]) -> None:
    assert isinstance(shape(rows), Items)


def test_what_is_very_deep_is_shown_as_json() -> None:
    deep: Any = {"bottom": 1}
    for _ in range(30):
        deep = {"k": deep}
    node = shape(deep)
    while isinstance(node, Pairs):
        node = node.pairs[0][1]
    assert isinstance(node, Leaf)
    assert node.block
    assert "bottom" in json.dumps(json.loads(node.text))


def test_the_outline() -> None:
    value = {"a": 1, "b": {"c": "x\ny", "d": ["e" * 40, "f" * 40]}, "g": [{"h": 1, "i": 2}, {"h": 3}], "j": [{"k": 1}]}
    assert (
        "\n".join(outline(value))
        == f"""\
a: 1
b:
  c:
    x
    y
  d:
    - {"e" * 40}
    - {"f" * 40}
g:
  - h 1, i 2
  - h 3
j:
  -
    k: 1"""
    )
    assert list(outline("a\nb")) == ["a", "b"]


@given(JSON)
def test_nothing_is_lost(value: Any) -> None:
    told = "\n".join(outline(value))
    for text in _scalars(value):
        assert all(line in told for line in text.split("\n"))


def _scalars(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        for key, inner in value.items():
            yield key
            yield from _scalars(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _scalars(inner)
    else:
        yield scalar(value)
