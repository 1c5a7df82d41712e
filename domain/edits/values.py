"""Edits of pack values that leave every other line as it is: Calico's IPv6 turned off, a stage added.

The text itself is edited at the places that the parser gives: a round trip through ruamel.yaml keeps comments and order
but not the indentation of lists, the width of lines or a quote here and there. That the result means what is meant, and
everything else what it meant before, is checked by reading both.
"""

import re
from typing import Any, Final

import yaml

from domain.artifacts import NotYaml, read_document
from domain.artifacts.templates import held
from domain.calico_ipv6 import OFF
from domain.edits.hunks import lines_of
from domain.edits.places import Unwritable
from domain.edits.setting import STEP, set_values
from domain.felix import IPV6_SUPPORT
from domain.stages import COMMANDS, free_name

CALICO_NODE: Final = ("manifests", "calico", "env", "calicoNode")
BOOT: Final = ("stages", "boot")
MARK: Final = "\ufeff"
"""A byte order mark, which libyaml leaves out of its account of characters."""

_Loader: type[Any] = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_COMMENTED: Final = re.compile(
    rf"^(?P<indent>[ \t]*)#[ \t]*(?P<key>{IPV6_SUPPORT})[ \t]*:[ \t]*(?:\"[^\"]*\"|'[^']*'|[^\s#]*)(?P<rest>[^\r\n]*)",
    re.IGNORECASE,
)


def turn_calico_off(values: str) -> str:
    """The values with FELIX_IPV6SUPPORT "false": its value replaced, its commented line uncommented, or a line added.

    Raises Unwritable where that place cannot be edited by itself.
    """
    if values.startswith(MARK):
        return MARK + turn_calico_off(values.removeprefix(MARK))
    document = _read(values)
    node = document.at(*CALICO_NODE) if document is not None else None
    there = list(node.value) if node is not None and isinstance(node.value, dict) else []
    name = next((key for key in there if key.upper() == IPV6_SUPPORT), "")
    uncommented = "" if name else _uncommented(values)
    if uncommented and _is_but_for(values, uncommented, (*CALICO_NODE, IPV6_SUPPORT), OFF):
        return uncommented
    return set_values(values, {(*CALICO_NODE, name or IPV6_SUPPORT): f'"{OFF}"'})


def add_stage(values: str) -> str:
    """The values with a step in stages.boot that turns IPv6 off, under a name that no other step has.

    Raises Unwritable where that place cannot be edited by itself.
    """
    if values.startswith(MARK):
        return MARK + add_stage(values.removeprefix(MARK))
    document = _read(values)
    boot = document.at(*BOOT) if document is not None else None
    before = boot.plain if boot is not None else None
    name = free_name(document.at(BOOT[0]) if document is not None else None)
    edited = _appended(values, name) if before else _begun(values, name)
    if not _is_but_for(values, edited, BOOT, [*(before or []), {"name": name, "commands": list(COMMANDS)}]):
        raise Unwritable("the stage cannot be added by lines alone: add it by hand")
    return edited


def _is_but_for(before: str, after: str, path: tuple[str, ...], value: Any) -> bool:
    """Whether a text means what another one does, but for the value at a path."""
    try:
        old, new = read_document(before), read_document(after)
    except NotYaml:
        return False
    wanted: Any = old.plain if old is not None else None
    wanted = inner = wanted if isinstance(wanted, dict) else {}
    for key in path[:-1]:
        below = inner.get(key)
        inner[key] = inner = below if isinstance(below, dict) else {}
    inner[path[-1]] = value
    return new is not None and bool(new.plain == wanted)


def _uncommented(values: str) -> str:
    """The values with the commented line of calicoNode uncommented; nothing where there is none."""
    own = _entry(values, CALICO_NODE)
    if own is None or (isinstance(own[1], yaml.MappingNode) and own[1].flow_style):
        return ""
    key, node = own
    children = node.value if isinstance(node, yaml.MappingNode) else []
    lines = lines_of(values)
    for number in range(key.start_mark.line + 1, len(lines)):
        match = _COMMENTED.match(lines[number])
        if match is not None:
            own_column = max(len(match["indent"].expandtabs()), key.start_mark.column + STEP)
            indent = children[0][0].start_mark.column if children else own_column
            end = lines[number][match.end() :]
            lines[number] = f'{" " * indent}{IPV6_SUPPORT}: "{OFF}"{match["rest"].rstrip()}{end}'
            return "".join(lines)
        stripped = lines[number].strip()
        outside = len(lines[number]) - len(lines[number].lstrip()) <= key.start_mark.column
        if stripped and not stripped.startswith("#") and outside:
            break
    return ""


def _appended(values: str, name: str) -> str:
    """The values with the step below the last one of the list that is there."""
    entry = _entry(values, BOOT)
    assert entry is not None
    items = entry[1].value
    if entry[1].flow_style or not isinstance(entry[1], yaml.SequenceNode):
        raise Unwritable("stages.boot is no list of lines: make it one")
    start = items[0].start_mark.index
    line = values[values.rfind("\n", 0, start) + 1 : start]
    lines = lines_of(values)
    last = int(items[-1].end_mark.line) + (1 if items[-1].end_mark.column else 0)
    while last > items[-1].start_mark.line + 1 and _is_beside(lines[last - 1]):
        last -= 1
    return _inserted(lines, last, _step(name, len(line) - len(line.lstrip())))


def _begun(values: str, name: str) -> str:
    """The values with the list made, where it is not there or is empty."""
    made = set_values(values, {BOOT: "[]"})
    entry = _entry(made, BOOT)
    around = _entry(made, BOOT[:1])
    assert entry is not None
    assert around is not None
    if around[1].flow_style:
        raise Unwritable("stages is written in braces: make it lines")
    key, node = entry
    lines = lines_of(made[: node.start_mark.index].rstrip(" ") + made[node.end_mark.index :])
    return _inserted(lines, key.start_mark.line + 1, _step(name, key.start_mark.column + STEP))


def _step(name: str, column: int) -> list[str]:
    pad = " " * column
    return [f"{pad}- name: {name}", f"{pad}  commands:", *(f"{pad}    - {command}" for command in COMMANDS)]


def _inserted(lines: list[str], at: int, new: list[str]) -> str:
    """A text with lines before the line `at`, from 0, with the ends that the others have."""
    end = "\r\n" if lines[0].endswith("\r\n") else "\n"
    if at >= len(lines) and not lines[-1].endswith("\n"):
        lines[-1] += end
    lines[at:at] = [line + end for line in new]
    return "".join(lines)


def _is_beside(line: str) -> bool:
    """Whether a line below a value is no part of it: a blank, a comment."""
    return not line.strip() or line.lstrip().startswith("#")


def _entry(values: str, keys: tuple[str, ...]) -> tuple[Any, Any] | None:
    """The key at a path as it is composed, and its value; None where it is not there."""
    node: Any = yaml.compose(held(values), Loader=_Loader)
    found: tuple[Any, Any] | None = None
    for name in keys:
        pairs = node.value if isinstance(node, yaml.MappingNode) else ()
        found = next((pair for pair in pairs if pair[0].value == name), None)
        if found is None:
            return None
        node = found[1]
    return found


def _read(values: str) -> Any:
    """The values as they are read, which is bounded; composing is not."""
    try:
        return read_document(values)
    except NotYaml as error:
        raise Unwritable(f"the values cannot be read (line {error.line}): {error.reason}") from None
