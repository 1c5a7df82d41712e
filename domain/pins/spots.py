"""One place of a text that installs a kernel, or could: what it installs, and where that is written."""

from typing import Final

import msgspec

from domain.pins.dockerfile import Setting
from domain.pins.packages import Package, Part
from domain.pins.records import Form
from domain.pins.splicing import line_at

BASES: Final = {
    "20.04": ("5.4.0", "5.8.0", "5.11.0", "5.13.0", "5.15.0"),
    "22.04": ("5.15.0", "5.17.0", "5.19.0", "6.0.0", "6.1.0", "6.2.0", "6.5.0", "6.8.0"),
    "24.04": ("6.8.0", "6.11.0", "6.14.0", "6.17.0"),
    "24.10": ("6.11.0",),
}
"""The kernels that an Ubuntu release's archive has: its own, hwe and oem. https://ubuntu.com/about/release-cycle"""


TOGETHER: Final = {
    Form.KAIROS: (Part.IMAGE, Part.EXTRA),
    Form.CANVOS: (Part.IMAGE, Part.HEADERS, Part.MODULES),
    Form.DOCKERFILE: (Part.IMAGE, Part.EXTRA),
    Form.PRESEED: (Part.IMAGE, Part.EXTRA),
}
"""The packages that the runbook's page installs together in each place."""


class Spot(msgspec.Struct, frozen=True, kw_only=True):
    """A place, by its line, and the packages that it installs.

    `start` and `end` are of the text that does it, `top` is the line of its start. `what` names it in a sentence,
    `ubuntu` are the releases of Ubuntu that it is for, as far as that is said. `belongs` is whether a kernel is pinned
    here where one is: other places are told of only for what they do pin. `beneath` are the kernels that are pinned
    already in what this place adds to. `remarks` are for a person's eye, each with its line.
    """

    form: Form
    line: int
    what: str
    top: int = 1
    start: int = 0
    end: int = 0
    packages: tuple[Package, ...] = ()
    settings: dict[str, Setting] = {}
    ubuntu: tuple[str, ...] = ()
    belongs: bool = True
    beneath: tuple[str, ...] = ()
    remarks: tuple[tuple[int, str], ...] = ()

    def line_of(self, text: str, position: int) -> int:
        """The line of a position within it."""
        return line_at(text, position, self.start, self.top)

    @property
    def kernels(self) -> tuple[Package, ...]:
        """The packages with which a kernel comes."""
        return tuple(one for one in self.packages if one.brings_a_kernel)

    @property
    def releases(self) -> tuple[str, ...]:
        """The kernels that are pinned here, in the order in which they are named."""
        return tuple(dict.fromkeys(one.release for one in self.kernels if one.release))

    @property
    def following(self) -> tuple[Package, ...]:
        """What follows the newest kernel there is."""
        return tuple(one for one in self.kernels if one.follows)

    @property
    def open(self) -> tuple[Package, ...]:
        """What may be a kernel, and nothing here says which."""
        return tuple(one for one in self.kernels if one.open)
