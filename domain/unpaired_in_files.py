"""IPv6 off in the OS by a stage, while Calico of the same profile still programs it: read from files.

Turning IPv6 off in the OS stops no rule of ip6tables' from being programmed: Felix' gate is its own setting
(facts/palette.md), which is why the runbook pairs the two.
"""

from collections.abc import Iterator

import msgspec

from domain.artifacts import ArtifactsRead, Layer, Place
from domain.calico_in_files import WRITE, CalicoInFile, calico_packs
from domain.facts import undecided
from domain.one_place import together
from domain.stages import Step, clashes, steps
from domain.verdict import Finding, Grade, NotApplicable, Note, Statement, Undecided

WOULD_HELP = "--artifacts with the values of the cluster profile's Calico pack"


class TurnedOff(msgspec.Struct, frozen=True):
    """A step that turns IPv6 off, in the values of an OS pack or in user-data."""

    layer: Layer
    step: Step

    @property
    def place(self) -> Place:
        """Where it does so."""
        return Place(self.layer.place.path, self.step.off)

    @property
    def says(self) -> str:
        """What it does, as a clause."""
        on_condition = f", where {self.step.condition}" if self.step.condition else ""
        return f"{self.step.called} of {self.layer.pack} turns IPv6 off{on_condition}"


def turned_off(artifacts: ArtifactsRead) -> Iterator[TurnedOff]:
    """Every step of every stage that turns IPv6 off."""
    for layer in artifacts.layers:
        yield from (TurnedOff(layer, step) for step in steps(layer.values.at("stages")) if step.off)


def partners(off: TurnedOff, packs: list[CalicoInFile]) -> list[CalicoInFile]:
    """The Calico packs that run where a step does: of its profile, else those of none; any, where it has none."""
    group = off.layer.group
    own = [pack for pack in packs if not group or pack.layer.group == group]
    return own or [pack for pack in packs if not pack.layer.group]


def judge_pairs(artifacts: ArtifactsRead, source: str) -> Iterator[Statement]:
    """Yield a finding for each stage that turns IPv6 off without Calico, and for each that may be overwritten."""
    read = artifacts.of_stages
    yield from undecided(read.unread)
    layers, packs = list(read.layers), list(calico_packs(read.of_packs))
    if not layers and not read.unread:
        yield NotApplicable("neither values of packs nor user-data are among the files")
    told: dict[Place, list[Finding]] = {}
    for layer in layers:
        for earlier, later in clashes(layer.values.at("stages")):
            clash = _clash(layer, earlier, later, source)
            if isinstance(clash, Note):
                yield clash
            else:
                told.setdefault(Place(layer.place.path, later.line), []).append(clash)
    for off in turned_off(read):
        for said in _judge(off, packs, source, whole=not read.unread):
            if isinstance(said, Finding):
                told.setdefault(off.place, []).append(said)
            else:
                yield said
    for place in sorted(told):
        yield from together(told[place])


def _judge(off: TurnedOff, packs: list[CalicoInFile], source: str, *, whole: bool) -> Iterator[Statement]:
    """Judge one step; `whole` is whether all was read: a pack that was not may be Calico's."""
    subject, own = str(off.place), partners(off, packs)
    still_on = [pack for pack in own if pack.on]
    if still_on:
        yield _finding(off, still_on, source)
    elif hidden := [pack for pack in own if pack.on is None]:
        yield Undecided(subject, f"{off.says}; {hidden[0].says}", "the values as Palette resolved them")
    elif not own and not (off.layer.profile and whole):
        yield Undecided(subject, f"{off.says}; whether Calico still programs it, no file tells", WOULD_HELP)
    elif not own:
        yield Note(subject, f"{off.says}; its profile has no Calico pack")


def _finding(off: TurnedOff, packs: list[CalicoInFile], source: str) -> Finding:
    said = "; ".join(f"{pack.place}: {pack.says}" for pack in packs)
    return Finding(
        str(off.place),
        Grade.DECLARED,
        f"{off.says}, and Calico still programs it: {said}; turned off in the OS alone it may not help",
        evidence={
            "step": off.step.called,
            "profile": off.layer.profile or None,
            "calico": [{"pack": pack.layer.pack, "at": str(pack.place), "on": pack.on} for pack in packs],
        },
        by_hand=(
            *(f"# at {pack.place} write: {WRITE}" for pack in packs),
            "# save the profile as a new version, and update its clusters",
        ),
        remedy="disable-calico-ipv6",
        source=source,
    )


def _clash(layer: Layer, earlier: Step, later: Step, source: str) -> Finding | Note:
    """Two steps of which one is lost: a finding where one of them turns IPv6 off."""
    place, before = Place(layer.place.path, later.line), Place(layer.place.path, earlier.line)
    names = f"the name {later.name}" if later.name else "no name"
    says = (
        f"stages.{later.stage} of {layer.pack} has two steps of {names}, of which one overwrites the other ({before})"
    )
    if not (earlier.off or later.off):
        return Note(str(place), says)
    return Finding(
        str(place),
        Grade.DECLARED,
        f"{says}; one of them turns IPv6 off, and may be the one that is lost",
        evidence={"step": later.called, "profile": layer.profile or None, "other step": str(before)},
        by_hand=(f"# at {place} give the step a name of its own",),
        source=source,
    )
