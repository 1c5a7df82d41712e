"""Reads the little that is wanted of a large file without building the rest: ten times as fast, and the same answer.

libyaml checks the syntax of all of it; a line is all that is looked at to find where a top-level key begins and whether
a key is there twice. Whatever a line cannot tell for sure (anchors, several documents, braces over lines, a key that
seems to be there twice) is left to the builder, which sees everything.
"""

import re
from collections.abc import Mapping
from typing import Any, Final, NamedTuple

import yaml

_ANCHOR: Final = re.compile(r"(?<![^\s\[{,:-])[&*]\w")
_ODD_LINE: Final = re.compile(r"\n(?:\.\.\.|[?%\[{|>\"'])")
"""At the left: the end of a document, a complex key, a directive, braces, quotes or the head of a block."""

_LONE_RETURN: Final = re.compile(r"\r(?!\n)")
_DOCUMENT: Final = re.compile(r"^---(?:\s|$)", re.MULTILINE)
_KEY: Final = re.compile(r"^( *)((?:- +)*)(?!#)(\S.*?) *:(?=\s|$)", re.MULTILINE)
_PLAIN_KEY: Final = re.compile(r"""(["']?)\w[\w./-]*(?: [\w./-]+)*\1""")
"""A key that is nothing else than it seems: no comment in it, no tab, half a quote or a template."""

_BLOCK: Final = re.compile(r"[ \t]+(?:[&!]\S*[ \t]+)*[|>][-+0-9]*[ \t]*(?:#.*)?\r?$", re.MULTILINE)
_BLOCK_BEGINS: Final = frozenset("|>&! ")
_FLOW: Final = re.compile(r"[{}]|[^\s{}\[\],:#]+(?=\s*:(?:\s|$))")
_PARSER: Final[Any] = getattr(yaml, "CSafeLoader", None)
"""libyaml's, without which nothing is gained here: a PyYAML that was built without it has none."""


class Part(NamedTuple):
    """A top-level key with its value: its name, where its text begins and ends, and its line, from 1."""

    name: str
    start: int
    end: int
    line: int


def parts(text: str, wanted: Mapping[str, Any]) -> tuple[list[Part], int] | None:
    """The top-level keys of a text that are wanted, and the line of the first; None where a line cannot tell.

    `text` has its templates held. Raises yaml.YAMLError where it is no YAML.
    """
    if _unsure(text):
        return None
    marks = list(_DOCUMENT.finditer(text))
    if len(marks) > 1:
        return None
    keys = _top_level(text)
    if not keys or (marks and marks[0].start() > keys[0][1]):
        return None
    _PARSER(text).raw_parse()
    found = []
    line, position = 1, 0
    first = 0
    ends = [start for _, start in keys[1:]] + [len(text)]
    for (name, start), end in zip(keys, ends, strict=True):
        line += text.count("\n", position, start)
        position = start
        first = first or line
        if name in wanted:
            found.append(Part(name, start, end, line))
    return found, first


def _unsure(text: str) -> bool:
    """Whether a text has what a line cannot tell apart from something else."""
    return bool(
        _PARSER is None
        or text[:1] in tuple("?%[{|>\"'")
        or _ODD_LINE.search(text)
        or ("<<" in text)
        or (("&" in text or "*" in text) and _ANCHOR.search(text))
        or ("\r" in text and _LONE_RETURN.search(text))
    )


def _top_level(text: str) -> list[tuple[str, int]]:
    """The keys of the outermost map and where they begin; none where a key may be there twice, or flows over lines."""
    top: list[tuple[str, int]] = []
    stack: list[tuple[int, set[str]]] = []
    block = -1  # the column below which a block of text ends
    for match in _KEY.finditer(text):
        indent = len(match[1])
        if indent > block >= 0:
            continue
        block = -1
        dashes, key = match[2], match[3]
        while stack and stack[-1][0] > indent:
            stack.pop()
        column = indent + len(dashes)
        if dashes or not stack or stack[-1][0] < column:
            stack.append((column, set()))
        seen = stack[-1][1]
        name = key.strip("'\"")
        if name in seen:
            return []
        seen.add(name)
        if column == 0:
            if _PLAIN_KEY.fullmatch(key) is None:
                return []
            top.append((name, match.start()))
        end = match.end()
        if text[end + 1 : end + 2] in _BLOCK_BEGINS and _BLOCK.match(text, end):
            block = column
    return [] if _flows_oddly(text) else top


def _flows_oddly(text: str) -> bool:
    """Whether a map in braces goes over several lines, or may hold a key twice."""
    position = text.find("{")
    while position >= 0:
        end = text.find("\n", position)
        line = text[position:] if end < 0 else text[position:end]
        stack: list[set[str]] = []
        for word in _FLOW.findall(line):
            if word == "{":
                stack.append(set())
            elif word == "}":
                if not stack:
                    return True
                stack.pop()
            elif stack:
                if word in stack[-1]:
                    return True
                stack[-1].add(word)
        if stack:
            return True
        position = text.find("{", end) if end >= 0 else -1
    return False
