"""Taking a host's output apart: what stands between the markers of the script, and what is missing from it.

Output that breaks off is an error that names the section, never a host without that property: a full disk, a killed
shell and a forced command must not look like a host that has no IPv6.
"""

import re
from typing import Final

import msgspec

from domain.hosts.script import SECTIONS

_NAME: Final = "|".join(SECTIONS)
_MARKER: Final = rf" (?:(begin) ({_NAME})|(end) ({_NAME}) ([0-9]{{1,3}})|(done))"


class HostOutputError(ValueError):
    """Output that is not what the script writes.

    HostOutputError
    ├── NotOurs     no marker is in it: something else answered
    ├── Truncated   it ends within or before a section
    └── Garbled     a section stands in it twice, or out of place
    """

    def __init__(self, problem: str, section: str = "") -> None:
        super().__init__(problem)
        self.section = section


class NotOurs(HostOutputError):
    """No marker is in the output: a forced command, or a shell that did not run the script."""


class Truncated(HostOutputError):
    """The output breaks off; `section` is the first that is not whole."""


class Garbled(HostOutputError):
    """The markers are there, and not as the script writes them; `section` is the one that is odd."""


class Section(msgspec.Struct, frozen=True):
    """What one command of the script wrote, and its exit status."""

    text: str
    status: int

    @property
    def value(self) -> str:
        """What it wrote, without white space around it; nothing where the command failed."""
        return self.text.strip() if self.status == 0 else ""


def sections(output: str, sentinel: str) -> dict[str, Section]:
    """Take the output of the script apart into its sections, every one of SECTIONS.

    Noise before the first marker, between sections and after the last is passed over. Raises NotOurs, Truncated or
    Garbled, each naming what is missing.
    """
    marker = re.compile(re.escape(sentinel) + _MARKER)
    found: dict[str, Section] = {}
    name, lines, done = "", list[str](), False
    for raw in output.split("\n"):
        line = raw.removesuffix("\r")
        match = marker.fullmatch(line)
        if match is None:
            lines.append(line)
        elif match[1]:
            if name or match[2] in found:
                raise Garbled(f"section {match[2]} begins {f'within {name}' if name else 'a second time'}", match[2])
            name, lines = match[2], []
        elif match[3]:
            if match[4] != name:
                raise Garbled(f"section {match[4]} ends where {name or 'none'} was begun", match[4])
            found[name] = Section(_without_last_line(lines), int(match[5]))
            name = ""
        else:
            done = True
    if not found and not name:
        raise NotOurs("nothing in what the host sent is of the script: a forced command, or another shell, answered")
    _whole(found, name, done)
    return found


def _without_last_line(lines: list[str]) -> str:
    """The text before an end marker, which the script puts on a line of its own."""
    return "\n".join(lines[:-1]) if lines and not lines[-1] else "\n".join(lines)


def _whole(found: dict[str, Section], begun: str, done: bool) -> None:
    """Raise where a section or the end is missing, naming the first."""
    if begun:
        raise Truncated(f"what the host sent breaks off within {begun}", begun)
    missing = next((name for name in SECTIONS if name not in found), None)
    if missing is not None:
        raise Truncated(f"what the host sent breaks off before {missing}", missing)
    if not done:
        raise Truncated(f"what the host sent breaks off after {SECTIONS[-1]}", SECTIONS[-1])
