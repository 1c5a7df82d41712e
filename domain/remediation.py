"""What a remedied scenario came to: the same check before and after, and what was done in between."""

from collections.abc import Collection, Sequence

import msgspec

from domain.conflicts import Step
from domain.plan import Change as Planned
from domain.plan import DeleteObject, EvictPod, Rollback, action, diff, undo_text
from domain.run import Change, ChangeState
from domain.verdict import Finding, Outcome, Verdict


class Came(msgspec.Struct, frozen=True):
    """A scenario's verdict once its remedies were carried out; `uncleared` names what its plans did not clear."""

    verdict: Verdict
    uncleared: frozenset[str] = frozenset()


def came_of(
    before: Verdict, after: Verdict, attempted: Collection[str], refused: Sequence[str], worse: Collection[str]
) -> Came:
    """Compare a check's verdicts before and after its remedies.

    `attempted` are the subjects of the plans that were carried out, `refused` the refusals as sentences, `worse` the
    subjects of findings that other checks have since on objects that were touched.
    """
    remaining = {f.subject for f in after.findings}
    blind = {u.subject for u in after.undecided if u.subject in attempted or u.subject.endswith("/*")}
    uncleared = frozenset((set(attempted) & remaining) | (set(attempted) if blind or worse else set()))
    if uncleared:
        return Came(
            msgspec.structs.replace(
                after, outcome=Outcome.FIX_FAILED, skip=None, **_failed(before, after, uncleared, worse, blind)
            ),
            uncleared,
        )
    if attempted and not remaining:
        fixed = f"{len(before.findings)} found, remedied, read again and gone: {', '.join(sorted(attempted))}"
        return Came(
            msgspec.structs.replace(after, outcome=Outcome.FIXED, reason=fixed, skip=None, findings=before.findings)
        )
    said = "; ".join([after.reason, *refused]) if remaining else after.reason
    return Came(msgspec.structs.replace(after, reason=said))


def _failed(
    before: Verdict, after: Verdict, uncleared: frozenset[str], worse: Collection[str], blind: Collection[str]
) -> dict[str, object]:
    why = "the remedy did not clear the findings"
    if worse:
        why = f"the remedy made a touched object worse: {', '.join(sorted(worse))}"
    elif blind:
        why = "the remedy could not be verified: what was to be read again could not be read"
    findings: tuple[Finding, ...] = after.findings or tuple(f for f in before.findings if f.subject in uncleared)
    return {"reason": f"{why} ({', '.join(sorted(uncleared))})", "findings": findings}


def rollback(change: Planned, plan: Sequence[Planned], applied: Collection[Planned]) -> Rollback:
    """What becomes of an applied change whose plan did not clear its finding, by the change's own rule."""
    if change.rollback is not Rollback.KEEP_IF_DELETED:
        return change.rollback
    deleted = any(isinstance(c, DeleteObject | EvictPod) and c in applied for c in plan)
    return Rollback.KEEP if deleted else Rollback.TAKE_BACK


def record(
    step: Step, number: int, subject: str, state: ChangeState, message: str = "", warnings: tuple[str, ...] = ()
) -> Change:
    """A change and what became of it, for run.json."""
    change = step.change
    return Change(
        id=f"c{number}",
        action=action(change),
        object=str(change.ref),
        state=state,
        reason=change.reason,
        subject=subject,
        command=change.command,
        diff=diff(change),
        risk=change.risk,
        undo=undo_text(change),
        rollback=str(change.rollback),
        message=message,
        warnings=warnings,
    )
