"""Edits of pack values that leave every other line as it is: Calico's IPv6 turned off, a stage added.

The text itself is edited at the places that the parser gives: a round trip through ruamel.yaml keeps comments and order
but not the indentation of lists, the width of lines or a quote here and there. That the result means what is meant, and
everything else what it meant before, is checked by reading both.
"""

import re
from typing import Any, Final

import msgspec
import yaml

from domain.artifacts import NotYaml, read_document
from domain.artifacts.templates import held
from domain.calico_ipv6 import OFF
from domain.edits.hunks import lines_of
from domain.edits.places import Unwritable
from domain.felix import IPV6_SUPPORT
from domain.stages import COMMANDS, NAME

CALICO_NODE: Final = ("manifests", "calico", "env", "calicoNode")
INDENT: Final = 2
MARK: Final = "\ufeff"
"""A byte order mark, which libyaml leaves out of its account of characters."""

_Loader: type[Any] = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_COMMENTED: Final = re.compile(
    rf"^(?P<indent>[ \t]*)#[ \t]*(?P<key>{IPV6_SUPPORT})[ \t]*:[ \t]*(?:\"[^\"]*\"|'[^']*'|[^\s#]*)(?P<rest>[^\r\n]*)",
    re.IGNORECASE,
)


class _Found(msgspec.Struct):
    """A key on the way to a place: its line, from 0, its column, the character it ends at, and its value."""

    line: int
    column: int
    end: int
    value: Any


def turn_calico_off(values: str) -> str:
    """The values with FELIX_IPV6SUPPORT "false": its value replaced, its commented line uncommented, or a line added.

    Raises Unwritable where that place cannot be edited by itself.
    """
    if values.startswith(MARK):
        return MARK + turn_calico_off(values.removeprefix(MARK))
    path = _walk(values, CALICO_NODE)
    felix = _child(path[-1].value, IPV6_SUPPORT) if len(path) == len(CALICO_NODE) else None
    if felix is not None:
        start, end = felix.value.start_mark.index, felix.value.end_mark.index
        if start == end:  # nothing is written there, and what comes next may be far below
            start = end = values.index(":", felix.end) + 1
        edited = f'{values[:start]}{" " if values[start - 1] == ":" else ""}"{OFF}"{values[end:]}'
    else:
        edited = _uncommented(values, path) or _added(
            values, path, [*CALICO_NODE[len(path) :]], f'{IPV6_SUPPORT}: "{OFF}"'
        )
    _check(values, edited, (*CALICO_NODE, felix_name(values)), OFF)
    return edited


def felix_name(values: str) -> str:
    """The key as it is written in the values, which may be in any case of letters."""
    path = _walk(values, CALICO_NODE)
    node = path[-1].value if len(path) == len(CALICO_NODE) else None
    named = [key.value for key, _ in node.value] if isinstance(node, yaml.MappingNode) else []
    return next((name for name in named if name.upper() == IPV6_SUPPORT), IPV6_SUPPORT)


def add_stage(values: str) -> str:
    """The values with a step in stages.boot that turns IPv6 off, under a name that no other step has."""
    if values.startswith(MARK):
        return MARK + add_stage(values.removeprefix(MARK))
    document = read_document(values)
    taken = set(re.findall(r"name:\s*[\"']?([\w.-]+)", values))
    name = next(n for n in (NAME, *(f"{NAME}-{number}" for number in range(2, len(taken) + 3))) if n not in taken)
    path = _walk(values, ("stages", "boot"))
    if len(path) == 2 and isinstance(path[1].value, yaml.SequenceNode) and path[1].value.value:  # noqa: PLR2004
        if path[1].value.flow_style:
            raise Unwritable("stages.boot is written in brackets: make it a list of lines")
        items = path[1].value.value
        column = items[0].start_mark.column - INDENT
        column = _dash_column(values, items[0].start_mark.index, column)
        edited = _insert(values, _end_line(values, items[-1]), _step(name, column))
    else:
        missing = ["stages", "boot"][len(path) :]
        edited = _added(values, path, missing, *_step(name, 0))
    read = _read(edited)
    boot = read.at("stages", "boot")
    before = document.at("stages", "boot") if document is not None else None
    own = {"name": name, "commands": list(COMMANDS)}
    if boot is None or boot.plain != [*((before.plain or []) if before is not None else []), own]:
        raise Unwritable("the stage cannot be added by lines alone: add it by hand")
    return edited


def _step(name: str, column: int) -> list[str]:
    pad = " " * column
    return [f"{pad}- name: {name}", f"{pad}  commands:", *(f"{pad}    - {command}" for command in COMMANDS)]


def _walk(values: str, keys: tuple[str, ...]) -> list[_Found]:
    """The keys of a path that are there, from the top; raises Unwritable where the values cannot be read."""
    _read(values)  # bounded, which composing is not
    found: list[_Found] = []
    node = yaml.compose(held(values), Loader=_Loader)
    for key in keys:
        one = _child(node, key)
        if one is None:
            break
        found.append(one)
        node = one.value
    return found


