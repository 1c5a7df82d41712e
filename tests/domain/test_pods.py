from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest

from domain.pods import Pod, StuckOn, stuck

NOW = datetime(2026, 11, 22, 10, tzinfo=UTC)
YOUNG, OLD = NOW - timedelta(seconds=59), NOW - timedelta(seconds=60)


def pod(status: dict[str, Any] | None = None, **meta: Any) -> Pod:
    made = {"metadata": {"name": "p", "namespace": "a", "creationTimestamp": OLD, **meta}, "status": status or {}}
    return msgspec.convert(made, Pod)


def condition(kind: str, status: str, **said: str) -> dict[str, str]:
    return {"type": kind, "status": status, **said}


def waiting(reason: str, message: str = "", where: str = "containerStatuses") -> dict[str, Any]:
    return {where: [{"name": "c", "state": {"waiting": {"reason": reason, "message": message}}}]}


@pytest.mark.parametrize(
    ("status", "ready"),
    [
        ({"phase": "Succeeded"}, True),
        ({"phase": "Running", "conditions": [condition("Ready", "True")]}, True),
        ({"phase": "Running", "conditions": [condition("Ready", "False")]}, False),
        ({"phase": "Running"}, False),
        ({"phase": "Pending", "conditions": [condition("Ready", "True")]}, False),
        ({"phase": "Failed"}, False),
    ],
)
def test_ready_is_running_and_ready_or_done(status: dict[str, Any], ready: bool) -> None:
    assert pod(status).ready is ready
    assert (stuck(pod(status), NOW) is None) is ready


@pytest.mark.parametrize(
    ("one", "on", "words"),
    [
        (pod(waiting("ImagePullBackOff", "Back-off")), StuckOn.IMAGE, "ImagePullBackOff: Back-off"),
        (pod(waiting("ErrImagePull", where="initContainerStatuses")), StuckOn.IMAGE, "ErrImagePull"),
        (pod(waiting("CreateContainerConfigError", "x")), StuckOn.CONTAINER, "CreateContainerConfigError: x"),
        (pod(waiting("CrashLoopBackOff")), StuckOn.CRASHES, "CrashLoopBackOff"),
        (pod(waiting("ContainerCreating")), StuckOn.VOLUME, "ContainerCreating"),
        (pod(waiting("")), StuckOn.NOTHING_SAID, ""),
        (pod({"phase": "Failed", "reason": "Evicted", "message": "m"}), StuckOn.NOTHING_SAID, "Evicted: m"),
        (pod({"containerStatuses": [{"name": "c", "state": {"running": {}}}]}), StuckOn.NOTHING_SAID, ""),
        (pod(), StuckOn.NOTHING_SAID, ""),
        (pod(creationTimestamp=None), StuckOn.NOTHING_SAID, ""),
        (
            pod({"conditions": [condition("PodScheduled", "False", reason="Unschedulable", message="0/3 nodes")]}),
            StuckOn.NODE,
            "Unschedulable: 0/3 nodes",
        ),
        (
            pod({"conditions": [condition("PodScheduled", "True")], **waiting("CrashLoopBackOff")}),
            StuckOn.CRASHES,
            "CrashLoopBackOff",
        ),
        (pod(waiting("ErrImagePull"), deletionTimestamp=NOW), StuckOn.DELETION, ""),
        (pod(deletionTimestamp=NOW, finalizers=["a", "b"]), StuckOn.DELETION, "a, b"),
    ],
)
def test_a_pod_is_stuck_on_what_it_says(one: Pod, on: StuckOn, words: str) -> None:
    found = stuck(one, NOW)
    assert found is not None
    assert (found.pod, found.on, found.words) == (one, on, words)
    said = f"waits for {on}" + (f": {words}" if words else "")
    if on is StuckOn.NOTHING_SAID:
        said = f"is not Ready: {words or 'it does not say why'}"
    assert str(found) == f"Pod/a/p {said}"


def test_an_image_that_fails_counts_before_a_crash() -> None:
    status = waiting("CrashLoopBackOff") | waiting("ErrImagePull", where="initContainerStatuses")
    found = stuck(pod(status), NOW)
    assert found is not None
    assert found.on is StuckOn.IMAGE


@pytest.mark.parametrize("status", [waiting("ContainerCreating"), {"phase": "Pending"}])
def test_a_young_pod_may_say_nothing_yet(status: dict[str, Any]) -> None:
    assert stuck(pod(status, creationTimestamp=YOUNG), NOW) is None


def test_a_young_pod_that_says_what_is_wrong_is_stuck() -> None:
    assert stuck(pod(waiting("ErrImagePull"), creationTimestamp=YOUNG), NOW) is not None
