"""Values of a document with the lines that they were written in, and why a text is none."""

from collections.abc import Mapping
from typing import Any

import msgspec

Wanted = Mapping[str, Any] | None
"""Which part of a document is built: keys with what is wanted below them, `*` for any; None for everything."""


class NotYaml(ValueError):
    """A text that cannot be read as YAML: why, and in which line, from 1."""

    def __init__(self, reason: str, line: int) -> None:
        super().__init__(reason)
        self.reason = reason
        self.line = line


class Node(msgspec.Struct, frozen=True):
    """A value with the line it begins in, from 1, and for a scalar the characters it is written in.

    `value` is a map of Nodes, a tuple of them, or a scalar as YAML 1.1 has it (Palette's own reader does too). `style`
    is the scalar's: nothing for a plain one, a quote, `|` or `>`. `raw` is a scalar's text whatever it was resolved to:
    readers of YAML 1.2 take `off` for text. `path` is the file, where that is not the layer's own.
    """

    line: int
    value: Any
    start: int = 0
    end: int = 0
    style: str = ""
    raw: str = ""
    path: str = ""

    def at(self, *keys: str) -> "Node | None":
        """What lies below `keys`; None where one of them is not there, or what is there is no map."""
        node: Node | None = self
        for key in keys:
            node = node.value.get(key) if node is not None and isinstance(node.value, dict) else None
        return node

    @property
    def plain(self) -> Any:
        """The value without lines."""
        if isinstance(self.value, dict):
            return {key: node.plain for key, node in self.value.items()}
        if isinstance(self.value, tuple):
            return [node.plain for node in self.value]
        return self.value

    @property
    def kind(self) -> str:
        """What it is, for a sentence: `a list`, `text`, `null`."""
        names: dict[type, str] = {dict: "a map", tuple: "a list", bool: "a boolean", int: "a number", float: "a number"}
        return names.get(type(self.value), "null" if self.value is None else "text")
