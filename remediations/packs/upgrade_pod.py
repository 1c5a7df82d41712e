"""Delete the upgrade-pod that a MicroK8s upgrade left over, so that the next one can make its own."""

from collections.abc import Iterable, Iterator
from datetime import datetime

from domain.microk8s import NAME, NAMESPACE, OVERDUE, Judged, State, UpgradePod, judge
from domain.plan import DeleteObject, Plan, Ref, Refusal, Until, WaitFor
from domain.remedy import Ask, Remedy, Sends
from domain.resources import PODS
from domain.verdict import Finding, Note

MARGIN_S = 30.0
"""How much longer to wait than until a deletion counts as stuck, so that a wait in vain is seen as that afterwards."""


def delete_upgrade_pod(
    findings: Iterable[Finding], ask: Ask, upgrade_pod: UpgradePod, now: datetime
) -> Iterator[Plan | Refusal]:
    """Plan the deletion of an upgrade-pod that is left over, and of nothing else that has its name."""
    judged = judge(upgrade_pod, now)
    for finding in findings:
        if judged is None:
            unread = [f"it could not be read: {u.reason}" for u in upgrade_pod.pod.unread]
            yield ask.refusal(finding.subject, "; ".join(unread) or "it is gone already")
        elif judged.state is State.LEFT_OVER:
            yield ask.plan(finding.subject, _changes(judged), tuple(_remarks(judged)))
        else:
            yield ask.refusal(finding.subject, f"it is {judged.state}: {judged.why}")


def _changes(judged: Judged) -> tuple[DeleteObject, WaitFor]:
    pod = judged.pod
    ref = Ref(PODS, NAMESPACE, NAME, pod.metadata.uid)
    timeout_s = pod.spec.termination_grace_period_seconds + OVERDUE.total_seconds() + MARGIN_S
    delete = DeleteObject(
        ref=ref,
        reason=f"the next upgrade needs its name: {judged.why}",
        command=f"kubectl delete pod {NAME} --namespace {NAMESPACE}",
        irreversible=(
            "nothing makes it anew and nothing should: left over it is the fault itself; the next upgrade makes its own"
        ),
    )
    wait = WaitFor(
        ref=ref,
        until=Until.GONE,
        timeout_s=timeout_s,
        reason="its name is free only once it is gone",
        command=f"kubectl wait --for=delete pod/{NAME} --namespace {NAMESPACE} --timeout={timeout_s:.0f}s",
    )
    return delete, wait


def _remarks(judged: Judged) -> Iterator[str]:
    yield "deleting it upgrades no node: go on with the next upgrade afterwards, or repeat one that was skipped"
    if judged.pod.status.phase == "Running":
        yield "its container still runs; what it asked of snapd is in snapd's hands, and goes on without the pod"


def afterwards(findings: Iterable[Finding]) -> Iterator[Note]:
    """Say what to do next."""
    for finding in findings:
        yield Note(
            finding.subject,
            "go on with the next upgrade; a provider without the fix (before v0.6.11, Spectro's before v4.5.3) can "
            "leave another: look again before each upgrade",
        )


REMEDIES = (
    Remedy(
        id="delete-upgrade-pod",
        title="delete the upgrade-pod that an upgrade left over, and wait until its name is free",
        undo="none: the pod is the fault itself, and the next upgrade makes its own",
        plan=delete_upgrade_pod,
        afterwards=afterwards,
        sends=(Sends(PODS, ("get", "watch", "delete"), namespace=NAMESPACE, names=(NAME,)),),
    ),
)
