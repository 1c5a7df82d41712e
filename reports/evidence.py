"""Why a finding is believed, as something a person can read: evidence is plain JSON, and raw JSON is not for reading.

`shape` turns it into a small tree of four kinds of node, which a template draws; `outline` turns it into indented
lines. Both show every value.
"""

import json
from collections.abc import Iterator
from typing import ClassVar, Union

import msgspec

from domain.verdict import JsonValue

_DEEPEST = 8
"""Beyond this depth evidence is no longer laid out, but shown as JSON."""
_COLUMNS = 6
"""A list of objects with more keys than this is no table any more."""
_INLINE = 60
"""A list of plain values is written in one line up to this many characters."""


class Leaf(msgspec.Struct, frozen=True):
    """One value; a `block` has lines of its own."""

    kind: ClassVar[str] = "leaf"
    text: str
    block: bool = False


class Items(msgspec.Struct, frozen=True):
    """A list."""

    kind: ClassVar[str] = "items"
    items: tuple["Node", ...]


class Pairs(msgspec.Struct, frozen=True):
    """An object: each key with its value."""

    kind: ClassVar[str] = "pairs"
    pairs: tuple[tuple[str, "Node"], ...]


class Grid(msgspec.Struct, frozen=True):
    """A list of flat objects with much the same keys: a table."""

    kind: ClassVar[str] = "grid"
    columns: tuple[str, ...]
    rows: tuple[tuple[Leaf, ...], ...]


Node = Union[Leaf, Items, Pairs, Grid]  # noqa: UP007  forward references above


def shape(value: JsonValue, depth: int = 0) -> Node:
    """Lay out a JSON value for reading."""
    if not isinstance(value, dict | list | tuple):
        return Leaf(scalar(value), block="\n" in scalar(value))
    if not value:
        return Leaf("none")
    if depth == _DEEPEST:
        return Leaf(json.dumps(value, indent=2, default=str), block=True)
    if isinstance(value, dict):
        return Pairs(tuple((str(k), shape(v, depth + 1)) for k, v in value.items()))
    if _is_grid(value):
        columns = tuple(dict.fromkeys(key for row in value for key in row))
        rows = tuple(tuple(_cell(row, column) for column in columns) for row in value)
        return Grid(tuple(map(str, columns)), rows)
    return _inline(value) or Items(tuple(shape(v, depth + 1) for v in value))


def scalar(value: JsonValue) -> str:
    """Write a plain value as a person would."""
    match value:
        case None:
            return "not set"
        case True:
            return "true"
        case False:
            return "false"
        case "":
            return '""'
        case _:
            return str(value)


def _is_grid(value: list[JsonValue] | tuple[JsonValue, ...]) -> bool:
    if len(value) < 2 or not all(isinstance(row, dict) and row for row in value):  # noqa: PLR2004  one row is no table
        return False
    flat = not any(isinstance(v, dict | list | tuple) or "\n" in scalar(v) for row in value for v in row.values())
    return flat and len({key for row in value for key in row}) <= _COLUMNS


def _cell(row: dict[str, JsonValue], column: str) -> Leaf:
    return Leaf(scalar(row[column]) if column in row else "")


def _inline(value: list[JsonValue] | tuple[JsonValue, ...]) -> Leaf | None:
    if any(isinstance(v, dict | list | tuple) for v in value):
        return None
    text = ", ".join(scalar(v) for v in value)
    return Leaf(text) if len(text) <= _INLINE and "\n" not in text else None


def outline(value: JsonValue) -> Iterator[str]:
    """Give a JSON value as indented lines: `key: value`, `- item`."""
    yield from _outline(shape(value), 0)


def _outline(node: Node, depth: int, lead: str = "") -> Iterator[str]:
    pad = "  " * depth
    if isinstance(node, Leaf) and not node.block:
        yield f"{pad}{lead}{node.text}"
        return
    if lead:
        yield f"{pad}{lead}".rstrip()
    deeper = depth + bool(lead)
    match node:
        case Leaf():
            yield from (f"{'  ' * deeper}{line}" for line in node.text.split("\n"))
        case Pairs():
            for key, child in node.pairs:
                yield from _outline(child, deeper, f"{key}: ")
        case Items():
            for child in node.items:
                yield from _outline(child, deeper, "- ")
        case _:
            for row in node.rows:
                cells = ", ".join(f"{c} {v.text}" for c, v in zip(node.columns, row, strict=True) if v.text)
                yield f"{'  ' * deeper}- {cells}"
