"""The stages that Kairos runs on an edge host, from user-data or the OS pack: whether one of them turns IPv6 off.

Steps of one stage without distinct names overwrite each other (facts/palette.md): which of them runs is not told.
"""

import re
from collections.abc import Iterator
from typing import Final

import msgspec

from domain.artifacts import Node

NAME: Final = "disable-ipv6"
COMMANDS: Final = (
    "sysctl --write net.ipv6.conf.all.disable_ipv6=1",
    "sysctl --write net.ipv6.conf.default.disable_ipv6=1",
)
"""The step that the runbook's page adds to the stage `boot`."""

_KEY: Final = r"net[./]ipv6[./]conf[./](?:all|\*)[./]disable_ipv6"
_COMMAND: Final = re.compile(rf"\bsysctl\b[^\n;|&]{{0,400}}?[\s\"']{_KEY}\s*=\s*[\"']?1\b")
_SAYS: Final = r"\b(?:echo|printf)\s+(?:-\w+\s+)*(?:[\"']%[sd](?:\\n)?[\"']\s+)?"
_INTO: Final = r"(?:>|\|[^\n;|&>]{0,400}?\btee\s[^\n;|&>]{0,400}?)\s*[\"']?"
_ECHO: Final = re.compile(rf"{_SAYS}[\"']?1\b[^\n;|&>]{{0,400}}{_INTO}/proc/sys/{_KEY}")
_WRITTEN: Final = re.compile(
    rf"{_SAYS}(?:[^\n;|&>#]{{0,400}}?[\s\"'n])?-?{_KEY}\s*=\s*1\b[^\n;|&>]{{0,400}}(?:>>|{_INTO})\s*[\"']?[\w./-]*sysctl"
)
_HERE: Final = re.compile(r"^([^\n]*<<-?\s*[\"']?(\w+)[^\n]*)\n(.{0,4000}?)^\s*\2\s*$", re.MULTILINE | re.DOTALL)
_INTO_SYSCTL: Final = re.compile(r"(?:>|\btee\s)[^\n;|&<]*sysctl")
_COMMENT: Final = re.compile(r"^[ \t]*#[^\n]*\n?", re.MULTILINE)
_CONTINUED: Final = re.compile(r"\\\n[ \t]*")
_FILE: Final = re.compile(rf"^\s*-?{_KEY}\s*=\s*1\b", re.MULTILINE)
_SETTING: Final = re.compile(_KEY)


class Step(msgspec.Struct, frozen=True):
    """One step of a stage: its line, its name where it has one, and the line that turns IPv6 off, if one does."""

    stage: str
    line: int
    name: str
    off: int = 0
    condition: str = ""

    @property
    def called(self) -> str:
        """`stages.boot, step disable-ipv6`."""
        return f"stages.{self.stage}, {f'step {self.name}' if self.name else 'a step without a name'}"


def steps(stages: Node | None) -> Iterator[Step]:
    """Every step of a `stages:` tree."""
    if stages is None or not isinstance(stages.value, dict):
        return
    for stage, listed in stages.value.items():
        for item in listed.value if isinstance(listed.value, tuple) else ():
            if not isinstance(item.value, dict):
                continue
            name, condition = item.at("name"), item.at("if")
            yield Step(
                stage,
                item.line,
                str(name.value) if name is not None and name.value is not None else "",
                _off(item),
                str(condition.value) if condition is not None and condition.value is not None else "",
            )


def free_name(stages: Node | None) -> str:
    """What a step that is added is called: NAME, or the first of its numbers that no step of any stage has."""
    taken = {step.name for step in steps(stages)}
    return next(n for n in (NAME, *(f"{NAME}-{number}" for number in range(2, len(taken) + 3))) if n not in taken)


def clashes(stages: Node | None) -> Iterator[tuple[Step, Step]]:
    """Two steps of one stage that have the same name, or none: the later overwrites the earlier."""
    seen: dict[tuple[str, str], Step] = {}
    for step in steps(stages):
        earlier = seen.setdefault((step.stage, step.name), step)
        if earlier is not step:
            yield earlier, step


def _off(step: Node) -> int:
    """The line by which a step turns IPv6 off: a command, a sysctl, a file for sysctl.d; 0 where none does."""
    commands = step.at("commands")
    for command in commands.value if commands is not None and isinstance(commands.value, tuple) else ():
        if isinstance(command.value, str) and _turns_off(command.value):
            return int(command.line)
    settings = step.at("sysctl")
    for key, value in settings.value.items() if settings is not None and isinstance(settings.value, dict) else ():
        if _SETTING.fullmatch(key) and str(value.value) == "1":
            return int(value.line)
    files = step.at("files")
    for file in files.value if files is not None and isinstance(files.value, tuple) else ():
        path, content = file.at("path"), file.at("content")
        in_sysctl = path is not None and "sysctl" in str(path.value)
        if in_sysctl and content is not None and _FILE.search(str(content.value)):
            return int(content.line)
    return 0


def _turns_off(script: str) -> bool:
    """Whether a command, or a script of several lines, turns IPv6 off; what it says in comments it does not do."""
    said = _CONTINUED.sub(" ", _COMMENT.sub("", script))
    if not _SETTING.search(said):
        return False
    if any(one.search(said) for one in (_COMMAND, _ECHO, _WRITTEN)):
        return True
    return any(_INTO_SYSCTL.search(one[1]) and _FILE.search(one[3]) for one in _HERE.finditer(said))
