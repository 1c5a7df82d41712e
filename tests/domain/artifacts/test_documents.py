from typing import Any

import pytest
import yaml
from hypothesis import example, given
from hypothesis import strategies as st

from domain.artifacts import Node, NotYaml, read_document, read_documents, skimming
from domain.artifacts.building import MAX_DEPTH, MAX_EXPANDED
from domain.artifacts.documents import MAX_CHARACTERS
from domain.artifacts.layers import WANTED

VALUES = """\
# spectrocloud.com/enabled-presets: Kube-proxy:replace
pack:
  namespace: "monitoring"
  namespaceLabels:
    monitoring: "a=b,v=v{{ .spectro.system.kubernetes.version | substr 0 4 }}"
charts:
  grafana:
    enabled: yes
    cilium: no
  cilium:
    ipam: {mode: "eni"}
"""


def plain(text: str, wanted: Any = None) -> Any:
    node = read_document(text, wanted)
    return node.plain if node is not None else None


def lines(node: Node | None) -> Any:
    """Every scalar's line, in the shape of the document."""
    assert node is not None
    if isinstance(node.value, dict):
        return {key: lines(child) for key, child in node.value.items()}
    return [lines(child) for child in node.value] if isinstance(node.value, tuple) else node.line


def test_values_come_with_their_lines_and_templates_as_they_stand() -> None:
    document = read_document(VALUES)
    assert document is not None
    assert document.plain == {
        "pack": {
            "namespace": "monitoring",
            "namespaceLabels": {"monitoring": "a=b,v=v{{ .spectro.system.kubernetes.version | substr 0 4 }}"},
        },
        "charts": {"grafana": {"enabled": True, "cilium": False}, "cilium": {"ipam": {"mode": "eni"}}},
    }
    assert lines(document)["charts"] == {"grafana": {"enabled": 8, "cilium": 9}, "cilium": {"ipam": {"mode": 11}}}


def test_a_value_that_is_not_there_is_where_its_key_is() -> None:
    document = read_document("a:\n  b:\n  # far\n\n  c:\n")
    assert lines(document) == {"a": {"b": 2, "c": 5}}


def test_of_a_document_only_what_is_wanted_is_kept() -> None:
    assert plain(VALUES, {"charts": {"cilium": {"ipam": None}}}) == {"charts": {"cilium": {"ipam": {"mode": "eni"}}}}
    assert plain(VALUES, {"charts": {"grafana": {"enabled": None}}}) == {"charts": {"grafana": {"enabled": True}}}
    assert plain("a: [{x: 1, y: 2}, {x: 3}]", {"a": {"*": {"x": None}}}) == {"a": [{"x": 1}, {"x": 3}]}


def test_a_scalar_knows_the_characters_it_is_written_in() -> None:
    text = "é: 'x'\npack:\n  b: \"{{ y }}\" # c\n"
    for wanted in (None, {"pack": None}):
        found = read_document(text, wanted)
        assert found is not None
        node = found.at("pack", "b")
        assert node is not None
        assert (text[node.start : node.end], node.value, node.style, node.line) == ('"{{ y }}"', "{{ y }}", '"', 3)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("a: yes", True),
        ("a: 'yes'", "yes"),
        ("a: !!str yes", "yes"),
        ("a: 010", 8),
        ("a: 1.5", 1.5),
        ("a: ~", None),
        ("a: =", "="),
        ("a: 2026-01-02", "2026-01-02"),
        ("a: !!int x", "x"),
        ("a: !own x", "x"),
        ("a: {{ x }}", "{{ x }}"),
        ("a: |\n  x: {{ y }}\n  z\n", "x: {{ y }}\nz\n"),
        ("a: x{{ y }}x{{ z }}", "x{{ y }}x{{ z }}"),
    ],
)
def test_scalars_are_read_as_palettes_own_reader_does(text: str, value: Any) -> None:
    assert plain(text) == {"a": value}


def test_anchors_and_merges_are_followed() -> None:
    text = "x: &x {a: 1, b: 2}\ny: {<<: *x, b: 3}\nz:\n  <<: [*x, {c: 4}, text]\nw: *x\n"
    assert plain(text) == {
        "x": {"a": 1, "b": 2},
        "y": {"a": 1, "b": 3},
        "z": {"a": 1, "b": 2, "c": 4},
        "w": {"a": 1, "b": 2},
    }
    assert plain(text, {"w": None}) == {"w": {"a": 1, "b": 2}}


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        ("pack:\n\tnamespace: x\n", 2, "a tab, where YAML has spaces alone"),
        ("pack:\n  a: 1\n  b: 2\n  a: 3\n", 4, "the key a is there twice, first in line 2"),
        ("pack: {a: 1, a: 2}\n", 1, "the key a is there twice"),
        ('pack:\n  "a": 1\n  a: 3\n', 3, "the key a is there twice"),
        ("charts:\n  x:\n  - a: 1\n    a: 2\n", 4, "the key a is there twice"),
        ("a: 1\n---\nb: 2\n", 3, "a second document begins here"),
        ("pack: [a\nb: 1\n", 2, "it is no YAML: "),
        ("pack:\n{{- if .x }}\n  a: 1\n{{- end }}\n", 2, "a template, where YAML was expected"),
        ("charts:\n  x:\n    {{- if .x }}\n    a: 1\n    {{- end }}\n", 3, "a template, where YAML was expected"),
        ("pack: &a [*a]\n", 1, "an anchor that holds itself"),
        ("pack: *a\n", 1, "an alias whose anchor is not there"),
        ("pack:\n  ? [a]\n  : b\n", 2, "a map or a list in the place of a key"),
        ("a: &a x\n*a : b\n", 2, "an alias in the place of a key"),
        ("a: 1\nb: \x07\n", 2, "a character that no YAML holds"),
        ("a: 1\nb: \ud83d\n", 2, "half of a character that takes two"),
        ("a: " + "[" * (MAX_DEPTH + 1), 1, f"nested deeper than {MAX_DEPTH} levels"),
        ("[" * 200_000, 1, f"nested deeper than {MAX_DEPTH} levels"),
        ("a: " + "x" * MAX_CHARACTERS, 1, f"larger than {MAX_CHARACTERS} characters"),
    ],
)
def test_what_cannot_be_read_says_why_and_where(text: str, line: int, words: str) -> None:
    for wanted in (None, {"pack": None, "charts": None}):
        with pytest.raises(NotYaml) as raised:
            read_document(text, wanted)
        assert words in raised.value.reason
        assert raised.value.line == line


