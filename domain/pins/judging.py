"""What the pins of files come to: a kernel that is listed, one that no table knows, none at all, or one that moves."""

from collections.abc import Iterator
from itertools import groupby
from pathlib import PurePosixPath
from typing import Any, Final

import msgspec

from domain.artifacts import ArtifactsRead, Kind, Place
from domain.facts import undecided
from domain.kernels import KernelVerdict, State, judge_kernel, parse_release
from domain.pins.by_hand import by_hand
from domain.pins.reading import OF_IMAGES, pins_of_files, pins_of_layer
from domain.pins.records import Fault, Form, Pin, Pins
from domain.verdict import Finding, Grade, NotApplicable, Note, Statement, Undecided

HOME: Final = {
    "5.4.0": "20.04",
    "5.15.0": "22.04",
    "5.19.0": "22.04",
    "6.2.0": "22.04",
    "6.5.0": "22.04",
    "6.8.0": "24.04",
    "6.11.0": "24.04",
    "6.14.0": "24.04",
    "6.17.0": "24.04",
}
"""The release of Ubuntu that each of its kernels is at home in; others have it as well, and are left alone."""

CANVOS: Final = (Form.ARG, Form.CANVOS)
TOLD: Final = "which kernel will be installed is not settled by it"


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
    read = artifacts.of(*OF_IMAGES, Kind.OS_VALUES)
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
    judged += [_of_fault(fault) for _, one in found for fault in one.faults]
    yield from _remarks([one for _, one in found])
    for place, those in groupby(sorted(judged, key=lambda one: one.place), key=lambda one: one.place):
        yield _finding(place, list(those), source)


def meant_for(pin: Pin, wanted: str) -> bool:
    """Whether a place that pins none is the place for this kernel: of Kairos' stages, its own release's."""
    home = HOME.get(parse_release(wanted).base)
    return pin.applies and (pin.form is not Form.KAIROS or home is None or pin.where == home)


def _judge(pin: Pin, wanted: str, pins: list[Pin]) -> Iterator[Judged | Note | Undecided]:
    if not pin.kernel:
        if pin.form in CANVOS and any(_folder(p) == _folder(pin) and p.form in CANVOS and p.kernel for p in pins):
            return  # a folder of CanvOS pins it in one of its two places
        if wanted and meant_for(pin, wanted):
            yield Judged(pin.place, f"{pin.says}; --kernel wants {wanted}", Grade.DECLARED, pin, wanted=wanted)
        else:
            yield Note(str(pin.place), f"none is pinned: {pin.says}")
        return
    kernel = judge_kernel(pin.kernel, pin.distribution)
    says = "; ".join(filter(None, (pin.says, kernel.sentence, pin.assumed)))
    if kernel.grade is not None:
        yield Judged(pin.place, says, kernel.grade, pin, kernel, wanted=wanted or kernel.fixed or "")
    elif kernel.state is State.UNKNOWN:
        yield Undecided(str(pin.place), says, kernel.would_help)
    elif wanted and _same_base(pin.kernel, wanted) and pin.kernel != wanted and pin.form is not Form.VALUES:
        yield Judged(pin.place, f"{pin.says}; --kernel wants {wanted}", Grade.DECLARED, pin, kernel, wanted=wanted)
    elif pin.assumed:
        yield Note(str(pin.place), says)


def _same_base(one: str, other: str) -> bool:
    return parse_release(one).base == parse_release(other).base


def _folder(pin: Pin) -> PurePosixPath:
    return PurePosixPath(pin.place.path).parent


def _of_fault(fault: Fault) -> Judged:
    return Judged(fault.place, fault.says, Grade.DECLARED, fault=fault)


def _remarks(pins: list[Pins]) -> Iterator[Note]:
    for remark in dict.fromkeys(remark for one in pins for remark in one.remarks):
        yield Note(str(remark.place), remark.says)


def _finding(place: Place, judged: list[Judged], source: str) -> Finding:
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
    lines = dict.fromkeys(line for one in judged for line in by_hand(one.pin, one.fault, one.wanted))
    return Finding(
        str(place),
        min((one.grade for one in judged), key=list(Grade).index),
        "; ".join(dict.fromkeys(one.says for one in judged)),
        evidence,
        tuple(lines),
        "pin-kernel",
        source,
    )
