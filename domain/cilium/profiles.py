"""The ten values in files, before anything is deployed: what each Cilium pack of a profile comes to on EKS, by line.

The cloud is the profile's: of values that stand alone nobody knows for which cloud they are meant, so that only all
ten right decides anything there.
"""

from collections.abc import Iterable, Iterator
from itertools import groupby
from typing import Any, Final

import msgspec

from domain.artifacts import ArtifactsRead, Kind, Layer, Node, Place
from domain.cilium.beside import BEFORE
from domain.cilium.byhand import PLACEMENT, fragment
from domain.cilium.judging import TUNNEL, Judged, State
from domain.cilium.parameters import ROOT, Reads
from domain.cilium.values import at, judge_values, to_write
from domain.cilium.version import Version, of_image, parse
from domain.edits.setting import set_values
from domain.facts import undecided
from domain.verdict import Finding, Grade, NotApplicable, Note, Statement, Undecided

EKS: Final = "eks"
KUBERNETES: Final = "kubernetes-eks"
"""Palette's Kubernetes pack on EKS, which tells the cloud where the profile does not."""

UNTOLD: Final = ("", "all")
CLOUD: Final = "the cluster profile's export, which names its cloud"
STATIC: Final = (
    "whether the cluster will be placed in a pre-created static VPC, which EKS with Cilium needs, no profile shows: "
    f"{PLACEMENT}"
)
_CHART: Final = ("charts", "cilium")


class CiliumPack(msgspec.Struct, frozen=True):
    """A Cilium pack in a file: its layer, the chart's values in it, and for which cloud it is (nothing: not told)."""

    layer: Layer
    chart: Node
    cloud: str

    @property
    def version(self) -> Version | None:
        """Cilium's version: the pack's tag, else the image that its values name."""
        tag = at(self.chart.plain, ("image", "tag"))
        images = at(self.layer.values.plain, ("pack", "content", "images")) or []
        named = [of_image(str(at(one, ("image",)))) for one in images if "/cilium:" in str(at(one, ("image",)))]
        found = (parse(self.layer.version), parse(tag) if isinstance(tag, str) else None, *named)
        return next((one for one in found if one is not None), None)

    @property
    def judged(self) -> tuple[Judged, ...]:
        """What each of the ten comes to."""
        return judge_values(self.chart.plain, self.version)

    def place_of(self, one: Judged) -> Place:
        """Where a value stands, or the nearest map around it that does."""
        by_tunnel = one.parameter.reads is Reads.ROUTING and one.state is not State.RIGHT and f"{TUNNEL}: " in one.seen
        path = (TUNNEL,) if by_tunnel else one.parameter.path
        nodes = [self.chart, *(self.chart.at(*path[: n + 1]) for n in range(len(path)))]
        return self.layer.place_of([node for node in nodes if node is not None][-1])

    @property
    def missing(self) -> tuple[Judged, ...]:
        """What an edit sets."""
        return to_write(self.judged)

    def edited(self, values: str) -> str:
        """The values' text with what is missing as EKS needs it; raises Unwritable."""
        wanted = {(*_CHART, *one.parameter.path): one.parameter.quoted for one in self.missing}
        routed = any(one.parameter.reads is Reads.ROUTING for one in self.missing)
        return set_values(values, wanted, [(*_CHART, TUNNEL)] if routed else [])


def packs(artifacts: ArtifactsRead) -> Iterator[CiliumPack]:
    """Every Cilium pack among files: by its values, or by its name."""
    layers = list(artifacts.layers)
    eks = {layer.group for layer in layers if layer.group and layer.pack.startswith(KUBERNETES)}
    for layer in layers:
        chart = layer.values if layer.kind is Kind.HELM_VALUES else layer.values.at(*_CHART)
        if chart is None and "cilium" not in layer.pack.lower():
            continue
        told = layer.cloud.lower()
        cloud = EKS if told in UNTOLD and layer.group in eks else told
        whole = chart if chart is not None and isinstance(chart.value, dict) else Node(layer.place.line, {})
        yield CiliumPack(layer, whole, "" if cloud in UNTOLD else cloud)


def judge_files(artifacts: ArtifactsRead, source: str) -> Iterator[Statement]:
    """Yield a finding for each place of a Cilium pack for EKS that comes to another value than EKS needs."""
    unread = artifacts.of_packs.unread
    yield from undecided(unread)
    there = list(packs(artifacts))
    for pack in there:
        if pack.cloud == EKS:
            yield from _on_eks(pack, source)
        elif not pack.cloud:
            yield from _somewhere(pack)
    if not unread and all(pack.cloud not in ("", EKS) for pack in there):
        clouds = ", ".join(sorted({pack.cloud for pack in there}))
        yield NotApplicable(
            f"Cilium is for {clouds} here, not for EKS" if there else "no Cilium pack is among the files"
        )


def _on_eks(pack: CiliumPack, source: str) -> Iterator[Statement]:
    judged = sorted(pack.judged, key=pack.place_of)
    for place, group in groupby(judged, key=pack.place_of):
        here = list(group)
        for one in here:
            if one.state is State.NOT_VISIBLE:
                yield Undecided(str(place), f"{pack.layer.pack}: {one}", one.would_help)
        wrong = [one for one in here if one.state is State.WRONG]
        if wrong:
            yield _finding(pack, place, wrong, to_write(here), source)
    yield from _notes(pack)


def _somewhere(pack: CiliumPack) -> Iterator[Statement]:
    """Values for nobody knows which cloud: all right is right anywhere, and anything else is open."""
    other = [one for one in pack.judged if one.state is not State.RIGHT]
    if other:
        are = "is" if len(other) == 1 else "are"
        said = f"{pack.layer.pack}: its cloud is not told, and for EKS {len(other)} of the ten values {are} not right"
        yield Undecided(str(pack.layer.place), "; ".join([said, *map(str, other)]), CLOUD)


def _finding(pack: CiliumPack, place: Place, wrong: list[Judged], written: Iterable[Judged], source: str) -> Finding:
    evidence: dict[str, Any] = {
        one.parameter.name: {
            "comes to": one.seen,
            "wanted": one.parameter.wanted,
            "wanted because": one.parameter.why,
            "source": one.parameter.source,
        }
        for one in wrong
    }
    return Finding(
        str(place),
        Grade.DECLARED,
        "; ".join(f"{pack.layer.pack}: {one}" for one in wrong),
        evidence={
            "pack": pack.layer.pack,
            "cilium": str(pack.version) if pack.version else None,
            "profile": pack.layer.profile or None,
            "cloud": pack.cloud,
            "values": evidence,
        },
        by_hand=(
            f"# at {place} of {pack.layer.pack}, below {ROOT}:",
            *(f"#   {line}" for line in list(fragment(one.parameter for one in written))[2:]),
            "# or in Palette the preset Replace Kube-Proxy With EBPF, and these values",
        ),
        remedy="set-cilium-values",
        source=source,
    )


def _notes(pack: CiliumPack) -> Iterator[Note]:
    place = str(pack.layer.place)
    if not at(pack.chart.plain, ("k8sServiceHost",)):
        yield Note(
            place,
            f"{pack.layer.pack}: {BEFORE} needs k8sServiceHost too (the API server's address, without https://), with "
            'k8sServicePort: "443" and ipv4NativeRoutingCIDR, and the DaemonSets aws-node and kube-proxy turned off',
        )
    yield Note(place, STATIC)
