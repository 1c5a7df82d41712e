"""What a run comes to, counted once and worded once: every report opens with the same verdict."""

from collections.abc import Iterable
from datetime import datetime
from enum import StrEnum
from types import MappingProxyType

import msgspec

from domain.run import Mode, Result, Run, Target, TargetKind, decided
from domain.scenario import Severity
from domain.verdict import Outcome
from reports.text import counted

WORST_FIRST = (
    Outcome.FIX_FAILED,
    Outcome.FAILED,
    Outcome.ERROR,
    Outcome.FIXED,
    Outcome.WAIVED,
    Outcome.PASSED,
    Outcome.SKIPPED,
)
"""The order in which a person wants to see outcomes."""

OPEN = (Outcome.FAILED, Outcome.FIX_FAILED)
"""Outcomes that leave findings open."""


EXIT_MEANINGS = MappingProxyType(
    {
        0: "decided, nothing is open",
        1: "findings are open",
        2: "interrupted: not everything was checked",
        3: "an internal error ended the run",
        4: "the run could not be done as it was asked for",
        5: "nothing was decided",
        6: "something is undecided",
        7: "a fix failed, or an undo left something",
    }
)
"""What each exit code says, by BEHAVIOUR.md."""


class Tone(StrEnum):
    """What a verdict feels like: it gives a report its colour."""

    BROKEN = "broken"  # a fix failed
    OPEN = "open"
    UNDECIDED = "undecided"
    NOTHING = "nothing"  # nothing was decided
    FIXED = "fixed"
    SOUND = "sound"


class Tally(msgspec.Struct, frozen=True):
    """A run in numbers: findings open by severity, findings fixed and waived, undecided subjects, notes, results."""

    open: tuple[tuple[Severity, int], ...]
    fixed: int
    waived: int
    undecided: int
    notes: int
    fix_failed: int
    decided: int
    outcomes: tuple[tuple[Outcome, int], ...]

    @property
    def open_total(self) -> int:
        """How many findings are open."""
        return sum(count for _, count in self.open)


def tally(results: Iterable[Result]) -> Tally:
    """Count."""
    results = list(results)
    still_open = [(r.severity, len(r.findings) or 1) for r in results if r.outcome in OPEN]
    return Tally(
        open=tuple((s, n) for s in Severity if (n := sum(count for severity, count in still_open if severity is s))),
        fixed=sum(len(r.findings) or 1 if r.outcome is Outcome.FIXED else len(r.fixed) for r in results),
        waived=sum(len(r.findings) or 1 for r in results if r.outcome is Outcome.WAIVED),
        undecided=sum(len(r.undecided) or (r.outcome is Outcome.ERROR) for r in results),
        notes=sum(len(r.notes) for r in results),
        fix_failed=sum(r.outcome is Outcome.FIX_FAILED for r in results),
        decided=sum(map(decided, results)),
        outcomes=tuple((o, n) for o in WORST_FIRST if (n := sum(r.outcome is o for r in results))),
    )


def tone(counts: Tally) -> Tone:
    """The colour of the verdict."""
    if counts.fix_failed:
        return Tone.BROKEN
    if counts.open_total:
        return Tone.OPEN
    if counts.undecided:
        return Tone.UNDECIDED
    if not counts.decided:
        return Tone.NOTHING
    return Tone.FIXED if counts.fixed else Tone.SOUND


def headline(counts: Tally) -> str:
    """The verdict in one sentence."""
    are_open = f"{counted(counts.open_total, 'finding')} {'is' if counts.open_total == 1 else 'are'} open"
    undecided = f"{counted(counts.undecided, 'subject')} could not be decided"
    fixed = f"{counted(counts.fixed, 'finding')} {'was' if counts.fixed == 1 else 'were'} fixed and verified"
    match tone(counts):
        case Tone.BROKEN:
            return f"{'A fix' if counts.fix_failed == 1 else f'{counts.fix_failed} fixes'} failed: {are_open}"
        case Tone.OPEN:
            return ", ".join([are_open, *([undecided] if counts.undecided else []), *([fixed] if counts.fixed else [])])
        case Tone.UNDECIDED:
            return f"Nothing is open, but {undecided}"
        case Tone.NOTHING:
            return "Nothing was decided"
        case Tone.FIXED:
            return f"Nothing is open: {fixed}"
        case _:
            return "Nothing is open"


def parts(run: Run) -> list[str]:
    """The verdict in numbers, the worst first, ending with how many writes were sent."""
    counts = tally(run.results)
    by_severity = ", ".join(f"{n} {severity}" for severity, n in counts.open)
    nothing = "nothing decided" if tone(counts) is Tone.NOTHING else "nothing open"
    said = [f"{counted(counts.open_total, 'finding')} open ({by_severity})"] if counts.open else [nothing]
    said += [f"{n} {name}" for name in ("fixed", "waived", "undecided") if (n := getattr(counts, name))]
    if counts.notes:
        said.append(counted(counts.notes, "note"))
    return [*said, f"writes: {run.writes}"]


def exit_meaning(run: Run) -> str:
    """Say what the run's exit code means, by BEHAVIOUR.md."""
    still_open = bool(tally(run.results).open)
    if run.exit_code == 0 and run.mode is Mode.UNDO:
        return "everything was taken back"
    if run.exit_code == 0 and still_open:
        return "what is open is less severe than --fail-on"
    if run.exit_code == 1 and not still_open:
        return "a test that is no scenario failed"
    return EXIT_MEANINGS.get(run.exit_code, "not an exit code of packcheck")


def worst_first(results: Iterable[Result]) -> list[Result]:
    """Sort results for reading: outcome, then severity, then scenario and target."""
    return sorted(results, key=lambda r: (WORST_FIRST.index(r.outcome), r.severity.rank, r.scenario, r.target))


def describe(target: Target) -> str:
    """What a target is, in a few words: `cluster, as ops@example, https://…, v1.30.4`."""
    kind, note = target.kind.value, target.note
    if target.kind is TargetKind.SANDBOX and "simulation" not in (note or ""):
        kind = "sandbox: a simulation"
    said = [kind, f"as {target.user}" if target.user else None, target.server, target.version, note]
    return ", ".join(part for part in said if part)


def target_ids(run: Run) -> list[str]:
    """Every target that the run has a record or a result of, in the run's order."""
    return list(dict.fromkeys([*(t.id for t in run.targets), *(r.target for r in run.results)]))


def simulated(run: Run) -> list[str]:
    """The ids of the targets that were no real thing."""
    return [target.id for target in run.targets if target.kind is TargetKind.SANDBOX]


def when(run: Run) -> str:
    """When the run was and how long it took; a time that is no time is shown as it stands."""
    try:
        started = datetime.fromisoformat(run.started)
        seconds = round((datetime.fromisoformat(run.finished) - started).total_seconds(), 1)
    except (ValueError, TypeError):  # the latter where only one of them names its zone
        return f"{run.started} to {run.finished}"
    return f"{started:%Y-%m-%d %H:%M:%S} {started.tzname() or ''}".rstrip() + f", {_took(seconds)}"


def _took(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest} s" if minutes else f"{seconds:g} s"
