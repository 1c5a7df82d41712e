"""References to variables in a word, as the shell, Docker and a .arg file write them alike."""

import re
from collections.abc import Mapping
from typing import Final

import msgspec

_REFERENCE: Final = re.compile(r"\$(?:\{([A-Za-z_]\w*)(?::?-([^}$]*))?\}|([A-Za-z_]\w*))")
_MAX_DEPTH: Final = 8
"""How far values that refer to values are followed: a circle ends there."""


class Expanded(msgspec.Struct, frozen=True):
    """A word with its references replaced; `unknown` are the names that nothing in the file gives a value."""

    text: str
    names: tuple[str, ...] = ()
    unknown: tuple[str, ...] = ()


def expand(word: str, values: Mapping[str, str | None]) -> Expanded:
    """Replace what is known; what is not stays as it is written."""
    names: list[str] = []
    unknown: list[str] = []

    def value(match: re.Match[str]) -> str:
        name = match[1] or match[3]
        found = values.get(name)
        if found is None and match[2] is not None:
            return match[2]
        (names if found is not None else unknown).append(name)
        return found if found is not None else match[0]

    text = word
    for _ in range(_MAX_DEPTH):
        unknown.clear()
        before, text = text, _REFERENCE.sub(value, text)
        if text == before:
            break
    return Expanded(text, tuple(dict.fromkeys(names)), tuple(dict.fromkeys(unknown)))
