"""YAML as it stands in a file: values with the line and the characters that they were written in, built from events.

Files come from anybody. So nothing is built that nobody wants, no depth of nesting costs a stack, anchors cannot
expand without bound, a key that is there twice is an error, and Palette's templates (`{{ … }}`) are text. What cannot
be read raises NotYaml with the line and never with what the file holds.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

import msgspec
import yaml

from domain.artifacts.skimming import Part, parts

MAX_CHARACTERS: Final = 4_000_000
"""How large a file, or the values of a pack, may be; etcd holds no object of more than about 1.5 MB."""

MAX_DEPTH: Final = 100
MAX_EXPANDED: Final = 100_000
"""How many values the aliases of one document may come to."""

TEMPLATE: Final = re.compile(r"\{\{.*?\}\}", re.DOTALL)
_HELD: Final = "\ue000"
"""Stands for each character of a template: one that YAML takes for a letter, and that nobody writes."""

_OF_TEMPLATE: Final = re.compile(r"((?:^[ \t]+)?)([^\r\n]+)", re.MULTILINE)
_LINE_END: Final = re.compile(r"\r\n|\r|\n")
_Loader: type[Any] = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_CONSTRUCTED: Final = frozenset(f"tag:yaml.org,2002:{kind}" for kind in ("bool", "int", "float", "null"))

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
    is the scalar's: nothing for a plain one, a quote, `|` or `>`.
    """

    line: int
    value: Any
    start: int = 0
    end: int = 0
    style: str = ""

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
        """What it is, for a sentence: `list`."""
        names: dict[type, str] = {dict: "map", tuple: "list", bool: "boolean", int: "number", float: "number"}
        return names.get(type(self.value), "null" if self.value is None else "text")


def read_document(text: str, wanted: Wanted = None) -> Node | None:
    """The one document of a text, templates held; None where there is none. Raises NotYaml."""
    skimmed = _skimmed(text, wanted) if wanted is not None else None
    if skimmed is not None:
        return skimmed
    documents = read_documents(text, wanted)
    first = next(documents, None)
    second = next(documents, None)
    if second is not None:
        raise NotYaml("a second document begins here, and one belongs in the file", second.line)
    return first


def read_documents(text: str, wanted: Wanted = None) -> Iterator[Node]:
    """Every document of a text, one after the other. Raises NotYaml."""
    if len(text) > MAX_CHARACTERS:
        raise NotYaml(f"it is larger than {MAX_CHARACTERS} characters, and is not read", 1)
    try:
        yield from _Builder(text, wanted).documents()
    except (yaml.YAMLError, UnicodeEncodeError) as error:
        raise _not_yaml(error, text) from None


def _skimmed(text: str, wanted: Mapping[str, Any]) -> Node | None:
    """The document, where its lines alone tell where what is wanted lies; None where they do not."""
    if len(text) > MAX_CHARACTERS or text.startswith("\ufeff"):
        return None
    try:
        found = parts(held(text), wanted)
        if found is None:
            return None
        root: dict[str, Node] = {}
        for part in found[0]:
            root[part.name] = _part(text, part, wanted[part.name])
    except (yaml.YAMLError, UnicodeEncodeError, NotYaml):
        return None  # the builder says where and why
    return Node(found[1], root)


def _part(text: str, part: Part, wanted: Wanted) -> Node:
    """The value of a top-level key; an empty map where nothing of what is wanted is named in it."""
    own = text[part.start : part.end]
    if wanted is not None and "*" not in wanted and not any(name in own for name in wanted):
        return Node(part.line, {})
    builder = _Builder(own, {part.name: wanted}, part.line - 1, part.start)
    (root,) = builder.documents()
    value: Node = root.value[part.name]
    return value


def _not_yaml(error: Exception, text: str) -> NotYaml:
    """What the parser says, in plain words and with the line."""
    if isinstance(error, UnicodeEncodeError):
        return NotYaml("half of a character that takes two", _line_at(text, error.start))
    if isinstance(error, yaml.reader.ReaderError):
        return NotYaml(f"a character that no YAML holds: {error.reason}", _line_at(text, error.position))
    assert isinstance(error, yaml.MarkedYAMLError)
    return _said(error, text.removeprefix("\ufeff"))


def held(text: str) -> str:
    """A text with its templates put out of YAML's way; lines and characters stay where they are."""
    return TEMPLATE.sub(lambda match: _OF_TEMPLATE.sub(_masked, match[0]), text) if "{{" in text else text


def _masked(line: re.Match[str]) -> str:
    return line[1] + _HELD * len(line[2])


def _restored(value: str, template: str) -> str:
    """A text with the first of its held templates put back; where lines of it were folded, they stay so."""
    parts = [part.lstrip(" \t") for part in template.splitlines() if part.strip()]
    pattern = re.compile(r"(\s+)".join(_HELD * len(part) for part in parts))

    def put_back(match: re.Match[str]) -> str:
        return "".join(f"{part}{space}" for part, space in zip(parts, [*match.groups(), ""], strict=True))

    return pattern.sub(put_back, value, count=1)


def lines_before(text: str, position: int) -> int:
    """How many lines end before a position."""
    return sum(1 for _ in _LINE_END.finditer(text, 0, position))


def _line_at(text: str, position: int) -> int:
    return lines_before(text, position) + 1


def _said(error: yaml.MarkedYAMLError, text: str) -> NotYaml:
    """The parser's own words, or plainer ones where it is known what it stumbles on: a tab, a template."""
    marks = [mark for mark in (error.context_mark, error.problem_mark) if mark is not None]
    last = marks[-1].line if marks else 0
    if marks and text[marks[-1].index : marks[-1].index + 1] == "\t":
        return NotYaml("a tab, where YAML has spaces alone", last + 1)
    lines = text.splitlines()
    near = range(marks[0].line if marks else 0, min(last + 1, len(lines)))
    template = next((number for number in near if lines[number].lstrip().startswith("{{")), None)
    if template is not None:
        return NotYaml("a template, where YAML was expected", template + 1)
    return NotYaml(f"it is no YAML: {error.problem or error.context or 'unreadable'}", last + 1)


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


class _Builder:
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
        return Node(line, value, start + after, end + after, event.style or "")

    def _line(self, event: Any) -> int:
        line: int = event.start_mark.line + 1 + self._lines
        return line

    def _own(self, event: Any) -> str:
        """A scalar's text with its templates put back; of one that goes over several lines the lines may be folded."""
        value: str = event.value
        if self._templated and _HELD in value:
            for template in TEMPLATE.findall(self._text[event.start_mark.index : event.end_mark.index]):
                value = _restored(value, template)
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
