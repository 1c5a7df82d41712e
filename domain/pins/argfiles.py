"""A CanvOS .arg: KEY=VALUE a line, comments, references to other keys; of a key that is there twice the last counts.

Only UPDATE_KERNEL=false, exactly so, makes CanvOS' Earthfile hold Ubuntu's metapackages before it upgrades the image's
packages; where the key is not there, the Earthfile says false (facts/palette.md).
"""

import re
from collections.abc import Iterator
from typing import Final

import msgspec

from domain.artifacts import Artifact, Place
from domain.kernels import Distribution
from domain.pins.images import kernel_of_image
from domain.pins.records import UBUNTU, Fault, Form, Pin, Pins, Remark
from domain.pins.variables import expand

UPDATE_KERNEL: Final = "UPDATE_KERNEL"
BASE_IMAGE: Final = "BASE_IMAGE"
FIPS: Final = "FIPS_ENABLED"
DISTRIBUTION: Final = "OS_DISTRIBUTION"
HELD: Final = "false"

_ON: Final = ("true", "1", "yes")
_LINE: Final = re.compile(
    r"""^\ufeff?[ \t]*(?:export[ \t]+)?(?P<key>[A-Za-z_]\w*)[ \t]*=[ \t]*"""
    r"""(?:"(?P<double>[^"\r\n]*)"|'(?P<single>[^'\r\n]*)'|(?P<plain>(?:[^\s#]|(?<=\S)#)*))""",
    re.MULTILINE,
)


class Entry(msgspec.Struct, frozen=True):
    """A key of a .arg in its line; its bare value, without quotes, is written from `start` up to `end`."""

    key: str
    value: str
    line: int
    start: int
    end: int


class Arg(msgspec.Struct, frozen=True):
    """What a .arg says: its entries by key, the last of each."""

    entries: dict[str, Entry]

    def value(self, key: str) -> str:
        """A key's value with its references replaced as far as the file tells; nothing where it is not there."""
        entry = self.entries.get(key)
        if entry is None:
            return ""
        others = {name: one.value for name, one in self.entries.items() if name != key}
        return expand(entry.value, others).text

    @property
    def fips(self) -> bool:
        """Whether the image is built for FIPS, with a kernel that is certified for it."""
        return self.value(FIPS).lower() in _ON

    @property
    def ubuntu(self) -> bool:
        """Whether the image is Ubuntu's: so it is where nothing else is said."""
        return self.value(DISTRIBUTION) in ("", UBUNTU.id)


def read_arg(text: str) -> Arg:
    """Read a .arg; a line that is none is passed over."""
    return Arg({entry.key: entry for entry in _entries(text)})


def pins_of_arg(artifact: Artifact) -> Pins:
    """What a .arg file says of the kernel of the image that is built with it."""
    arg, path = read_arg(artifact.text), artifact.path
    faults: list[Fault] = []
    remarks: list[Remark] = []
    update, fips = arg.entries.get(UPDATE_KERNEL), arg.entries.get(FIPS)
    if update is not None and arg.value(UPDATE_KERNEL) != HELD:
        says = (
            f"{UPDATE_KERNEL}={update.value} lets the build move to the newest kernel, off any that is pinned: only "
            f"{HELD} holds it"
        )
        if arg.fips and fips is not None:
            says += f"; it conflicts with {FIPS}={fips.value} (line {fips.line})"
        faults.append(Fault(place=Place(path, update.line), says=says, write=f"{UPDATE_KERNEL}={HELD}"))
    if arg.fips and fips is not None:
        said = f"{FIPS}={fips.value} wants a kernel that is certified: one that is pinned must be of that flavour"
        remarks.append(Remark(Place(path, fips.line), said))
    return Pins((_pin(path, arg),), tuple(faults), tuple(remarks))


def _pin(path: str, arg: Arg) -> Pin:
    """What BASE_IMAGE comes to: a tag is a name that somebody gave, and is believed."""
    distribution = arg.value(DISTRIBUTION)
    whose = UBUNTU if arg.ubuntu else Distribution(id=distribution, name=distribution)
    entry, image = arg.entries.get(BASE_IMAGE), arg.value(BASE_IMAGE)
    place = Place(path, entry.line if entry else 1)
    if entry is None or not image:
        says = f"it names no {BASE_IMAGE}, so that Palette's own image of the day decides about the kernel"
        return Pin(place=place, form=Form.ARG, kernel="", says=says, distribution=whose, applies=arg.ubuntu)
    named = kernel_of_image(image)
    if named is not None:
        says = f"{BASE_IMAGE}={image} holds {named.kernel}, by its tag"
        return Pin(
            place=place, form=Form.ARG, kernel=named.kernel, says=says, assumed=named.assumed, distribution=whose
        )
    says = f"{BASE_IMAGE}={image} does not say in its tag which kernel it holds"
    return Pin(place=place, form=Form.ARG, kernel="", says=says, distribution=whose, applies=arg.ubuntu)


def _entries(text: str) -> Iterator[Entry]:
    line, seen = 1, 0
    for match in _LINE.finditer(text):
        line += text.count("\n", seen, match.start())
        seen = match.start()
        kind = next(one for one in ("double", "single", "plain") if match[one] is not None)
        yield Entry(match["key"], match[kind], line, match.start(kind), match.end(kind))
