"""Calico packs in files: whether Felix will program IPv6, and on which kernel, as far as the files tell.

`manifests.calico.env.calicoNode.FELIX_IPV6SUPPORT`; absent means on (facts/cni.md, facts/palette.md).
"""

from collections.abc import Iterable, Iterator
from itertools import takewhile
from pathlib import PurePosixPath
from typing import Final

import msgspec

from domain.artifacts import ArtifactsRead, Layer, Node, Place
from domain.artifacts.layers import CALICO
from domain.facts import undecided
from domain.felix import IPV6_SUPPORT, felix_boolean
from domain.kernels import KernelVerdict, State, judge_kernel
from domain.kernels.host import KUBE_PROXY
from domain.one_place import together
from domain.pins import Pin, pins_of_files, pins_of_layer
from domain.pins.reading import OF_IMAGES
from domain.verdict import Finding, Grade, NotApplicable, Note, Statement, Undecided

PATH: Final = (*CALICO, "env", "calicoNode")
WRITE: Final = f'{".".join(PATH)}.{IPV6_SUPPORT}: "false"'
WOULD_HELP: Final = (
    "--artifacts with the image's files too (.arg, Dockerfile, preseed), or an OS layer whose image names its kernel"
)


class CalicoInFile(msgspec.Struct, frozen=True):
    """What a Calico pack's values come to: `on` is None where a template hides it; `odd` where it is no boolean."""

    layer: Layer
    place: Place
    on: bool | None
    odd: bool
    says: str
    node: Node | None = None


def calico_packs(artifacts: ArtifactsRead) -> Iterator[CalicoInFile]:
    """Every Calico pack among the files, with what its Felix will do."""
    for layer in artifacts.layers:
        if layer.is_calico:
            yield _read(layer)


def _read(layer: Layer) -> CalicoInFile:
    environment = layer.values.at(*PATH)
    named = environment.value.items() if environment is not None and isinstance(environment.value, dict) else ()
    node = next((node for name, node in named if name.upper() == IPV6_SUPPORT), None)
    nearest = next(n for end in range(len(PATH), -1, -1) if (n := layer.values.at(*PATH[:end])) is not None)
    if node is None or node.value is None:
        says = f"{layer.pack} does not set {IPV6_SUPPORT}, and Felix' default is on"
        return CalicoInFile(layer, layer.place_of(node or nearest), on=True, odd=False, says=says, node=node)
    place, text = layer.place_of(node), node.raw or node.kind
    if "{{" in text:
        says = f"{layer.pack} sets {IPV6_SUPPORT} by a template, {text}"
        return CalicoInFile(layer, place, on=None, odd=False, says=says, node=node)
    read_as = felix_boolean(text, default=True)
    says = f"{layer.pack} sets {IPV6_SUPPORT} to {text}"
    if read_as.odd:
        says += ", which is no boolean of Felix', so that its default counts: on"
    return CalicoInFile(layer, place, on=read_as.value, odd=read_as.odd, says=says, node=node)


def judge_calico_files(artifacts: ArtifactsRead, source: str) -> Iterator[Statement]:
    """Yield a finding for each Calico pack that programs IPv6 on a kernel that is listed, or that says it wrongly."""
    read = artifacts.of_packs
    yield from undecided(read.unread)
    packs = list(calico_packs(read))
    if not packs and not read.unread:
        yield NotApplicable("no Calico pack is among the files")
    found: list[Finding] = []
    for pack in packs:
        shown = list(_of_profile(pack.layer, artifacts))
        pins, gaps = (shown, []) if shown else _beside(pack, artifacts)
        for said in _judge(pack, pins, gaps, source, own=bool(shown)):
            if isinstance(said, Finding):
                found.append(said)
            else:
                yield said
    yield from together(found)


def _of_profile(calico: Layer, artifacts: ArtifactsRead) -> Iterator[Pin]:
    """The kernels that the other packs of the same profile name."""
    for layer in artifacts.layers:
        if calico.group and layer.group == calico.group:
            yield from pins_of_layer(layer)


