"""Which nodes a FelixConfiguration's nodeSelector selects, as far as that is told without Calico's whole language.

From v3.32 on a FelixConfiguration may be for the nodes that a selector matches (projectcalico/calico 11977). Read are
`all()`, `global()`, has, !has, ==, !=, in, not in, and their conjunctions; what has more in it is undecided.
"""

import re
from collections.abc import Mapping
from typing import Final

_KEY: Final = r"([A-Za-z0-9_./-]{1,512})"
_VALUE: Final = r"""(?:"([^"]*)"|'([^']*)')"""
_ALL: Final = re.compile(r"(?:all|global)\(\s*\)")
_HAS: Final = re.compile(rf"(!?)\s*has\(\s*{_KEY}\s*\)")
_EQUAL: Final = re.compile(rf"{_KEY}\s*(==|!=)\s*{_VALUE}")
_IN: Final = re.compile(rf"{_KEY}\s+(in|not\s+in)\s*\{{([^{{}}]*)\}}")
_EACH: Final = re.compile(rf"\s*{_VALUE}\s*(?:,|$)")
_QUOTED: Final = re.compile(r""""[^"]*"|'[^']*'""")
_FUNCTION: Final = re.compile(r"\b(?:all|global|has)\([^()]*\)")


def selects(selector: str, labels: Mapping[str, str]) -> bool | None:
    """Whether a selector matches a node's labels; None where it has something in it that is not read here."""
    parts = _conjunction(selector)
    if parts is None:
        return None
    matched = [_atom(part, labels) for part in parts]
    if False in matched:
        return False
    return None if None in matched else True


def _conjunction(selector: str) -> list[str] | None:
    """The parts between `&&`; None where there is an `||` or a bracket of another's than a function's."""
    masked = _QUOTED.sub(lambda match: "_" * len(match[0]), selector)
    if "||" in masked or "(" in _FUNCTION.sub("", masked):
        return None
    parts, start = [], 0
    for found in re.finditer("&&", masked):
        parts.append(selector[start : found.start()].strip())
        start = found.end()
    return [*parts, selector[start:].strip()]


def _atom(text: str, labels: Mapping[str, str]) -> bool | None:
    """One comparison. A label that is not there equals nothing and is in nothing."""
    if _ALL.fullmatch(text):
        return True
    has = _HAS.fullmatch(text)
    if has is not None:
        return (has[2] in labels) is not bool(has[1])
    equal = _EQUAL.fullmatch(text)
    if equal is not None:
        return (labels.get(equal[1]) == _unquoted(equal[3], equal[4])) is (equal[2] == "==")
    within = _IN.fullmatch(text)
    if within is not None:
        values = _values(within[3])
        return None if values is None else (labels.get(within[1]) in values) is (within[2] == "in")
    return None


def _values(text: str) -> list[str | None] | None:
    """The values of a set; None where it is not a list of quoted values."""
    values: list[str | None] = []
    at = 0
    while at < len(text):
        each = _EACH.match(text, at)
        if each is None:
            return None
        values.append(_unquoted(each[1], each[2]))
        at = each.end()
    return values


def _unquoted(double: str | None, single: str | None) -> str | None:
    return single if double is None else double
