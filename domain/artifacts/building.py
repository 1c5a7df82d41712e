"""Builds what is wanted of a YAML document from its events, in one pass and without recursion.

Nothing is built that nobody wants, no depth of nesting costs a stack, anchors cannot expand without bound, and a key
that is there twice is an error.
"""

from collections.abc import Iterator, Mapping
from typing import Any, Final

import yaml

from domain.artifacts.nodes import Node, NotYaml, Wanted
from domain.artifacts.templates import HELD, TEMPLATE, held, restored

MAX_DEPTH: Final = 100
MAX_EXPANDED: Final = 100_000
"""How many values the aliases of one document may come to."""

_Loader: type[Any] = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_CONSTRUCTED: Final = frozenset(f"tag:yaml.org,2002:{kind}" for kind in ("bool", "int", "float", "null"))


class _Frame:
    """A map or list that has begun; `wanted` is what of it is built, False where nothing is."""

    __slots__ = ("anchor", "items", "key", "line", "seen", "size", "wanted")

    def __init__(self, event: Any, wanted: Any, line: int) -> None:
        self.wanted = wanted
        self.anchor = event.anchor
        self.line = line
        self.items: Any = {} if isinstance(event, yaml.MappingStartEvent) else []
        self.seen: dict[str, int] = {}
        self.key: str | None = None
        self.size = 1

    def below(self) -> Any:
        """What is wanted of the value that comes; False where nothing is."""
        if not isinstance(self.wanted, Mapping):
            return self.wanted
        return self.wanted.get(self.key if self.key is not None else "*", self.wanted.get("*", False))

    def keeps(self) -> bool:
        """Whether it is wanted at all: what has an anchor is built in any case."""
        return self.below() is not False