def _beside(pack: CalicoInFile, artifacts: ArtifactsRead) -> tuple[list[Pin], list[str]]:
    """The kernels that image files pin, and what these leave open: of those that share the most folders with a pack.

    Another site's folder says nothing of this one's kernel, as long as this one says something itself.
    """
    pinned = {artifact.path: one.pins for artifact, one in pins_of_files(artifacts)}
    by_depth: dict[int, tuple[list[Pin], list[str]]] = {}
    for artifact in artifacts.of(*OF_IMAGES).items:
        pins = [pin for pin in pinned.get(artifact.path, ()) if pin.kernel]
        gaps = [f"{pin.place}: {pin.says}" for pin in pinned.get(artifact.path, ()) if pin.open]
        gaps += [f"{one.subject}: {one.reason}" for one in artifact.unread]
        if pins or gaps:
            kept = by_depth.setdefault(_shared(pack.place.path, artifact.path), ([], []))
            kept[0].extend(pins)
            kept[1].extend(gaps)
    return by_depth[max(by_depth)] if by_depth else ([], [])


def _shared(one: str, other: str) -> int:
    """How many folders two paths have in common, from the top."""
    both = zip(PurePosixPath(one).parent.parts, PurePosixPath(other).parent.parts, strict=False)
    return sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], both))


def _judge(pack: CalicoInFile, pins: list[Pin], gaps: list[str], source: str, *, own: bool) -> Iterator[Statement]:
    subject = str(pack.place)
    kernels = [(pin, judge_kernel(pin.kernel, pin.distribution)) for pin in pins]
    listed = [(pin, kernel) for pin, kernel in kernels if kernel.grade is not None]
    if pack.on is False:
        yield from (Note(subject, f"not affected: {pack.says}; {pin.place}: {k.sentence}") for pin, k in listed)
    elif pack.on is None:
        why = f"whether Calico programs IPv6 is not told: {pack.says}"
        yield Undecided(subject, why, "the values as Palette resolved them")
    elif listed or pack.odd:
        yield _finding(pack, listed, source, own=own)
    elif gaps:
        why = f"on which kernel it will run is not told by all the files beside it: {'; '.join(gaps)}"
        yield Undecided(subject, f"{pack.says}; {why}", WOULD_HELP)
    elif not kernels:
        yield Undecided(subject, f"{pack.says}; on which kernel it will run, no file tells", WOULD_HELP)
    elif unknown := [(pin, k) for pin, k in kernels if k.state is State.UNKNOWN]:
        why = "; ".join(f"{pin.place}: {k.sentence}" for pin, k in unknown)
        yield Undecided(subject, f"{pack.says}; {why}", unknown[0][1].would_help)
    elif not own:
        pinned = ", ".join(f"{pin.kernel} ({pin.place})" for pin, _ in kernels)
        yield Note(subject, f"{pack.says}; sound on the kernels that the files beside it pin: {pinned}")


def _finding(pack: CalicoInFile, listed: Iterable[tuple[Pin, KernelVerdict]], source: str, *, own: bool) -> Finding:
    found = list(listed)
    where = "of the same profile" if own else "beside it: nothing in the profile says which image it runs on"
    said = [pack.says, *(f"{pin.place} ({where}): {pin.says}; {kernel.sentence}" for pin, kernel in found)]
    fixed = next((kernel.fixed for _, kernel in found if kernel.fixed), None)
    grades = [kernel.grade for _, kernel in found if kernel.grade is not None]
    return Finding(
        str(pack.place),
        min(grades, key=list(Grade).index) if grades else Grade.DECLARED,
        "; ".join([*said, *([KUBE_PROXY] if found else [])]),
        evidence={
            "pack": pack.layer.pack,
            "pack version": pack.layer.version or None,
            "profile": pack.layer.profile or None,
            "kernels": [{"kernel": kernel.release, "at": str(pin.place)} for pin, kernel in found],
            "listed by": list(dict.fromkeys(str(table) for _, kernel in found for table in kernel.listed_by)),
            "fixed kernel": fixed,
        },
        by_hand=(
            f"# at {pack.place} write: {WRITE}",
            f"# where IPv6 is needed, pin a fixed kernel instead: {fixed or 'one that the tables have as fixed'}",
            "# save the profile as a new version, and update its clusters",
        ),
        remedy="disable-calico-ipv6",
        source=source,
    )
