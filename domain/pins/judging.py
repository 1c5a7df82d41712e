"""What the pins of files come to: a kernel that is listed, one that no table knows, none at all, or one that moves."""

from collections.abc import Iterator
from itertools import groupby
from pathlib import PurePosixPath
from typing import Any, Final

import msgspec

from domain.artifacts import ArtifactsRead, Kind, Place
from domain.facts import undecided
from domain.kernels import KernelVerdict, State, judge_kernel, parse_release
from domain.pins.argfiles import Arg
from domain.pins.by_hand import by_hand
from domain.pins.reading import arg_of, pins_of_files, pins_of_layer
from domain.pins.records import UBUNTU, Fault, Form, Pin, Pins
from domain.pins.spots import BASES
from domain.verdict import Finding, Grade, NotApplicable, Note, Statement, Undecided

CANVOS: Final = (Form.ARG, Form.CANVOS)
WOULD_HELP: Final = "a name in the file that says which kernel it is: linux-image-<version>"


class Judged(msgspec.Struct, frozen=True):
    """A pin or a fault that makes a finding, and the kernel that belongs there, where one is known."""

    place: Place
    says: str
    grade: Grade
    pin: Pin | None = None
    kernel: KernelVerdict | None = None
    fault: Fault | None = None
    wanted: str = ""


def judge_pins(artifacts: ArtifactsRead, wanted: str, source: str) -> Iterator[Statement]:
    """Yield a finding for each place that will install a listed kernel, or move off the pinned one.

    `wanted` is what --kernel says, or nothing: then a place that pins none is no defect.
    """
    read = artifacts.of(*(kind for kind in Kind if kind is not Kind.USER_DATA))
    yield from undecided(read.unread)
    found = list(pins_of_files(artifacts))
    in_values = [pin for layer in artifacts.layers for pin in pins_of_layer(layer)]
    if not found and not in_values:
        if not read.unread:
            yield NotApplicable("no file among them says which kernel is installed")
        return
    pins = [pin for _, one in found for pin in one.pins] + in_values
    judged: list[Judged] = []
    for said in (s for pin in pins for s in _judge(pin, wanted, pins)):
        if isinstance(said, Judged):
            judged.append(said)
        else:
            yield said
    judged += [_of_fault(fault, wanted) for _, one in found for fault in one.faults]
    yield from _remarks([one for _, one in found])
    for place, those in groupby(sorted(judged, key=lambda one: one.place), key=lambda one: one.place):
        yield _finding(place, list(those), source, arg_of(place.path, artifacts))


def meant_for(pin: Pin, wanted: str) -> bool:
    """Whether a place is one for this kernel: its Ubuntu has kernels of that branch, and of that flavour it is."""
    base, flavour = parse_release(wanted).base, parse_release(pin.kernel).flavour
    same = not pin.kernel or flavour == parse_release(wanted).flavour
    return same and pin.applies and (not pin.ubuntu or any(base in BASES.get(one, (base,)) for one in pin.ubuntu))


def _judge(pin: Pin, wanted: str, pins: list[Pin]) -> Iterator[Judged | Note | Undecided]:
    if pin.open:
        yield Undecided(str(pin.place), pin.says, WOULD_HELP)
    elif pin.kernel:
        yield from _pinned(pin, wanted, pins)
    else:
        yield from _unpinned(pin, wanted, pins)


def _unpinned(pin: Pin, wanted: str, pins: list[Pin]) -> Iterator[Judged | Note]:
    beside = [one for one in pins if pin.form in CANVOS and one.form in CANVOS and _folder(one) == _folder(pin)]
    if any(one.kernel for one in beside):
        return  # a folder of CanvOS pins it in one of its two places
    elsewhere = pin.form is Form.ARG and any(one.form is Form.CANVOS for one in beside)
    if wanted and meant_for(pin, wanted) and not elsewhere:
        yield Judged(pin.place, f"{pin.says}; --kernel wants {wanted}", Grade.DECLARED, pin, wanted=wanted)
    else:
        yield Note(str(pin.place), f"none is pinned: {pin.says}")


