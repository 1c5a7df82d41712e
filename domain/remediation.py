"""What a remedied scenario came to: the same check before and after, and what was done in between."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from types import MappingProxyType

import msgspec

from domain.conflicts import Step
from domain.plan import Change as Planned
from domain.plan import Rollback, action, diff, undo_text
from domain.redaction import cleared_change
from domain.run import Change, ChangeState
from domain.verdict import Outcome, Verdict


class Came(msgspec.Struct, frozen=True):
    """A scenario's verdict once its remedies were carried out.

    `uncleared` names what its plans did not clear, `fixed` the subjects whose findings they did.
    """

    verdict: Verdict
    uncleared: frozenset[str] = frozenset()
    fixed: tuple[str, ...] = ()


def came_of(
    before: Verdict,
    after: Verdict,
    attempted: Collection[str],
    left: Sequence[str] = (),
    worse: Mapping[str, str] = MappingProxyType({}),
    *,
    wrote: bool = True,
    beside: bool = False,
) -> Came:
    """Compare a check's verdicts before and after its remedies.

    `attempted` are the subjects of the plans that were begun, `left` says of the others why they were not, `worse`
    says for which of the attempted a touched object got worse, and how; `wrote` is whether anything was changed for it,
    and `beside` whether for another scenario on the same target.
    """
    found = {f.subject for f in before.findings}
    remaining = {f.subject for f in after.findings}
    why = {s: "the remedy did not clear the finding" for s in attempted if s in remaining}
    for subject in attempted:
        unread = [u.reason for u in after.undecided if u.about(subject) and u not in before.undecided]
        if subject in worse:
            why[subject] = f"the remedy made a touched object worse: {worse[subject]}"
        elif unread and subject not in remaining:
            why[subject] = f"the remedy could not be verified: {unread[0]}"
    if why:
        said = [f"{s}: {reason}" for s, reason in sorted(why.items())]
        open_again = (f for f in before.findings if f.subject in why and f.subject not in remaining)
        findings = (*after.findings, *open_again)
        failed = Verdict(Outcome.FIX_FAILED, "; ".join([*said, *left]), None, findings, after.undecided, after.notes)
        return Came(failed, frozenset(why), tuple(sorted((found & set(attempted)) - set(why))))
    fixed = tuple(sorted(found & set(attempted) - remaining))
    cleared = ", ".join(fixed)
    if remaining:
        gone = f"remedied, read again and gone: {cleared}" if cleared else ""
        return Came(_saying(after, "; ".join(filter(None, [after.reason, gone, *left]))), fixed=fixed if wrote else ())
    if cleared and wrote:
        said_ = f"{len(before.findings)} found, remedied, read again and gone: {cleared}"
        verdict = Verdict(Outcome.FIXED, said_, None, before.findings, after.undecided, after.notes)
        return Came(verdict, fixed=fixed)
    gone_ = sorted(s for s in found if not any(u.about(s) for u in after.undecided))
    if gone_:
        by = "after what this run changed for another scenario" if beside else "without this run"
        gone = f"found, and gone when it was read again, {by}: {', '.join(gone_)}"
        return Came(_saying(after, "; ".join(filter(None, [gone, after.reason, *left]))))
    return Came(_saying(after, "; ".join(filter(None, [after.reason, *left]))))


def unverified(before: Verdict, reason: str) -> Came:
    """What a scenario comes to whose remedies were carried out and that could not be judged again."""
    return Came(msgspec.structs.replace(before, outcome=Outcome.FIX_FAILED, reason=reason, skip=None))


def _saying(verdict: Verdict, reason: str) -> Verdict:
    return msgspec.structs.replace(verdict, reason=reason)


def worsened(
    touched: Mapping[str, Collection[int]], verdicts: Iterable[tuple[str, Verdict, Verdict]]
) -> dict[int, str]:
    """Which plans made an object worse that they touched, and how.

    `touched` are the objects that were changed, with the plans that did; `verdicts` are scenarios before and after. A
    finding that a check has only since counts where it is about a touched object; churn elsewhere does not.
    """
    worse: dict[int, str] = {}
    for scenario, before, after in verdicts:
        known = {f.subject for f in before.findings}
        for finding in after.findings:
            judged = not any(u.about(finding.subject) for u in before.undecided)
            if finding.subject not in known and judged:
                worse |= dict.fromkeys(touched.get(finding.subject, ()), f"{scenario} finds {finding.subject}")
    return worse


def rollback(change: Planned, *, deleted: bool) -> Rollback:
    """What becomes of a change whose plan did not help; `deleted` is whether that deleted pods, or may have."""
    if change.rollback is not Rollback.KEEP_IF_DELETED:
        return change.rollback
    return Rollback.KEEP if deleted else Rollback.TAKE_BACK


def record(
    step: Step, number: int, subject: str, state: ChangeState, message: str = "", warnings: tuple[str, ...] = ()
) -> Change:
    """A change and what became of it, for run.json."""
    change = step.change
    told = Change(
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
    return cleared_change(told)
