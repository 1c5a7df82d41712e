"""A finished run, as run.json holds it: the contract that pipelines read, and all that a report is made from.

The JSON Schema in reports/run.schema.json is made from these records (`python -m reports.schema`).
"""

from enum import StrEnum
from typing import Literal

import msgspec

from domain.scenario import Severity
from domain.verdict import Finding, Note, Outcome, Skip, Undecided

SCHEMA: Literal["packcheck.run/1"] = "packcheck.run/1"


class Mode(StrEnum):
    """What was asked of the run."""

    CHECK = "check"
    PLAN = "plan"
    REMEDIATE = "remediate"
    UNDO = "undo"


class TargetKind(StrEnum):
    """What a target is."""

    CLUSTER = "cluster"
    BUNDLE = "bundle"
    SANDBOX = "sandbox"
    HOST = "host"
    ARTIFACTS = "artifacts"


class _Record(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    pass


class Target(_Record, frozen=True, kw_only=True, rename={"user": "as"}):
    """One thing that was checked; `user` ("as" in JSON) is the kubeconfig's user."""

    id: str
    kind: TargetKind
    user: str | None = None
    source: str | None = None
    server: str | None = None
    version: str | None = None
    cluster_uid: str | None = None
    note: str | None = None
    error: str | None = None
    files: dict[str, str] = {}
    """What each file below it was taken for."""


class ChangeState(StrEnum):
    """How far a change came."""

    PLANNED = "planned"
    REFUSED = "refused"  # a precondition, the budget, a conflict, a class that was not allowed
    REHEARSED = "rehearsed"  # sent with dryRun=All
    APPLIED = "applied"
    UNCHANGED = "unchanged"  # was already so: nothing was sent
    FAILED = "failed"
    NOT_DONE = "not-done"  # an earlier change failed, or the run was interrupted
    TAKEN_BACK = "taken-back"
    KEPT = "kept"  # did not clear the finding, and taking it back would not help
    LEFT = "left"  # an undo could not take it back


class Change(_Record, frozen=True, kw_only=True):
    """One change of a plan and what became of it."""

    id: str
    action: str
    object: str
    state: ChangeState
    reason: str
    subject: str = ""
    command: str = ""
    diff: str = ""
    risk: str = ""
    undo: str = ""
    rollback: str = ""
    message: str = ""
    warnings: tuple[str, ...] = ()


class Result(_Record, frozen=True, kw_only=True):
    """What one scenario came to on one target."""

    scenario: str
    target: str
    severity: Severity
    outcome: Outcome
    title: str = ""
    link: str = ""
    reason: str = ""
    skip: Skip | None = None
    findings: tuple[Finding, ...]
    undecided: tuple[Undecided, ...]
    notes: tuple[Note, ...]
    changes: tuple[Change, ...]
    fixed: tuple[str, ...] = ()
    """The subjects whose findings this run remedied and read again as gone."""
    left: tuple[str, ...] = ()
    """Why findings were left as they are: remedies that were refused or not begun, a sentence each."""
    duration_s: float

    @property
    def distinct_changes(self) -> tuple[Change, ...]:
        """The changes in order, each once: `changes` has one that several findings share for each of them."""
        return tuple({change.id: change for change in self.changes}.values())


class Place(_Record, frozen=True, kw_only=True):
    """Where a finding is: in which scenario, on which target, about what."""

    scenario: str
    target: str
    subject: str

    def __str__(self) -> str:
        return f"{self.scenario} on {self.target}: {self.subject}"


class Comparison(_Record, frozen=True, kw_only=True):
    """What is open against an earlier run; `unjudged` was open then, and this run cannot tell."""

    against: str
    new: tuple[Place, ...]
    gone: tuple[Place, ...]
    still_open: tuple[Place, ...]
    unjudged: tuple[Place, ...]


class Run(_Record, frozen=True, kw_only=True):
    """One run, from its start to its exit code."""

    schema: Literal["packcheck.run/1"] = SCHEMA
    version: str
    mode: Mode
    started: str
    finished: str
    writes: int
    exit_code: int
    targets: tuple[Target, ...]
    results: tuple[Result, ...]
    left: tuple[str, ...] = ()
    """What an undo had to leave, a sentence each."""
    waivers: tuple[str, ...] = ()
    """Waivers that matched nothing or will expire soon, a sentence each."""
    compared: Comparison | None = None
    """What changed since the run that --diff named."""


def exit_code(
    results: list[Result],
    *,
    undo_left: bool = False,
    fail_on: Severity = Severity.LOW,
    gate: tuple[str, ...] = (),
    reads_as_check: bool = True,
) -> int:
    """What the process exits with, by BEHAVIOUR.md: the highest of 7, 1, 6, 5, 0 that applies.

    `fail_on` leaves findings below that severity out of account; `gate` names the scenarios that must have been
    decided on every target where they could be; `reads_as_check` is false for an undo, which exits with 0 or 7.
    """
    outcomes = {r.outcome for r in results}
    if undo_left or Outcome.FIX_FAILED in outcomes:
        return 7
    if not reads_as_check:
        return 0
    if any(r.outcome is Outcome.FAILED and r.severity.at_least(fail_on) for r in results):
        return 1
    settled = {r.scenario for r in results if decided(r)}
    if Outcome.ERROR in outcomes or any(r.undecided for r in results) or set(gate) - settled:
        return 6
    return 0 if settled else 5


def decided(result: Result) -> bool:
    """Whether a scenario was judged on a target at all: neither undecided nor not asked for."""
    return result.outcome is not Outcome.ERROR and result.skip is not Skip.NOT_ASKED