class Builder:
    """Builds what is wanted of a stream of events, without recursion."""

    def __init__(self, text: str, wanted: Wanted, lines: int = 0, characters: int = 0) -> None:
        """Build what is `wanted` of `text`, which stands below `lines` lines and after `characters` characters."""
        marked = text.startswith("\ufeff")  # libyaml leaves a byte order mark out of its account
        self._lines, self._characters = lines, characters + marked
        text = text.removeprefix("\ufeff")
        self._text = text
        self._events = yaml.parse(held(text), Loader=_Loader)
        self._wanted = wanted
        self._stack: list[_Frame] = []
        self._anchors: dict[str, tuple[Node, int]] = {}
        self._expanded = 0
        self._templated = "{{" in text

    def documents(self) -> Iterator[Node]:
        """One document after the other."""
        for event in self._events:
            if isinstance(event, yaml.DocumentStartEvent):
                self._anchors = {}
            done = self._take(event)
            if done is not None:
                yield done

    def _take(self, event: Any) -> Node | None:
        """Take one event in; the document's root where it is the one that ends it."""
        if isinstance(event, yaml.ScalarEvent):
            frame = self._stack[-1] if self._stack else None
            if frame is not None and frame.key is None and isinstance(frame.items, dict):
                self._key(frame, event)
                return None
            wanted = self._wanted_here(event)
            node = self._scalar(event) if wanted is not False else None
            return self._put(node, 1, event.anchor)
        if isinstance(event, yaml.MappingStartEvent | yaml.SequenceStartEvent):
            self._begin(event)
        elif isinstance(event, yaml.MappingEndEvent | yaml.SequenceEndEvent):
            frame = self._stack.pop()
            node = Node(frame.line, self._built(frame)) if frame.wanted is not False else None
            return self._put(node, frame.size, frame.anchor)
        elif isinstance(event, yaml.AliasEvent):
            return self._alias(event)
        return None

    def _key(self, frame: _Frame, event: Any) -> None:
        key = self._own(event)
        line = self._line(event)
        if key in frame.seen:
            raise NotYaml(f"the key {key} is there twice, first in line {frame.seen[key]}", line)
        frame.seen[key] = line
        frame.key = key

    def _begin(self, event: Any) -> None:
        if len(self._stack) >= MAX_DEPTH:
            raise NotYaml(f"it is nested deeper than {MAX_DEPTH} levels", self._line(event))
        if self._stack and isinstance(self._stack[-1].items, dict) and self._stack[-1].key is None:
            raise NotYaml("a map or a list in the place of a key", self._line(event))
        self._stack.append(_Frame(event, self._wanted_here(event), self._line(event)))

    def _wanted_here(self, event: Any) -> Any:
        """What is wanted of the value that begins: all of it where an alias may ask for it later."""
        if event.anchor:
            return None
        if not self._stack:
            return self._wanted
        return self._stack[-1].below()

    def _put(self, node: Node | None, size: int, anchor: str | None) -> Node | None:
        """Put a finished value into what holds it; without that, it is a document."""
        if anchor and node is not None:
            self._anchors[anchor] = (node, size)
        if not self._stack:
            return node if node is not None else Node(1, None)
        frame = self._stack[-1]
        frame.size += size
        if isinstance(frame.items, dict):
            assert frame.key is not None
            if node is not None and frame.keeps():
                frame.items[frame.key] = node
            frame.key = None
        elif node is not None and frame.keeps():
            frame.items.append(node)
        return None

    def _alias(self, event: Any) -> Node | None:
        line = self._line(event)
        if self._stack and isinstance(self._stack[-1].items, dict) and self._stack[-1].key is None:
            raise NotYaml("an alias in the place of a key", line)
        if event.anchor not in self._anchors:
            inside = any(frame.anchor == event.anchor for frame in self._stack)
            raise NotYaml("an anchor that holds itself" if inside else "an alias whose anchor is not there", line)
        node, size = self._anchors[event.anchor]
        self._expanded += size
        if self._expanded > MAX_EXPANDED:
            raise NotYaml(f"its aliases expand to more than {MAX_EXPANDED} values", line)
        return self._put(node, size, None)

    def _scalar(self, event: Any) -> Node:
        start, end = event.start_mark.index, event.end_mark.index
        plain = not event.style
        value = event.value if not plain and not event.tag else _resolved(event)
        if isinstance(value, str):
            value = self._own(event)
        after, line = self._characters, self._line(event)
        frame = self._stack[-1] if self._stack else None
        if start == end and frame is not None and frame.key is not None:
            line = frame.seen[frame.key]  # nothing is written there: libyaml gives the place of what comes next
        raw = value if isinstance(value, str) else event.value
        return Node(line, value, start + after, end + after, event.style or "", raw)

    def _line(self, event: Any) -> int:
        line: int = event.start_mark.line + 1 + self._lines
        return line

    def _own(self, event: Any) -> str:
        """A scalar's text with its templates put back; of one that goes over several lines the lines may be folded."""
        value: str = event.value
        if self._templated and HELD in value:
            for template in TEMPLATE.findall(self._text[event.start_mark.index : event.end_mark.index]):
                value = restored(value, template)
        return value

    @staticmethod
    def _built(frame: _Frame) -> Any:
        if not isinstance(frame.items, dict):
            return tuple(frame.items)
        if "<<" not in frame.items:
            return frame.items
        merged = frame.items.pop("<<")
        parts = merged.value if isinstance(merged.value, tuple) else (merged,)
        for part in parts:
            if isinstance(part.value, dict):
                frame.items = {**part.value, **frame.items}
        return frame.items


def _resolved(event: Any) -> Any:
    """A plain scalar as YAML 1.1 reads it; what is no boolean, number or null is text."""
    tag = event.tag or _RESOLVER.resolve(yaml.ScalarNode, event.value, (True, False))
    if tag not in _CONSTRUCTED:
        return event.value
    try:
        return _CONSTRUCTOR.construct_object(yaml.ScalarNode(tag, event.value))
    except (ValueError, LookupError, AttributeError):  # `!!bool x`, `!!int ""`
        return event.value


_RESOLVER: Final[Any] = yaml.resolver.Resolver()
_CONSTRUCTOR: Final[Any] = yaml.constructor.SafeConstructor()
