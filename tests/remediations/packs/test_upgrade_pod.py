"""What delete-upgrade-pod would do about each case: delete what is left over, and leave everything else alone."""

from datetime import timedelta
from pathlib import Path

import msgspec
import pytest

from checks.packs.check_upgrade_pod import detect
from domain.conflicts import merge
from domain.facts import Fact
from domain.microk8s import SUBJECT, UpgradePod, judge
from domain.plan import DeleteObject, Plan, Ref, Refusal, Rollback, Until, WaitFor, undo_text, writes
from domain.remedy import Ask
from domain.resources import PODS
from domain.verdict import Finding, Grade, Outcome
from remediations.hands import rights
from remediations.packs.upgrade_pod import REMEDIES, afterwards, delete_upgrade_pod
from tests.cases.load import facts, load, outcome_of, paths, planned, verdict_of

CASES = paths("packs/upgrade_pod")
LEFT = [p for p in CASES if outcome_of(p.values[0]) is Outcome.FAILED and p.id != "stuck_in_deletion.failed"]
FINDING = Finding(SUBJECT, Grade.PROVEN, "found before")
UID = "3b0b6c1e-2f6a-4d83-b5e1-9a08d36f7c42"
POD = Ref(PODS, "default", "upgrade-pod", UID)


def plan_of(name: str) -> Plan | Refusal:
    """The plan about a finding of the past, on a cluster as it is in a case now."""
    case = load(next(p.values[0] for p in CASES if p.id == name))
    given = facts(case, delete_upgrade_pod, findings=(FINDING,), ask=Ask("prod", "packs/upgrade-pod", REMEDIES[0].id))
    (made,) = delete_upgrade_pod(**given)
    return made


@pytest.mark.parametrize("path", LEFT)
def test_a_leftover_is_deleted_by_uid_and_waited_for(path: Path) -> None:
    (plan,) = planned(load(path), detect, delete_upgrade_pod)
    assert isinstance(plan, Plan)
    assert plan.subject == SUBJECT
    delete, wait = plan.changes
    assert isinstance(delete, DeleteObject)
    assert delete.ref == POD
    assert delete.risk == ""
    assert delete.rollback is Rollback.KEEP
    assert delete.command == "kubectl delete pod upgrade-pod --namespace default"
    assert "the next upgrade makes its own" in undo_text(delete)
    assert isinstance(wait, WaitFor)
    assert (wait.ref, wait.until) == (POD, Until.GONE)
    assert not writes(wait)
    assert merge([plan]).writes == 1


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("in_flight.passed", "it is in flight: the upgrade of node cp-1 to channel 1.27/stable is under way"),
        ("other_pod_of_that_name.passed", "it is something else: no container of it is named upgrade"),
        ("terminating.passed", "it is being deleted: its grace period ends at 2026-11-22T10:00:20Z; the kubelet"),
        ("stuck_in_deletion.failed", "it is stuck in its deletion: it should have been gone at 2026-11-22T09:40:00Z"),
        ("node_unread_young.error", "it is in flight or left over: whether the upgrade of node cp-1"),
        ("pod_unread.error", "it could not be read: system:serviceaccount:ops:packcheck may not get pods"),
        ("no_pod.passed", "it is gone already"),
    ],
)
def test_nothing_else_is_deleted(name: str, reason: str) -> None:
    refused = plan_of(name)
    assert isinstance(refused, Refusal)
    assert refused.subject == SUBJECT
    assert refused.reason.startswith(reason)


def test_what_is_stuck_in_its_deletion_is_found_and_not_planned_for() -> None:
    case = load(next(p.values[0] for p in CASES if p.id == "stuck_in_deletion.failed"))
    (refused,) = planned(case, detect, delete_upgrade_pod)
    assert isinstance(refused, Refusal)


def test_a_wait_in_vain_is_seen_as_a_deletion_that_is_stuck() -> None:
    """Else the check would pass, and the run would call fixed what still holds the name."""
    case = load(next(p.values[0] for p in CASES if p.id == "leftover_of_an_old_provider.failed"))
    (plan,) = planned(case, detect, delete_upgrade_pod)
    assert isinstance(plan, Plan)
    _, wait = plan.changes
    assert isinstance(wait, WaitFor)
    found: UpgradePod = facts(case, detect)["upgrade_pod"]
    (pod,) = found.pod.items
    grace = msgspec.structs.replace(pod.metadata, deletion_timestamp=case.now)
    deleted = UpgradePod(Fact((msgspec.structs.replace(pod, metadata=grace),)), found.node)
    waited = case.now + timedelta(seconds=wait.timeout_s - pod.spec.termination_grace_period_seconds)
    judged = judge(deleted, waited)
    assert judged is not None
    assert judged.state == "stuck in its deletion"


def test_a_container_that_runs_is_said_beforehand() -> None:
    running, done = plan_of("leftover_of_an_old_provider.failed"), plan_of("leftover_after_upgrade.failed")
    assert isinstance(running, Plan)
    assert isinstance(done, Plan)
    assert any("its container still runs" in remark for remark in running.remarks)
    assert done.remarks == (
        "deleting it upgrades no node: go on with the next upgrade afterwards, or repeat one that was skipped",
    )


def test_what_to_do_next_is_said_afterwards() -> None:
    (note,) = afterwards([FINDING])
    assert note.subject == SUBJECT
    assert "go on with the next upgrade" in note.message


def test_the_remedy_declares_the_rights_that_its_plan_needs_and_no_more() -> None:
    (remedy,) = REMEDIES
    assert remedy.id == "delete-upgrade-pod" == detect_names()
    (sends,) = remedy.sends
    assert (sends.resource, sends.namespace, sends.names) == (PODS, "default", ("upgrade-pod",))
    plan = plan_of("leftover_after_upgrade.failed")
    assert isinstance(plan, Plan)
    assert set(sends.verbs) == {verb for change in plan.changes for verb, _, _ in rights(change)}


def detect_names() -> str | None:
    """The remedy that the check's finding names."""
    case = load(next(p.values[0] for p in CASES if p.id == "leftover_after_upgrade.failed"))
    return verdict_of(case, detect).findings[0].remedy
