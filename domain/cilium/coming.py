"""Cilium that is on its way: a pack declares it in the cluster, and neither agents nor configuration are there yet."""

from collections.abc import Iterator
from typing import Any

import msgspec

from domain.artifacts import NotYaml, read_document
from domain.cilium.byhand import PLACEMENT, fragment
from domain.cilium.helm import kept
from domain.cilium.judging import Judged, State
from domain.cilium.values import judge_values, to_write
from domain.cilium.version import Version, parse
from domain.packs import Pack, PackValuesError, values_in
from domain.verdict import Finding, Grade, Note, Statement, Undecided

NOT_YET = "Cilium is on its way: its pack is declared, and neither its agents nor their configuration are there yet"


class ComingPack(msgspec.Struct, frozen=True):
    """A pack of the cluster that brings Cilium: of its values the ten alone."""

    subject: str
    version: Version | None
    values: dict[str, Any]

    @property
    def judged(self) -> tuple[Judged, ...]:
        """What each of the ten comes to."""
        return judge_values(self.values, self.version)


def coming_packs(pack: Pack) -> Iterator[ComingPack]:
    """What a pack's custom resource declares of Cilium; raises PackValuesError where its values cannot be read.

    Neither the field of the values nor that of the version is public (facts/palette.md): the one is found by its
    roots, the other read where a file of Palette's has it.
    """
    written = [pack.spec.get(key) for key in ("tag", "version")]
    versions = [parse(text) for text in written if isinstance(text, str)]
    version = next((one for one in versions if one is not None), None)
    for _, text in values_in(pack.spec):
        try:
            document = read_document(text, {"charts": {"cilium": None}})
        except NotYaml as error:
            raise PackValuesError(f"the values are no YAML: {error.reason} at line {error.line}") from None
        chart = document.at("charts", "cilium") if document is not None else None
        if chart is not None:
            values = chart.plain if isinstance(chart.value, dict) else {}
            yield ComingPack(f"Pack/{pack.metadata.namespace}/{pack.metadata.name}", version, kept(values))


def judge_coming(pack: ComingPack, signals: tuple[str, ...], source: str) -> Iterator[Statement]:
    """Say what its values come to once it is installed."""
    judged = pack.judged
    wrong = [one for one in judged if one.state is State.WRONG]
    for one in judged:
        if one.state is State.NOT_VISIBLE:
            yield Undecided(pack.subject, f"{NOT_YET}; {one}", one.would_help)
    if not wrong:
        yield Note(pack.subject, NOT_YET)
        return
    yield Finding(
        pack.subject,
        Grade.DECLARED,
        "; ".join([NOT_YET, *map(str, wrong)]),
        evidence={
            "values": {one.parameter.name: {"comes to": one.seen, "wanted": one.parameter.wanted} for one in wrong},
            "cilium": str(pack.version) if pack.version else None,
            "EKS by": list(signals),
        },
        by_hand=(
            "# in Palette, in the profile's Cilium pack: the preset Replace Kube-Proxy With EBPF, and these values",
            *(f"#   {line}" for line in fragment(one.parameter for one in to_write(judged))),
            f"# {PLACEMENT}",
        ),
        source=source,
    )
