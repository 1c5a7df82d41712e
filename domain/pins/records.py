"""What a file says of the kernel that will be installed: a pin, or that there is none."""

from enum import StrEnum

import msgspec

from domain.artifacts import Place
from domain.kernels import Distribution


class Form(StrEnum):
    """Where a kernel can be pinned; each has packages of its own, and a place where they go."""

    KAIROS = "a kernel stage of Kairos"
    CANVOS = "CanvOS' Dockerfile"
    DOCKERFILE = "a Dockerfile"
    ARG = "CanvOS' .arg"
    PRESEED = "a curtin preseed"
    VALUES = "the values of a pack"


UBUNTU = Distribution(id="ubuntu", name="Ubuntu")


class Pin(msgspec.Struct, frozen=True, kw_only=True):
    """A kernel that will be installed (`kernel`, as `uname -r` will say it), or that none is pinned (empty).

    `says` is a clause: what the file does. `open` is why it cannot be told which kernel it is. `assumed` is what was
    taken for granted to name it; `applies` whether a kernel is pinned in this place where one is. `ubuntu` are the
    releases of Ubuntu that the place is for, as far as that is said.
    """

    place: Place
    form: Form
    kernel: str
    says: str
    open: str = ""
    ubuntu: tuple[str, ...] = ()
    assumed: str = ""
    applies: bool = True
    distribution: Distribution = UBUNTU


class Fault(msgspec.Struct, frozen=True, kw_only=True):
    """Something else at a place that will undo a pin; `write` is what belongs there, of the kernel pinned if any."""

    place: Place
    says: str
    write: str
    kernel: str = ""


class Remark(msgspec.Struct, frozen=True):
    """Something at a place that a person should know."""

    place: Place
    says: str


class Pins(msgspec.Struct, frozen=True):
    """All that one file says of kernels."""

    pins: tuple[Pin, ...] = ()
    faults: tuple[Fault, ...] = ()
    remarks: tuple[Remark, ...] = ()
