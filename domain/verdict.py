"""What a check can say of a target, and the one rule that turns it into an outcome."""

from collections.abc import Callable, Iterable, Sequence
from enum import StrEnum
from typing import Any

import msgspec

JsonValue = Any
"""A value that JSON can hold; msgspec has no recursive alias that mypy and its encoder both accept."""


class Grade(StrEnum):
    """How a finding is known, the surest first."""

    PROVEN = "proven"  # a functional probe, admission's own words
    DECLARED = "declared"  # a pack or a file says so
    PREDICTED = "predicted"  # computed from a specification
    LISTED = "listed"  # a version in a table
    LIKELY = "likely"  # an upstream range, another distribution's build


class Outcome(StrEnum):
    """What a scenario came to on one target."""

    PASSED = "passed"
    FAILED = "failed"
    FIXED = "fixed"
    FIX_FAILED = "fix-failed"
    ERROR = "error"
    SKIPPED = "skipped"
    WAIVED = "waived"


class Skip(StrEnum):
    """Why a scenario was skipped: decided (its component is not here) or not decided (nobody asked)."""

    NOT_APPLICABLE = "not-applicable"
    NOT_ASKED = "not-asked"


class Finding(msgspec.Struct, frozen=True):
    """A defect, with why it is believed (`evidence`: plain JSON) and what a person would type (`by_hand`)."""

    subject: str
    grade: Grade
    message: str
    evidence: dict[str, JsonValue] = {}
    by_hand: tuple[str, ...] = ()
    remedy: str | None = None
    source: str | None = None


class Undecided(msgspec.Struct, frozen=True):
    """A subject that could not be judged, and the option, permission or file that would decide it."""

    subject: str
    reason: str
    would_help: str | None = None

    def about(self, subject: str) -> bool:
        """Whether what could not be judged is this subject: itself, all of a kind, or the whole target."""
        return self.subject == subject or self.subject.endswith("/*") or self.subject.startswith("Target/")


class Note(msgspec.Struct, frozen=True):
    """Something for a person's eye that is no defect."""

    subject: str
    message: str


class NotApplicable(msgspec.Struct, frozen=True):
    """The component that the scenario is about is not on this target: a decision, with its reason."""

    reason: str


class NotAsked(msgspec.Struct, frozen=True):
    """What would decide was not asked for: no defect, no verdict, and what to ask for."""

    reason: str


Statement = Finding | Undecided | Note | NotApplicable | NotAsked

Decide = Callable[[Iterable[Statement]], None]
"""What the `verdict` fixture gives a check: hand it what `detect()` yields."""


class Verdict(msgspec.Struct, frozen=True):
    """Everything that a check said of a target, and what that comes to."""

    outcome: Outcome
    reason: str = ""
    skip: Skip | None = None
    findings: tuple[Finding, ...] = ()
    undecided: tuple[Undecided, ...] = ()
    notes: tuple[Note, ...] = ()
    waived: tuple[str, ...] = ()
    """The subjects of findings that a waiver covers while others are open: no remedy is for those."""


def decide(statements: Iterable[Statement], unread: Iterable[Undecided] = ()) -> Verdict:
    """Turn what a check said, and what its facts could not read, into a verdict.

    Findings make it FAILED; none but something undecided or unread, ERROR; nothing at all, PASSED. A scenario is
    not applicable, or not asked, only where nothing else was found or left open: a blind check never skips.
    """
    said = list(statements)
    findings = tuple(s for s in said if isinstance(s, Finding))
    undecided = tuple(dict.fromkeys([*(s for s in said if isinstance(s, Undecided)), *unread]))
    notes = tuple(s for s in said if isinstance(s, Note))
    not_applicable = [s.reason for s in said if isinstance(s, NotApplicable)]
    not_asked = [s.reason for s in said if isinstance(s, NotAsked)]
    if findings:
        outcome, reason = Outcome.FAILED, counted(findings)
    elif undecided:
        outcome, reason = Outcome.ERROR, f"{len(undecided)} undecided: {undecided[0].reason}"
    elif not_applicable:
        return Verdict(Outcome.SKIPPED, "; ".join(not_applicable), Skip.NOT_APPLICABLE, notes=notes)
    elif not_asked:
        return Verdict(Outcome.SKIPPED, "; ".join(not_asked), Skip.NOT_ASKED, notes=notes)
    else:
        outcome, reason = Outcome.PASSED, ""
    return Verdict(outcome, reason, None, findings, undecided, notes)


def counted(findings: Sequence[Finding]) -> str:
    """`1 finding: Namespace/a`, `3 findings: Namespace/a, …`: every subject, in the order found."""
    return f"{len(findings)} finding{'s' * (len(findings) > 1)}: {', '.join(f.subject for f in findings)}"