@pytest.mark.parametrize(
    "text",
    [
        "x: 1\n---\npack: {a: 1}\n",
        "pack: {a: }}\n",
        "pack: {a: '}'}\n",
        "pack: }\n",
        "---\npack: {a: 1}\n---\n",
        "pack: {a: 1}}\n",
        "a: }{\npack: {a: 1}\n",
        "a: b}\npack:\n  c: {\n",
        "a: x{y: 1\npack: {a: {b: 1}, c: 2}\n",
        "# c\n---\npack: {a: 1}\n",
        "pack: {a: {b: 1}, c: {b: 1}}",
    ],
)
def test_what_lines_cannot_tell_is_built(text: str) -> None:
    def read(wanted: Any) -> Any:
        try:
            node = read_document(text, wanted)
        except NotYaml as error:
            return error.line, error.reason
        return node.plain if node is not None else None

    assert read({"pack": None}) == read(None)


def test_lines_of_a_block_of_text_are_no_keys() -> None:
    text = "charts:\n  x: |\n    a: 1\n    a: 2\n\n    pack: none\n  y: {a: 1}  # see: x\npack:\n  z: >-\n    a: 1\n\n    a: 2\n"
    assert skimming.parts(text, {"pack": None}) == ([skimming.Part("pack", text.index("pack:\n"), len(text), 8)], 1)
    assert plain(text, {"pack": None}) == {"pack": {"z": "a: 1\na: 2"}}


def test_without_libyaml_all_is_built(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(skimming, "_PARSER", None)
    assert plain(VALUES, {"pack": {"namespace": None}}) == {"pack": {"namespace": "monitoring"}}


def test_an_anchor_bomb_is_not_expanded() -> None:
    levels = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    levels += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 9)]
    with pytest.raises(NotYaml, match=f"expand to more than {MAX_EXPANDED} values") as raised:
        read_document("\n".join(levels) + "\n")
    assert raised.value.line == 5


def test_every_document_of_a_stream_is_read() -> None:
    assert [node.plain for node in read_documents("a: 1\n---\n- b\n---\n")] == [{"a": 1}, ["b"], None]
    assert read_document("") is None
    assert read_document("# nothing\n") is None


KEYS = st.sampled_from(
    ["pack", "charts", "cilium", "stages", "a b", "x", "namespaceLabels", "manifests", "calico", "env"]
)
SCALARS = st.one_of(
    st.booleans(), st.integers(-9, 9), st.none(), st.sampled_from(["", "x: y", "# no", "a\nb\n", "- z", "{{ t }}", "é"])
)
TREES = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=4), max_leaves=20
)


def masked(value: Any, wanted: Any) -> Any:
    if wanted is None:
        return value
    if isinstance(value, dict):
        return {key: masked(child, wanted[key]) for key, child in value.items() if key in wanted}
    return [] if isinstance(value, list) else value


@given(st.dictionaries(KEYS, TREES, min_size=1, max_size=5), st.booleans(), st.sampled_from(["\n", "\r\n"]))
def test_what_is_looked_through_is_read_as_what_is_built(tree: dict[str, Any], flow: bool, end: str) -> None:
    text = yaml.safe_dump(tree, default_flow_style=flow or None, allow_unicode=True).replace("\n", end)
    whole = plain(text)
    assert whole == tree
    root = read_document(text, WANTED)
    assert root is not None
    for key, wanted in (WANTED or {}).items():
        node = root.at(key)
        if node is None:
            assert key not in tree
        elif isinstance(tree[key], dict):
            assert node.plain == masked(tree[key], wanted)
        elif wanted is None:
            assert node.plain == tree[key]


@example("a':")
@example("a\t:")
@example("a #:")
@example(">#:")
@given(st.text("ab:-# \n\t{}[]&*'\"|>?%", max_size=60))
def test_any_text_is_read_alike_or_refused_alike(text: str) -> None:
    def read(wanted: Any) -> Any:
        try:
            node = read_document(text, wanted)
        except NotYaml as error:
            return error.line, error.reason
        return (
            {key: node.value[key].plain for key in ("a", "b") if key in node.value}
            if node and isinstance(node.value, dict)
            else None
        )

    assert read(None) == (read({"a": None, "b": None}))
