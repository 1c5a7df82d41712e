"""CanvOS' .arg: `KEY=VALUE` lines, of which UPDATE_KERNEL, BASE_IMAGE and FIPS_ENABLED decide about the kernel.

UPDATE_KERNEL acts when the image is built: false holds the kernel's metapackage, true installs it (facts/palette.md).
"""

import re
from typing import Final

import msgspec

from domain.artifacts import Artifact, Place
from domain.kernels import Distribution
from domain.pins.images import kernel_of_image
from domain.pins.records import UBUNTU, Fault, Form, Pin, Pins, Remark

_LINE: Final = re.compile(r"[ \t]*(?:export[ \t]+)?([A-Za-z_][A-Za-z0-9_]*)[ \t]*=[ \t]*([^\r\n]*)")
_VARIABLE: Final = re.compile(r"\$\{?([A-Za-z_][A-Za-z0-9_]*)\}?")
_ON: Final = ("true", "1", "yes")


class Setting(msgspec.Struct, frozen=True):
    """A key's value and its line, from 1."""

    value: str
    line: int


def settings(text: str) -> dict[str, Setting]:
    """The keys of a .arg file; of one that is there twice the last counts. References to earlier keys are resolved."""
    found: dict[str, Setting] = {}
    for number, line in enumerate(text.splitlines(), 1):
        match = _LINE.fullmatch(line)
        if match is None:
            continue
        value = match[2].strip()
        if value[:1] in ('"', "'") and value[-1:] == value[:1] and len(value) > 1:
            value = value[1:-1]
        else:
            value = value.partition(" #")[0].strip()
        resolved = _VARIABLE.sub(lambda m: found[m[1]].value if m[1] in found else m[0], value)
        found[match[1]] = Setting(resolved, number)
    return found


def pins_of_arg(artifact: Artifact) -> Pins:
    """What a .arg file says of the kernel of the image that is built with it."""
    found = settings(artifact.text)
    path = artifact.path
    distribution = found.get("OS_DISTRIBUTION", Setting("ubuntu", 0)).value
    fips = found.get("FIPS_ENABLED", Setting("", 1))
    update = found.get("UPDATE_KERNEL")
    faults: list[Fault] = []
    remarks: list[Remark] = []
    if update is not None and update.value.lower() != "false":
        says = f"UPDATE_KERNEL={update.value} lets the build move to the newest kernel, off any that is pinned"
        if fips.value.lower() in _ON:
            says += f", and conflicts with FIPS_ENABLED={fips.value} (line {fips.line})"
        faults.append(Fault(place=Place(path, update.line), says=says, write="UPDATE_KERNEL=false"))
    elif fips.value.lower() in _ON:
        said = f"FIPS_ENABLED={fips.value} wants a kernel that is certified: one that is pinned must be of that flavour"
        remarks.append(Remark(Place(path, fips.line), said))
    return Pins((_pin(path, found.get("BASE_IMAGE"), distribution),), tuple(faults), tuple(remarks))


def _pin(path: str, image: Setting | None, distribution: str) -> Pin:
    whose = UBUNTU if distribution == UBUNTU.id else Distribution(id=distribution, name=distribution)
    if image is None or not image.value:
        says = "it names no BASE_IMAGE, so that Palette's own image of the day decides about the kernel"
        return Pin(
            place=Place(path, image.line if image else 1), form=Form.ARG, kernel="", says=says, distribution=whose
        )
    place, named = Place(path, image.line), kernel_of_image(image.value)
    if named is None:
        says = f"BASE_IMAGE={image.value} does not say in its tag which kernel it holds"
        return Pin(place=place, form=Form.ARG, kernel="", says=says, distribution=whose)
    says = f"BASE_IMAGE={image.value} holds {named.kernel}, by its tag"
    return Pin(place=place, form=Form.ARG, kernel=named.kernel, says=says, assumed=named.assumed, distribution=whose)
