"""All that the files of a target say of kernels, whatever kind of file says it."""

from collections.abc import Iterator
from pathlib import PurePosixPath
from typing import Final

import msgspec

from domain.artifacts import Artifact, ArtifactsRead, Kind, Layer, Node, Place
from domain.kernels import Distribution, parse_release
from domain.pins.argfiles import Arg, pins_of_arg, read_arg
from domain.pins.dockerfiles import NEWEST_OF_UKI, canvos, kairos, plain, where_none_is
from domain.pins.images import kernel_of_image
from domain.pins.packages import Package, Part
from domain.pins.preseeds import NOT_READ, read_preseed, shadows
from domain.pins.records import UBUNTU, Fault, Form, Pin, Pins, Remark
from domain.pins.spots import TOGETHER, Spot

OF_IMAGES: Final = (Kind.ARG, Kind.CANVOS_DOCKERFILE, Kind.KAIROS_DOCKERFILE, Kind.DOCKERFILE, Kind.PRESEED)
DEBIAN: Final = Distribution(id="debian", name="Debian")
_READERS: Final = {Kind.KAIROS_DOCKERFILE: kairos, Kind.CANVOS_DOCKERFILE: canvos, Kind.DOCKERFILE: plain}


def pins_of_files(artifacts: ArtifactsRead) -> Iterator[tuple[Artifact, Pins]]:
    """Each file that builds or installs something, with what it says of the kernel."""
    preseeds = [one.path for one in artifacts.of(Kind.PRESEED).items]
    for artifact in artifacts.of(*OF_IMAGES).items:
        if not artifact.text:
            continue
        if artifact.kind is Kind.ARG:
            yield artifact, pins_of_arg(artifact)
            continue
        said = [_of_spot(artifact, spot) for spot in spots_of(artifact)]
        arg = arg_beside(artifact.path, artifacts)
        if artifact.kind is Kind.CANVOS_DOCKERFILE and arg is not None and not read_arg(arg.text).ubuntu:
            said = [msgspec.structs.replace(one, pins=tuple(p for p in one.pins if p.kernel)) for one in said]
        more = [Remark(Place(artifact.path), _shadow(other)) for other in shadows(artifact.path, preseeds)]
        remarks = (*more, *(r for one in said for r in one.remarks))
        yield (
            artifact,
            Pins(tuple(p for one in said for p in one.pins), tuple(f for one in said for f in one.faults), remarks),
        )


def spots_of(artifact: Artifact) -> tuple[Spot, ...]:
    """The places of a Dockerfile or a preseed that install a kernel, or could."""
    if artifact.kind is Kind.PRESEED:
        return (read_preseed(artifact.path, artifact.text),)
    return tuple(_READERS[artifact.kind](artifact.text))


def arg_beside(path: str, artifacts: ArtifactsRead) -> Artifact | None:
    """The .arg that an image of CanvOS' is built with: the one in the folder of its Dockerfile."""
    folder = PurePosixPath(path).parent
    return next((one for one in _args(artifacts) if PurePosixPath(one.path).parent == folder), None)


def arg_of(path: str, artifacts: ArtifactsRead) -> Arg | None:
    """What the tree of a file says of its images: the .arg beside it, else the only one there is."""
    every = _args(artifacts)
    found = arg_beside(path, artifacts) or (every[0] if len(every) == 1 else None)
    return read_arg(found.text) if found is not None else None


def _args(artifacts: ArtifactsRead) -> tuple[Artifact, ...]:
    return tuple(one for one in artifacts.of(Kind.ARG).items if one.text)


def pins_of_layer(layer: Layer) -> Iterator[Pin]:
    """The kernels that the images of a pack name in their tags: of the OS pack's own system above all."""
    uri = layer.values.at("options", "system.uri") or layer.values.at("options", "system", "uri")
    images = [("options.system.uri", uri)]
    content = layer.values.at("pack", "content", "images")
    if content is not None and isinstance(content.value, tuple):
        images += [("pack.content.images", _image(item)) for item in content.value]
    for name, node in images:
        if node is None or not isinstance(node.value, str):
            continue
        named = kernel_of_image(node.value)
        if named is not None:
            says = f"{name} of {layer.pack} is {node.value}, which holds {named.kernel} by its tag"
            place = layer.place_of(node)
            yield Pin(place=place, form=Form.VALUES, kernel=named.kernel, says=says, assumed=named.assumed)


