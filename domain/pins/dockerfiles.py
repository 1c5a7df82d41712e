"""Dockerfiles as far as a kernel is concerned: their instructions with lines, their stages, the packages of a RUN.

Own code, for both lines and characters of what is edited are needed; dockerfile-parse is the oracle of the tests.
"""

import re
from collections.abc import Iterator
from typing import Final

import msgspec

from domain.artifacts import Artifact, Kind, Place
from domain.artifacts.recognising import CUSTOMIZATIONS
from domain.pins.records import Form, Pin, Pins, Remark

RELEASE: Final = r"\d{1,2}\.\d{1,2}\.\d{1,3}-\d{1,4}-[a-z][a-z0-9]*(?:-[a-z0-9]+)*"
_CONTINUED: Final = re.compile(r"\\[ \t]*\r?\n?$")
_INSTRUCTION: Final = re.compile(r"\s*([A-Za-z]+)\s+(.*)", re.DOTALL)
_HEREDOC: Final = re.compile(r"<<-?\s*([\"']?)([A-Za-z_][A-Za-z0-9_]*)\1")
_FROM: Final = re.compile(r"(?:--platform=\S+\s+)?(\S+)(?:\s+[Aa][Ss]\s+(\S+))?")
_KERNEL_STAGE: Final = re.compile(r"kernel-ubuntu-(.+)", re.IGNORECASE)
_IMAGE: Final = re.compile(rf"\blinux-image-(?:unsigned-)?({RELEASE})(?![a-z0-9.-])")
_META: Final = re.compile(
    r"(?<![\w./-])linux-(?:image-)?(?:generic|lowlatency|virtual|aws|azure|gcp|oracle|nvidia)[a-z0-9.-]*"
)
_VARIABLE: Final = re.compile(r"\$\{?([A-Za-z_][A-Za-z0-9_]*)(?::?-([^}]*))?\}?")
_COMPUTED: Final = re.compile(r"linux-image[^\s]*[$(\\]")


class Instruction(msgspec.Struct, frozen=True):
    """One instruction: its lines from `start` to `end`, from 1, and its arguments with continued lines joined."""

    word: str
    arguments: str
    start: int
    end: int
    lines: tuple[str, ...]

    def line_of(self, pattern: re.Pattern[str]) -> int:
        """The first line in which a pattern is found, comments aside; the instruction's own where none has it."""
        for number, line in enumerate(self.lines, self.start):
            if not line.lstrip().startswith("#") and pattern.search(line):
                return number
        return self.start


class Stage(msgspec.Struct, frozen=True):
    """A stage by name, what it is made from, and its instructions without the FROM."""

    name: str
    base: str
    line: int
    instructions: tuple[Instruction, ...]


def instructions(text: str) -> Iterator[Instruction]:
    """Every instruction, in order; comments are left out, also those between continued lines."""
    lines = text.splitlines(keepends=True)
    index = 0
    while index < len(lines):
        start = index
        if not lines[index].strip() or lines[index].lstrip().startswith("#"):
            index += 1
            continue
        joined = ""
        while index < len(lines):
            line = lines[index]
            index += 1
            if joined and (not line.strip() or line.lstrip().startswith("#")):
                continue
            continued = _CONTINUED.search(line)
            joined += line[: continued.start()] if continued else line
            if continued is None:
                break
        for heredoc in _HEREDOC.finditer(joined):
            while index < len(lines):
                joined += lines[index]
                index += 1
                if lines[index - 1].strip() == heredoc[2]:
                    break
        match = _INSTRUCTION.fullmatch(joined.strip())
        if match is not None:
            yield Instruction(match[1].upper(), match[2], start + 1, index, tuple(lines[start:index]))


def stages(text: str) -> dict[str, Stage]:
    """The stages by name; one without a name is called by its number."""
    found: dict[str, Stage] = {}
    name, base, line = "", "", 1
    own: list[Instruction] = []
    for one in instructions(text):
        if one.word != "FROM":
            own.append(one)
            continue
        if base:
            found[name] = Stage(name, base, line, tuple(own))
        match = _FROM.match(one.arguments)
        base, name = (match[1], match[2] or str(len(found))) if match else ("?", str(len(found)))
        line, own = one.start, []
    if base:
        found[name] = Stage(name, base, line, tuple(own))
    return found


