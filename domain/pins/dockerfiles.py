"""What Dockerfiles install: Kairos' by the names of its stages, CanvOS' below its marker, any other as it stands.

Kairos' images/Dockerfile.ubuntu has three look-alike blocks, one a stage (`FROM … AS kernel-ubuntu-24.04`), up to v3.3;
from v3.4.2 on the block is gone, and kairos-init installs the kernel (facts/palette.md).
"""

import re
from collections.abc import Iterable, Iterator
from typing import Final

import msgspec

from domain.artifacts.recognising import CUSTOMIZATIONS
from domain.pins.dockerfile import Instruction, Setting, Stage, settings, stages
from domain.pins.packages import packages
from domain.pins.records import Form
from domain.pins.splicing import line_at
from domain.pins.spots import Spot

_MARKED: Final = re.compile(rf"^{re.escape(CUSTOMIZATIONS)}[ \t]*\r?(?:\n|\Z)", re.MULTILINE)
_STAGE: Final = re.compile(r"kernel-ubuntu-(.+)", re.IGNORECASE)
_VERSION: Final = re.compile(r"[0-9]{2}\.[0-9]{2}")
_BASE: Final = re.compile(r"(?:.*/)?ubuntu:([0-9]{2}\.[0-9]{2})(?:[@-].*)?")
_KAIROS_INIT: Final = re.compile(r"\bkairos-init\b")
_SWALLOWED: Final = re.compile(
    r"^[ \t]*(?:RUN|COPY|ADD|ARG|ENV|FROM|WORKDIR|ENTRYPOINT|CMD|LABEL|USER|SHELL)[ \t]", re.MULTILINE
)
_WHERE_NONE_IS: Final = re.compile(r"-z\s+[\"']?\$\(\s*ls\s[^)]*/boot/vmlinuz")
"""Kairos' own condition, by which a kernel that is there already stays the only one."""

_OF_THE_PAGE: Final = r"awk '/^ii\s+linux-(image|headers|modules)/"
THE_PAGES: Final = (
    "this is the runbook's own RUN, which may leave other kernels in the image: mawk, Ubuntu's awk, finds none by its "
    "pattern, and with gawk it purges the headers' common package, and with that the headers that it has just installed"
)
INIT: Final = (
    "kairos-init installs the kernel here: from v3.4.2 on Kairos' Dockerfile has no block that names one, and nothing "
    "here can be pinned by its packages"
)
NEWEST_OF_UKI: Final = (
    "a Trusted Boot (UKI) build takes its kernel from this stage, by other lines: they follow the newest"
)


Pinned = dict[str, tuple[str, ...]]
"""The kernels that are pinned in a stage, by the stage's name."""


def kairos(text: str) -> Iterator[Spot]:
    """The kernel stages of Kairos' Dockerfile.ubuntu, and what its other stages pin."""
    before, all_stages = stages(text)
    pinned: Pinned = {}
    for stage, values in _with_values(before, all_stages):
        named = _STAGE.fullmatch(stage.name)
        what = f"stage {stage.name}" if stage.name else f"the stage from {stage.base}"
        ubuntu = _ubuntu_of(stage, all_stages)
        found = list(_on_top(stage, pinned, _spots(text, stage, values, Form.KAIROS, what, ubuntu, bool(named))))
        yield from found
        if named and not found and not _STAGE.fullmatch(stage.base):
            first = stage.instructions[0]
            yield Spot(form=Form.KAIROS, line=first.line, what=what, start=first.end, end=first.end)


def canvos(text: str) -> Iterator[Spot]:
    """What CanvOS' Dockerfile installs; the place below its marker where that is nothing."""
    before, all_stages = stages(text)
    found: list[Spot] = []
    pinned: Pinned = {}
    for stage, values in _with_values(before, all_stages):
        said = _spots(text, stage, values, Form.CANVOS, "CanvOS' Dockerfile", (), belongs=True)
        found += _on_top(stage, pinned, said)
    if found:
        yield from found
        return
    below = marker(text)
    line = line_at(text, below[0]) if below else 1
    end = below[1] if below else 0
    yield Spot(form=Form.CANVOS, line=line, what="CanvOS' Dockerfile", start=end, end=end)


