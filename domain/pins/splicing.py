"""Edits of a text by position: what lies outside of them stays as it is, to the character.

Line ends, a byte order mark, comments, quoting and indentation survive because nothing ever takes the text apart.
"""

from collections.abc import Iterable

import msgspec


class Splice(msgspec.Struct, frozen=True, order=True):
    """`text` in the place of the characters from `start` up to `end`; the two are one where something is put in."""

    start: int
    end: int
    text: str


def splice(text: str, splices: Iterable[Splice]) -> str:
    """Make edits that do not overlap, whatever their order; one that is there twice is made once."""
    parts: list[str] = []
    at = 0
    for one in sorted(set(splices)):
        parts += [text[at : one.start], one.text]
        at = one.end
    return "".join((*parts, text[at:]))


def line_at(text: str, position: int, start: int = 0, line: int = 1) -> int:
    """The line, from 1, that a position lies in; `start` is a position before it that is known to lie in `line`."""
    return line + text.count("\n", start, position)


def line_end(text: str) -> str:
    """How the lines of a text end: as its first one does."""
    first = text.find("\n")
    return "\r\n" if first > 0 and text[first - 1] == "\r" else "\n"
