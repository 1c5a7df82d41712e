from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest

from domain.objects import Event
from domain.resources import DAEMON_SETS, REPLICA_SETS, REPLICATION_CONTROLLERS, STATEFUL_SETS
from domain.workloads import Controller, RefusedPods, Told, last_told, refused_pods, told_by_condition
from tests.domain.made import BASELINE, controller, daemon_set, job, refusal

AT_NINE, AT_TEN = datetime(2026, 11, 22, 9, tzinfo=UTC), datetime(2026, 11, 22, 10, tzinfo=UTC)
COMPLETE = {"type": "Complete", "status": "True"}


@pytest.mark.parametrize(
    ("one", "missing"),
    [
        (daemon_set(0), 0),
        (daemon_set(2), 2),
        (controller(DAEMON_SETS, status={"desiredNumberScheduled": 1, "currentNumberScheduled": 2}), 0),
        (controller(REPLICA_SETS), 1),
        (controller(REPLICA_SETS, replicas=3, status={"replicas": 1}), 2),
        (controller(REPLICA_SETS, replicas=0), 0),
        (controller(REPLICA_SETS, replicas=1, status={"replicas": 3}), 0),
        (controller(STATEFUL_SETS, replicas=2), 2),
        (controller(REPLICATION_CONTROLLERS, replicas=2, status={"replicas": 2}), 0),
        (controller(REPLICA_SETS, replicas=3, meta={"deletionTimestamp": "2026-11-22T10:00:00Z"}), 0),
        (job(), 1),
        (job(parallelism=3), 3),
        (job(parallelism=0), 0),
        (job({"active": 1}, parallelism=3), 2),
        (job({"succeeded": 4}, parallelism=3, completions=5), 1),
        (job({"succeeded": 5}, parallelism=3, completions=5), 0),
        (job({"succeeded": 1}, parallelism=3), 0),
        (job(suspend=True), 0),
        (job({"conditions": [COMPLETE]}), 0),
        (job({"conditions": [{"type": "Failed", "status": "True"}]}), 0),
        (job({"conditions": [{"type": "Failed", "status": "False"}, {"type": "Suspended", "status": "True"}]}), 1),
    ],
)
def test_what_is_missing_is_what_was_not_created(one: Controller, missing: int) -> None:
    assert one.missing == missing


def test_a_controller_is_named_with_its_owner() -> None:
    owner = {"kind": "Deployment", "name": "web", "uid": "d", "controller": True}
    other = {"kind": "Thing", "name": "t", "uid": "t"}
    assert str(controller(name="web-5d", meta={"ownerReferences": [other, owner]})) == (
        "ReplicaSet/web-5d of Deployment/web"
    )
    assert str(controller(name="web-5d", meta={"ownerReferences": [other]})) == "ReplicaSet/web-5d"


def event(message: str, reason: str = "FailedCreate", **fields: Any) -> Event:
    about = {"kind": "ReplicaSet", "namespace": "a", "name": "web", "uid": "uid-web"}
    made = {"metadata": {"name": "e", "namespace": "b"}, "involvedObject": about, "reason": reason, "message": message}
    return msgspec.convert(made | fields, Event)


FORBIDDEN = f'Error creating: pods "web-x" is forbidden: {BASELINE}'


def test_refusals_of_pod_security_are_kept_with_whom_they_are_about() -> None:
    (kept,) = refused_pods([event(FORBIDDEN, lastTimestamp=AT_TEN)])
    assert kept == RefusedPods("ReplicaSet", "a", "web", "uid-web", Told(refusal(), AT_TEN, "event FailedCreate"))


def test_an_event_that_is_about_no_namespace_is_about_its_own() -> None:
    (kept,) = refused_pods([event(FORBIDDEN, involvedObject={"kind": "ReplicaSet", "name": "web"})])
    assert (kept.namespace, kept.uid) == ("b", "")


@pytest.mark.parametrize(
    "one", [event("exceeded quota: q"), event(FORBIDDEN, reason="FailedMount"), event("", reason="Killing")]
)
def test_other_events_are_no_refusals(one: Event) -> None:
    assert refused_pods([one]) == ()


@pytest.mark.parametrize(
    ("fields", "seen"),
    [
        ({"series": {"lastObservedTime": AT_TEN}, "lastTimestamp": AT_NINE}, AT_TEN),
        ({"series": {"count": 3}, "lastTimestamp": AT_NINE}, AT_NINE),
        ({"eventTime": AT_NINE}, AT_NINE),
        ({"metadata": {"name": "e", "creationTimestamp": AT_TEN}}, AT_TEN),
        ({}, None),
    ],
)
def test_when_an_event_was_seen_last_stands_in_one_of_four_places(
    fields: dict[str, Any], seen: datetime | None
) -> None:
    assert event(FORBIDDEN, **fields).seen == seen


def condition(message: str, status: str = "True", kind: str = "ReplicaFailure") -> dict[str, Any]:
    return {"type": kind, "status": status, "message": message, "lastTransitionTime": "2026-11-22T09:00:00Z"}


@pytest.mark.parametrize(
    ("conditions", "told"),
    [
        ([condition(f'pods "x" is forbidden: {BASELINE}')], True),
        ([condition("exceeded quota"), condition(BASELINE)], True),
        ([condition(BASELINE, status="False")], False),
        ([condition(BASELINE, kind="Available")], False),
        ([condition("exceeded quota")], False),
        ([], False),
    ],
)
def test_a_condition_tells_what_admission_said(conditions: list[dict[str, Any]], told: bool) -> None:
    found = told_by_condition(controller(status={"conditions": conditions}))
    assert found == (Told(refusal(), AT_NINE, "condition ReplicaFailure") if told else None)


def refused(seen: datetime | None, uid: str = "uid-web", **about: str) -> RefusedPods:
    who = {"kind": "ReplicaSet", "namespace": "a", "name": "web", **about}
    return RefusedPods(**who, uid=uid, told=Told(refusal(), seen, "event FailedCreate"))


def test_the_newest_word_to_this_very_controller_counts() -> None:
    one = controller()
    others = [
        refused(AT_TEN, kind="DaemonSet"),
        refused(AT_TEN, namespace="b"),
        refused(AT_TEN, name="web-2"),
        refused(AT_TEN, uid="one of that name before"),
    ]
    assert last_told(one, others) is None
    newest, nameless, undated = refused(AT_NINE), refused(AT_TEN, uid=""), refused(None)
    assert last_told(one, [*others, newest, undated]) is newest.told
    assert last_told(one, [nameless, newest]) is nameless.told
    assert last_told(one, [undated]) is undated.told


def test_a_condition_and_an_event_are_compared_by_time() -> None:
    one = controller(status={"conditions": [condition(BASELINE)]})
    told = last_told(one, [])
    assert told is not None
    assert told.source == "condition ReplicaFailure"
    newer = refused(AT_TEN)
    assert last_told(one, [newer]) is newer.told


@pytest.mark.parametrize(
    ("one", "created"),
    [
        (daemon_set(1), 2),
        (job({"active": 2, "succeeded": 1}), 2),
        (job(), 0),
        (controller(REPLICA_SETS, "web", status={"replicas": 3}, replicas=5), 3),
    ],
)
def test_the_pods_that_a_controller_has_are_counted(one: Controller, created: int) -> None:
    assert one.created == created