def _pinned(pin: Pin, wanted: str, pins: list[Pin]) -> Iterator[Judged | Note | Undecided]:
    kernel = judge_kernel(pin.kernel, pin.distribution)
    says = "; ".join(filter(None, (pin.says, kernel.sentence, pin.assumed)))
    another = bool(wanted) and pin.kernel != wanted and pin.form is not Form.VALUES
    if kernel.grade is not None and (instead := _instead(pin, pins)):
        yield Note(str(pin.place), f"{says}; the Dockerfile beside it installs {' and '.join(instead)}, which is sound")
    elif kernel.grade is not None:
        chosen = wanted if wanted and meant_for(pin, wanted) else kernel.fixed or ""
        yield Judged(pin.place, says, kernel.grade, pin, kernel, wanted=chosen)
    elif another and _same_branch(pin.kernel, wanted):
        yield Judged(pin.place, f"{pin.says}; --kernel wants {wanted}", Grade.DECLARED, pin, kernel, wanted=wanted)
    elif kernel.state is State.UNKNOWN:
        yield Undecided(str(pin.place), says, kernel.would_help)
    elif another:
        yield Note(str(pin.place), f"{says}; --kernel wants {wanted}, which is of another branch")
    elif pin.assumed:
        yield Note(str(pin.place), says)


def _instead(pin: Pin, pins: list[Pin]) -> list[str]:
    """What CanvOS' Dockerfile installs on top of the image that a .arg names, where all of it is sound."""
    beside = [p for p in pins if pin.form is Form.ARG and p.form is Form.CANVOS and _folder(p) == _folder(pin)]
    sound = [p.kernel for p in beside if judge_kernel(p.kernel, p.distribution).state is State.CLEAR]
    return sound if len(sound) == len(beside) else []


def _same_branch(one: str, other: str) -> bool:
    first, second = parse_release(one), parse_release(other)
    return (first.base, first.flavour) == (second.base, second.flavour)


def _folder(pin: Pin) -> PurePosixPath:
    return PurePosixPath(pin.place.path).parent


def _of_fault(fault: Fault, wanted: str) -> Judged:
    """A fault, and the kernel that belongs there: a pinned one that is listed stays no better than it is."""
    if not fault.kernel:
        return Judged(fault.place, fault.says, Grade.DECLARED, fault=fault)
    pinned = judge_kernel(fault.kernel, UBUNTU)
    fixed = (pinned.fixed or fault.kernel) if pinned.grade is not None else fault.kernel
    kernel = wanted if wanted and _same_branch(fault.kernel, wanted) else fixed
    fault = msgspec.structs.replace(fault, write=f"linux-image-{kernel}")
    return Judged(fault.place, fault.says, Grade.DECLARED, fault=fault, wanted=kernel)


def _remarks(pins: list[Pins]) -> Iterator[Note]:
    for remark in dict.fromkeys(remark for one in pins for remark in one.remarks):
        yield Note(str(remark.place), remark.says)


def _finding(place: Place, judged: list[Judged], source: str, arg: Arg | None) -> Finding:
    """One finding for a place, whatever is wrong there."""
    kernels = [one.kernel for one in judged if one.kernel is not None]
    evidence: dict[str, Any] = {
        "forms": list(dict.fromkeys(str(one.pin.form) for one in judged if one.pin is not None)),
        "kernels": [one.release for one in kernels],
        "listed by": list(dict.fromkeys(str(table) for one in kernels for table in one.listed_by)),
        "tables": list(dict.fromkeys(word.clause for one in kernels for word in one.words)),
        "sources": list(dict.fromkeys(s for one in kernels for s in one.sources)),
        "kernel to pin": next((one.wanted for one in judged if one.wanted), None),
    }
    edits_first = sorted(judged, key=lambda one: one.fault is None)  # what is built is built after all of them
    lines = dict.fromkeys(line for one in edits_first for line in by_hand(one.pin, one.fault, one.wanted, arg))
    return Finding(
        str(place),
        min((one.grade for one in judged), key=list(Grade).index),
        "; ".join(dict.fromkeys(one.says for one in judged)),
        evidence,
        tuple(lines),
        "pin-kernel",
        source,
    )
