from typing import Any

import msgspec
import pytest

from domain.plan import Until
from domain.resources import DAEMON_SETS, JOBS, PODS, STATEFUL_SETS, Resource
from domain.waiting import Progress, progress


def found(uid: str = "u", generation: int = 2, spec: dict[str, Any] | None = None, **status: Any) -> dict[str, Any]:
    return {"metadata": {"name": "x", "uid": uid, "generation": generation}, "spec": spec or {}, "status": status}


@pytest.mark.parametrize(
    ("there", "seen"),
    [
        (None, Progress(done=True, now="gone")),
        (found("another"), Progress(done=True, now="gone")),
        ({"metadata": {}}, Progress(done=True, now="gone")),
        (found(), Progress(done=False, now="still there")),
    ],
)
def test_gone_is_what_is_not_there_or_is_another(there: dict[str, Any] | None, seen: Progress) -> None:
    assert progress(Until.GONE, PODS, "u", there) == seen


SCHEDULED: dict[str, Any] = {"desiredNumberScheduled": 3, "currentNumberScheduled": 3}


@pytest.mark.parametrize(
    ("resource", "there", "seen"),
    [
        (DAEMON_SETS, None, Progress(False, "the controller itself is gone", hopeless=True)),
        (DAEMON_SETS, found("another"), Progress(False, "the controller itself is gone", hopeless=True)),
        (DAEMON_SETS, found(observedGeneration=2, **SCHEDULED), Progress(True, "all pods created")),
        (DAEMON_SETS, found(observedGeneration=3, **SCHEDULED), Progress(True, "all pods created")),
        (DAEMON_SETS, found(observedGeneration=1, **SCHEDULED), Progress(False, "not looked at yet")),
        (
            DAEMON_SETS,
            found(observedGeneration=2, desiredNumberScheduled=3, currentNumberScheduled=1),
            Progress(False, "2 pods not created yet"),
        ),
        (DAEMON_SETS, found(observedGeneration=1, desiredNumberScheduled=3), Progress(False, "not looked at yet")),
        (JOBS, found(spec={"template": {"spec": {}}}), Progress(False, "1 pod not created yet")),
        (STATEFUL_SETS, found(observedGeneration=2, spec={"replicas": 3}), Progress(False, "3 pods not created yet")),
        (
            STATEFUL_SETS,
            found(observedGeneration=2, spec={"replicas": 3}, replicas=1),
            Progress(True, "1 created; the other 2 come once those are Ready, one after the other"),
        ),
        (
            STATEFUL_SETS,
            found(observedGeneration=2, spec={"replicas": 3}, replicas=1, readyReplicas=1),
            Progress(False, "2 pods not created yet"),
        ),
        (
            STATEFUL_SETS,
            found(observedGeneration=2, spec={"replicas": 3, "podManagementPolicy": "Parallel"}, replicas=1),
            Progress(False, "2 pods not created yet"),
        ),
        (JOBS, found(active=1), Progress(True, "all pods created")),
    ],
)
def test_pods_are_created_once_the_controller_has_looked(
    resource: Resource, there: dict[str, Any] | None, seen: Progress
) -> None:
    assert progress(Until.PODS_CREATED, resource, "u", there) == seen


def test_what_does_not_fit_is_said_and_not_taken_for_done() -> None:
    with pytest.raises(msgspec.ValidationError):
        progress(Until.PODS_CREATED, DAEMON_SETS, "u", found(desiredNumberScheduled="three"))
