"""A MicroK8s upgrade left its upgrade-pod behind: the next upgrade will be silently skipped."""

from collections.abc import Iterator
from datetime import datetime

import pytest

from domain.facts import undecided
from domain.microk8s import (
    NAME,
    NAMESPACE,
    SELECTORS,
    SUBJECT,
    Judged,
    State,
    UpgradePod,
    age,
    channel,
    clock,
    judge,
    spoken,
)
from domain.objects import Namespace
from domain.pod_security import Level, policy_from_labels
from domain.scenario import Scenario, Severity
from domain.verdict import Decide, Finding, NotApplicable, Note, Statement, Undecided

SCENARIO = Scenario(
    id="packs/upgrade-pod",
    title="Control plane node fails to upgrade in sequential MicroK8s upgrades",
    severity=Severity.HIGH,
    runbook="troubleshooting/packs#scenario---control-plane-node-fails-to-upgrade-in-sequential-microk8s-upgrades",
)

SKIPPED = (
    "the next upgrade will be silently skipped: InPlaceUpgrade (SmartUpgrade too, below 3 control-plane nodes) needs "
    "the name again, AlreadyExists is only logged, the waiter gives up after 10 minutes without an error, and the "
    "Machine's version is raised although nothing was upgraded (fixed upstream in v0.6.11, in Spectro's fork from "
    "v4.5.3)"
)
VERIFY = f"kubectl get pod {NAME} --namespace {NAMESPACE} --ignore-not-found"
LOOK = f"kubectl get pod {NAME} --namespace {NAMESPACE} -o yaml"
DELETE = f"kubectl delete pod {NAME} --namespace {NAMESPACE}"


def detect(upgrade_pod: UpgradePod, now: datetime) -> Iterator[Statement]:
    """Yield a finding for an upgrade-pod that no upgrade needs any more."""
    yield from undecided(upgrade_pod.pod.unread)
    judged = judge(upgrade_pod, now)
    if judged is not None:
        yield _said(judged, upgrade_pod, now)
    elif not upgrade_pod.pod.unread:
        yield from _absent(upgrade_pod)
    if upgrade_pod.namespace is not None:
        yield from _admission(upgrade_pod.namespace)


def _absent(found: UpgradePod) -> Iterator[Statement]:
    """Without the pod nothing is in an upgrade's way, whatever the cluster is; only who need not have asked is open."""
    if found.microk8s.unread:
        reason = "; ".join(unread.reason for unread in found.microk8s.unread)
        yield Note(
            SUBJECT, f"there is none, so it is in no upgrade's way; whether MicroK8s runs here was not read: {reason}"
        )
    elif not found.microk8s.items:
        yield NotApplicable(f"no node has a label of MicroK8s ({', '.join(SELECTORS)}), and there is no {SUBJECT}")


def _said(judged: Judged, found: UpgradePod, now: datetime) -> Statement:
    again = f"look again at {clock(judged.look_again)}" if judged.look_again else f"look at it: {LOOK}"
    if judged.state is State.SOMETHING_ELSE:
        return Note(
            SUBJECT,
            f"has the name of MicroK8s' upgrade pod and is something else ({judged.why}): it is never deleted, but it "
            "would block an InPlaceUpgrade by a provider without the fix all the same; give it another name",
        )
    if judged.state is State.IN_FLIGHT:
        return Note(SUBJECT, f"{judged.why}; {again}: by then it is over, or was given up")
    if judged.state is State.TERMINATING:
        holds = "until it is gone it holds the name that the next upgrade needs"
        return Note(SUBJECT, f"is {judged.state}: {judged.why}; {again}: {holds}")
    if judged.state is State.UNTOLD:
        helps = [unread.would_help for unread in found.node.unread if unread.would_help]
        return Undecided(SUBJECT, judged.why, "; or ".join([*helps, f"{again} (from 10 minutes on it is left over)"]))
    return _finding(judged, found, now)


def _finding(judged: Judged, found: UpgradePod, now: datetime) -> Finding:
    pod, old = judged.pod, age(judged.pod, now)
    node = found.node.first
    stuck = judged.state is State.STUCK
    aged = f"it is {spoken(old)} old, phase {pod.status.phase}" if old is not None else f"phase {pod.status.phase}"
    created = pod.metadata.creation_timestamp
    return Finding(
        SUBJECT,
        judged.grade,
        f"{f'it is {judged.state}: ' if stuck else ''}{judged.why} ({aged}); {SKIPPED}",
        evidence={
            "uid": pod.metadata.uid,
            "created": clock(created) if created else None,
            "phase": pod.status.phase,
            "restarts": sum(status.restart_count for status in pod.status.container_statuses),
            "channel": channel(pod),
            "node": pod.spec.node_name,
            "kubelet": node.status.node_info.kubelet_version if node else None,
            "finalizers": pod.metadata.finalizers,
        },
        by_hand=(LOOK if stuck else DELETE, VERIFY),
        remedy=None if stuck else "delete-upgrade-pod",
        source=SCENARIO.link,
    )


def _admission(namespace: Namespace) -> Iterator[Note]:
    """Say where admission would refuse the upgrade pod itself: it is privileged and mounts a path of the host."""
    enforced = policy_from_labels(namespace.metadata.labels).enforce.level
    if enforced is not None and enforced > Level.PRIVILEGED:
        yield Note(
            f"Namespace/{NAMESPACE}",
            f"enforces {enforced}, under which admission refuses the upgrade pod itself unless the API server exempts "
            "it: an InPlaceUpgrade would be skipped as silently",
        )


@pytest.mark.scenario(SCENARIO)
def test_next_microk8s_upgrade_finds_its_pods_name_free(
    upgrade_pod: UpgradePod, now: datetime, verdict: Decide
) -> None:
    """No upgrade-pod that is left over holds the name that the next in-place upgrade needs."""
    verdict(detect(upgrade_pod, now))
