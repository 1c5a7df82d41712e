"""YAML as it stands in a file: values with the line and the characters that they were written in.

Files come from anybody: what cannot be read raises NotYaml with the line, and never with what the file holds. A large
file of which little is wanted is looked through by lines, anything else is built from events.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

import yaml

from domain.artifacts.building import Builder
from domain.artifacts.nodes import Node, NotYaml, Wanted
from domain.artifacts.skimming import Part, parts
from domain.artifacts.templates import held

MAX_CHARACTERS: Final = 4_000_000
"""How large a file, or the values of a pack, may be; etcd holds no object of more than about 1.5 MB."""

_LINE_END: Final = re.compile(r"\r\n|\r|\n")


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
        yield from Builder(text, wanted).documents()
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
    builder = Builder(own, {part.name: wanted}, part.line - 1, part.start)
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
    near = range(max(0, marks[0].line - 1) if marks else 0, min(last + 1, len(lines)))
    template = next((number for number in near if lines[number].lstrip().startswith("{{")), None)
    if template is not None:
        return NotYaml("a template, where YAML was expected", template + 1)
    return NotYaml(f"it is no YAML: {error.problem or error.context or 'unreadable'}", last + 1)