def _child(node: Any, name: str) -> _Found | None:
    for key, value in node.value if isinstance(node, yaml.MappingNode) else ():
        if key.value == name or (name == IPV6_SUPPORT and key.value.upper() == name):
            return _Found(key.start_mark.line, key.start_mark.column, key.end_mark.index, value)
    return None


def _uncommented(values: str, path: list[_Found]) -> str:
    """The values with the commented line of calicoNode uncommented; nothing where there is none."""
    if len(path) < len(CALICO_NODE) or _is_flow(path[-1].value):
        return ""
    lines = lines_of(values)
    own = path[-1]
    column = _children_column(own)
    for number in range(own.line + 1, len(lines)):
        match = _COMMENTED.match(lines[number])
        if match is not None:
            indent = column if column is not None else max(len(match["indent"].expandtabs()), own.column + INDENT)
            end = lines[number][match.end() :]
            lines[number] = f'{" " * indent}{match["key"]}: "{OFF}"{match["rest"].rstrip()}{end}'
            return "".join(lines)
        stripped = lines[number].strip()
        if stripped and not stripped.startswith("#") and len(lines[number]) - len(lines[number].lstrip()) <= own.column:
            break
    return ""


def _added(values: str, path: list[_Found], missing: list[str], *leaf: str) -> str:
    """The values with lines added below the last key that is there, for the keys that are not."""
    if path and _is_flow(path[-1].value):
        return _added_in_braces(values, path[-1], missing, leaf)
    own = path[-1] if path else None
    if own is not None and not _may_have_children(own.value):
        raise Unwritable(f"line {own.line + 1} has a value where a map belongs")
    column = 0 if own is None else _children_column(own)
    if column is None:
        assert own is not None
        column = own.column + INDENT
    new = []
    for key in missing:
        new.append(f"{' ' * column}{key}:")
        column += INDENT
    new += [f"{' ' * column}{line}" for line in leaf]
    at = own.line + 1 if own is not None else len(lines_of(values))
    return _insert(values, at, new)


def _added_in_braces(values: str, own: _Found, missing: list[str], leaf: tuple[str, ...]) -> str:
    if len(leaf) > 1:
        raise Unwritable(f"line {own.line + 1} of the values is written in braces: make it lines")
    start = own.value.start_mark.index + 1
    new = "".join(f"{key}: {{" for key in missing) + leaf[0] + "}" * len(missing)
    return f"{values[:start]}{new}{', ' if own.value.value else ''}{values[start:]}"


def _insert(values: str, at: int, new: list[str]) -> str:
    """The values with lines before the line `at`, from 0, with the ends that the others have."""
    lines = lines_of(values)
    end = "\r\n" if lines and lines[0].endswith("\r\n") else "\n"
    if lines and at >= len(lines) and not lines[-1].endswith("\n"):
        lines[-1] += end
    lines[at:at] = [line + end for line in new]
    return "".join(lines)


def _end_line(values: str, node: Any) -> int:
    """The line after the last one that a node's own text is on: comments and blanks below are somebody else's."""
    lines = lines_of(values)
    last = int(node.end_mark.line) + (1 if node.end_mark.column else 0)
    while last > node.start_mark.line + 1 and _is_blank(lines[last - 1]):
        last -= 1
    return last


def _is_blank(line: str) -> bool:
    return not line.strip() or line.lstrip().startswith("#")


def _dash_column(values: str, start: int, fallback: int) -> int:
    line = values[values.rfind("\n", 0, start) + 1 : start]
    return len(line) - len(line.lstrip()) if line.lstrip().startswith("-") else fallback


def _children_column(own: _Found) -> int | None:
    """The column of a map's keys; None where it has none."""
    if isinstance(own.value, yaml.MappingNode) and own.value.value:
        return int(own.value.value[0][0].start_mark.column)
    return None


def _is_flow(node: Any) -> bool:
    return isinstance(node, yaml.MappingNode) and bool(node.flow_style)


def _may_have_children(node: Any) -> bool:
    return isinstance(node, yaml.MappingNode) or (isinstance(node, yaml.ScalarNode) and not node.value)


def _read(values: str) -> Any:
    try:
        return read_document(values)
    except NotYaml as error:
        raise Unwritable(f"the values cannot be read (line {error.line}): {error.reason}") from None


def _check(before: str, after: str, path: tuple[str, ...], value: str) -> None:
    """Raise Unwritable where the edit does not mean what is meant, or changes what anything else means."""
    old, new = _read(before), _read(after)
    wanted: Any = old.plain if old is not None else None
    wanted = wanted if isinstance(wanted, dict) else {}
    inner = wanted
    for key in path[:-1]:
        below = inner.get(key)
        inner[key] = inner = below if isinstance(below, dict) else {}
    inner[path[-1]] = value
    if new.plain != wanted:
        raise Unwritable("the value cannot be set by lines alone: set it by hand")
