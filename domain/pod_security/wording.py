"""The small change of admission's sentences, kept in one place because its words are compared letter by letter.

Source: k8s.io/pod-security-admission v0.36.1, policy/helpers.go, and Go's strconv.Quote for the verb %q.
"""

import unicodedata
from collections.abc import Iterable, Sequence
from typing import Final

_SHORT_ESCAPES: Final = (
    ("\\", "\\\\"),
    ('"', '\\"'),
    ("\a", "\\a"),
    ("\b", "\\b"),
    ("\f", "\\f"),
    ("\n", "\\n"),
    ("\r", "\\r"),
    ("\t", "\\t"),
    ("\v", "\\v"),
)
_PRINTABLE: Final = frozenset("LMNPS")
_LAST_BYTE, _LAST_SHORT = 0x7F, 0xFFFF


def joined(items: Iterable[str]) -> str:
    """Items in quotes and with commas: `"a", "b"`; quotes within an item stay as they are."""
    return ", ".join(f'"{item}"' for item in items)


def counted(noun: str, items: Sequence[str], plural: str = "") -> str:
    """The noun in the number that the items ask for; the plural is the noun with an s unless given."""
    return noun if len(items) == 1 else plural or f"{noun}s"


def containers(names: Sequence[str]) -> str:
    """`container "a"` or `containers "a", "b"`."""
    return f"{counted('container', names)} {joined(names)}"


def setters(names: Sequence[str], *, pod: bool) -> str:
    """Who sets something: `pod`, `container "a"`, `pod and containers "a", "b"`; empty where nobody does."""
    return " and ".join((["pod"] if pod else []) + ([containers(names)] if names else []))


def go_quoted(text: str) -> str:
    """Text as Go's %q writes it: in double quotes, with what is not printable escaped."""
    return '"' + "".join(_go_escaped(character) for character in text) + '"'


def _go_escaped(character: str) -> str:
    """One character as Go's strconv.Quote writes it."""
    for plain, escaped in _SHORT_ESCAPES:
        if character == plain:
            return escaped
    code = ord(character)
    if character == " " or unicodedata.category(character)[0] in _PRINTABLE:
        return character
    if code <= _LAST_BYTE:
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code <= _LAST_SHORT else f"\\U{code:08x}"