def _image(item: Node) -> Node | None:
    return item if isinstance(item.value, str) else item.at("image")


def _of_spot(artifact: Artifact, spot: Spot) -> Pins:
    """What one place comes to."""
    remarks = [Remark(Place(artifact.path, line), said) for line, said in spot.remarks if said != NOT_READ]
    pins = [_pinned(artifact, spot, release) for release in spot.releases]
    faults: list[Fault] = []
    beneath = () if where_none_is(artifact.text[spot.start : spot.end]) else spot.beneath
    for one in spot.open:
        says = f"{spot.what} installs a kernel, and {one.open}"
        pins.append(_pin(artifact, spot, one, says, open_=one.open))
    for one in spot.following:
        if spot.releases or beneath:
            faults.append(_moves(artifact, spot, one, spot.releases or beneath))
        elif not spot.open and not any(said == NEWEST_OF_UKI for _, said in spot.remarks):
            says = f"{spot.what} installs {one.name}, which is the newest kernel there is on the day of the build"
            pins.append(_pin(artifact, spot, one, says))
    if any(said == NOT_READ for _, said in spot.remarks):
        pins.append(Pin(place=Place(artifact.path, spot.line), form=spot.form, kernel="", says=NOT_READ))
    elif not spot.kernels and spot.belongs:
        place = Place(artifact.path, spot.line)
        pins.append(Pin(place=place, form=spot.form, kernel="", says=_none(spot), ubuntu=spot.ubuntu))
    remarks += [Remark(Place(artifact.path, spot.line), said) for said in _missing(spot)]
    return Pins(tuple(pins[:1] if not spot.releases and not spot.open else pins), tuple(faults), tuple(remarks))


def _pinned(artifact: Artifact, spot: Spot, release: str) -> Pin:
    first = next(one for one in spot.kernels if one.release == release)
    pin = _pin(artifact, spot, first, f"{spot.what} installs {first.name}")
    assumed = ""
    if first.variables and first.variables[0] in spot.settings:
        names = " and ".join(first.variables)
        assumed = f"that is what the file says of {names}; a build may be given another value"
    whose = DEBIAN if parse_release(release).debian else UBUNTU
    return msgspec.structs.replace(pin, kernel=release, assumed=assumed, distribution=whose)


def _pin(artifact: Artifact, spot: Spot, package: Package, says: str, open_: str = "") -> Pin:
    place = Place(artifact.path, spot.line_of(artifact.text, package.start))
    return Pin(place=place, form=spot.form, kernel="", says=says, ubuntu=spot.ubuntu, applies=spot.belongs, open=open_)


def _moves(artifact: Artifact, spot: Spot, package: Package, releases: tuple[str, ...]) -> Fault:
    says = (
        f"{spot.what} installs {package.name} beside {' and '.join(releases)}: that brings the newest kernel, and "
        "the newest is what boots"
    )
    place = Place(artifact.path, spot.line_of(artifact.text, package.start))
    return Fault(place=place, says=says, write=f"linux-image-{releases[-1]}", kernel=releases[-1])


def _none(spot: Spot) -> str:
    if spot.form is Form.PRESEED:
        return f"{spot.what} names no kernel.package: the newest kernel of the day is installed"
    return f"no RUN of {spot.what} names a kernel: what it is made from brings one, or a program that it runs"


def _missing(spot: Spot) -> Iterator[str]:
    """What the runbook's page installs beside the image, and this place does not, or of another kernel."""
    for release in spot.releases:
        images = [one for one in spot.packages if one.part is Part.IMAGE and one.release == release]
        there = {one.part for one in spot.packages if one.release == release}
        missing = [part for part in TOGETHER[spot.form] if part not in there]
        if images and missing and not spot.following:
            names = " and ".join(f"linux-{part}-{release}" for part in missing)
            yield f"{names} {'is' if len(missing) == 1 else 'are'} not installed with linux-image-{release}"


def _shadow(other: str) -> str:
    name = PurePosixPath(other).name
    return f"MAAS does not read {name} for the machines that this more specific file is for: a pin belongs in both"