def plain(text: str) -> Iterator[Spot]:
    """What any other Dockerfile installs; kairos-init's place, where that is what installs the kernel."""
    before, all_stages = stages(text)
    found: list[Spot] = []
    programs: list[Spot] = []
    pinned: Pinned = {}
    for stage, values in _with_values(before, all_stages):
        base = _BASE.fullmatch(stage.base)
        what = f"stage {stage.name}" if stage.name else f"the image from {stage.base}"
        ubuntu = (base[1],) if base else ()
        found += _on_top(stage, pinned, _spots(text, stage, values, Form.DOCKERFILE, what, ubuntu, belongs=True))
        for one in stage.instructions:
            match = _KAIROS_INIT.search(one.code) if one.keyword == "RUN" else None
            if match is not None:
                line = line_at(text, one.start + match.start(), one.start, one.line)
                programs.append(Spot(form=Form.DOCKERFILE, line=line, what=what, remarks=((line, INIT),)))
    yield from found or programs[-1:]


def marker(text: str) -> tuple[int, int] | None:
    """Where the marker's line begins and ends; None where it is not there."""
    match = _MARKED.search(text)
    return match.span() if match else None


def where_none_is(instruction: str) -> bool:
    """Whether a RUN installs a kernel only where none is there."""
    return _WHERE_NONE_IS.search(instruction) is not None


def of_the_page(instruction: str) -> bool:
    """Whether a RUN is the runbook's example."""
    return _OF_THE_PAGE in instruction


def _spots(
    text: str,
    stage: Stage,
    values: dict[str, Setting],
    form: Form,
    what: str,
    ubuntu: tuple[str, ...],
    belongs: bool,
) -> Iterator[Spot]:
    """A spot for each instruction of a stage that installs a kernel."""
    known = dict(values)
    for one in stage.instructions:
        known |= {said.name: said for said in settings(one) if said.value is not None or said.name not in known}
        if one.keyword != "RUN":
            continue
        found = packages(one.code, one.start, {name: said.value for name, said in known.items()})
        kernels = [package for package in found if package.brings_a_kernel]
        if kernels:
            uki = form is Form.KAIROS and not belongs and "systemd-boot" in stage.name
            first = line_at(text, kernels[0].start, one.start, one.line)
            yield Spot(
                form=form,
                line=first,
                what=what,
                top=one.line,
                start=one.start,
                end=one.end,
                packages=found,
                settings=known,
                ubuntu=ubuntu,
                belongs=belongs,
                remarks=(
                    *((first, NEWEST_OF_UKI) for _ in range(uki)),
                    *((first, THE_PAGES) for _ in range(of_the_page(one.code))),
                    *_swallowed(text, one),
                ),
            )


def _on_top(stage: Stage, pinned: Pinned, spots: Iterable[Spot]) -> Iterator[Spot]:
    """The spots of a stage with what is pinned beneath each: by those before it, and by the stages it is made from."""
    beneath = pinned.get(stage.base.lower(), ())
    for spot in spots:
        yield msgspec.structs.replace(spot, beneath=beneath)
        beneath = tuple(dict.fromkeys((*beneath, *spot.releases)))
    if stage.name:
        pinned[stage.name.lower()] = beneath


def _swallowed(text: str, instruction: Instruction) -> Iterator[tuple[int, str]]:
    """An instruction that a stray continuation above it has made a part of this one (the runbook's example ends so)."""
    second = text.find("\n", instruction.start, instruction.end) + 1
    match = _SWALLOWED.search(text, second, instruction.end) if second else None
    if match is not None and "<<" not in instruction.code:
        said = " ".join(match[0].split())
        line = line_at(text, match.start(), instruction.start, instruction.line)
        yield line, f"{said} is no instruction of its own: a backslash that ends the command above continues it here"


def _with_values(before: Iterable[Instruction], found: Iterable[Stage]) -> Iterator[tuple[Stage, dict[str, Setting]]]:
    """Each stage with the variables that it begins with: ENVs of the stage that it is made from; a file's ARGs."""
    top = {said.name: said for one in before for said in settings(one)}
    envs: dict[str, dict[str, Setting]] = {}
    for stage in found:
        own = dict(envs.get(stage.base.lower(), {}))
        declared = {said.name for one in stage.instructions if one.keyword == "ARG" for said in settings(one)}
        yield stage, {**{name: said for name, said in top.items() if name in declared}, **own}
        if stage.name:
            said = {s.name: s for one in stage.instructions if one.keyword == "ENV" for s in settings(one)}
            envs[stage.name.lower()] = {**own, **said}


def _ubuntu_of(stage: Stage, others: Iterable[Stage]) -> tuple[str, ...]:
    """The releases of Ubuntu that a stage is for: by its name, or by those of the stages that are made from it."""
    names = [stage.name, *(one.name for one in others if one.base == stage.name and stage.name)]
    found = [match[1] for name in names if (match := _STAGE.fullmatch(name)) is not None]
    return tuple(one for one in found if _VERSION.fullmatch(one))