def pins_of_dockerfile(artifact: Artifact) -> Pins:
    """What a Dockerfile installs: by the stage for Kairos, by the file for CanvOS and any other."""
    if artifact.kind is Kind.KAIROS_DOCKERFILE:
        return _of_kairos(artifact)
    known = _defaults(artifact.text)
    runs = [one for one in instructions(artifact.text) if one.word == "RUN"]
    form = Form.CANVOS if artifact.kind is Kind.CANVOS_DOCKERFILE else Form.DOCKERFILE
    found = [pin for run in runs for pin in _of_run(artifact.path, run, known, form, "")]
    if found:
        return Pins(tuple(found))
    marker = _line_of_marker(artifact.text)
    line = marker or 1
    says = "no RUN of it installs a kernel by its version" + (
        "" if marker else ", and its line for customizations is gone"
    )
    return Pins((Pin(place=Place(artifact.path, line), form=form, kernel="", says=says, applies=bool(marker)),))


def kernel_stages(text: str) -> Iterator[tuple[str, Stage]]:
    """Each release that a Kairos Dockerfile has a kernel stage for, and the stage in which its kernel is installed.

    A stage that only renames another one (FROM kernel-ubuntu-current AS kernel-ubuntu-24.04) is that other one.
    """
    found = stages(text)
    for name, stage in found.items():
        match = _KERNEL_STAGE.fullmatch(name)
        if match is None or not match[1][0].isdigit():
            continue
        installs = stage
        while not _installing(installs) and installs.base in found and installs.base != installs.name:
            installs = found[installs.base]
        yield match[1], installs if _installing(installs) else stage


def _of_kairos(artifact: Artifact) -> Pins:
    known = _defaults(artifact.text)
    pins: list[Pin] = []
    remarks: list[Remark] = []
    for release, stage in kernel_stages(artifact.text):
        where = f"stage {stage.name}" + (f" (as kernel-ubuntu-{release})" if not stage.name.endswith(release) else "")
        found = [pin for run in _installing(stage) for pin in _of_run(artifact.path, run, known, Form.KAIROS, release)]
        if found:
            pins += [msgspec.structs.replace(pin, says=f"{where} {pin.says}") for pin in found]
        else:
            place = Place(artifact.path, stage.line)
            says = f"{where} installs no kernel: this version of Kairos does it elsewhere"
            pins.append(Pin(place=place, form=Form.KAIROS, kernel="", says=says, where=release, applies=False))
    if "systemd-boot" in artifact.text:
        for one in instructions(artifact.text):
            if one.word == "RUN" and "linux-image" in one.arguments and "apt-cache search" in one.arguments:
                said = "Trusted Boot builds (--BOOTLOADER=systemd-boot) take the newest kernel here, whatever is pinned"
                remarks.append(Remark(Place(artifact.path, one.line_of(re.compile("linux-image"))), said))
    return Pins(tuple(dict.fromkeys(pins)), (), tuple(remarks))


def _installing(stage: Stage) -> list[Instruction]:
    """The RUNs of a stage that install a kernel."""
    return [one for one in stage.instructions if one.word == "RUN" and _names_kernel(one.arguments)]


def _names_kernel(arguments: str) -> bool:
    installs = "install" in arguments
    return installs and bool("linux-image" in arguments or _META.search(arguments))


def _of_run(path: str, run: Instruction, known: dict[str, str], form: Form, where: str) -> Iterator[Pin]:
    """The kernels that a RUN installs; one metapackage is a kernel that moves."""
    if not _names_kernel(run.arguments):
        return
    arguments = _VARIABLE.sub(lambda match: known.get(match[1], match[2] or match[0]), run.arguments)
    kernels = list(dict.fromkeys(match[1] for match in _IMAGE.finditer(arguments)))
    for kernel in kernels:
        place = Place(path, run.line_of(re.compile(rf"linux-image\S*(?:{re.escape(kernel)}|\$)")))
        yield Pin(place=place, form=form, kernel=kernel, says=f"installs linux-image-{kernel}", where=where)
    if kernels:
        return
    meta = _META.search(arguments)
    if meta is not None:
        place = Place(path, run.line_of(re.compile(re.escape(meta[0]))))
        says = f"installs {meta[0]}, which is the newest kernel there is on the day of the build"
        yield Pin(place=place, form=form, kernel="", says=says, where=where)
    elif _COMPUTED.search(arguments) and form is not Form.CANVOS:
        place = Place(path, run.line_of(re.compile("linux-image")))
        yield Pin(place=place, form=form, kernel="", says="installs a kernel whose version is computed", where=where)


def _defaults(text: str) -> dict[str, str]:
    """The defaults of ARG and ENV, by which variables are resolved."""
    known: dict[str, str] = {}
    for one in instructions(text):
        if one.word in ("ARG", "ENV"):
            name, equals, value = one.arguments.strip().partition("=")
            if equals and name.isidentifier():
                known[name] = value.strip().strip("\"'")
    return known


def _line_of_marker(text: str) -> int:
    """The line below which a person adds to CanvOS' image; 0 where it is not there."""
    numbered = enumerate(text.splitlines(), 1)
    return next((number for number, line in numbered if line.strip() == CUSTOMIZATIONS), 0)
