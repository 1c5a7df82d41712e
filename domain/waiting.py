"""When a wait is over, as a pure function of the object that is watched, with words for the progress."""

from typing import Any

import msgspec

from domain.objects import Workload, WorkloadStatus
from domain.plan import Until
from domain.resources import Resource
from domain.workloads import Controller


class Progress(msgspec.Struct, frozen=True):
    """Whether the wait is over, whether it cannot end well, and what the object is like now."""

    done: bool
    now: str
    hopeless: bool = False


_CREATED = Progress(done=True, now="all pods created")


def progress(until: Until, resource: Resource, uid: str, found: dict[str, Any] | None, beyond: int = 0) -> Progress:
    """Compare an object (plain JSON, None where it is gone) with what is waited for, in a generation after `beyond`.

    Raises msgspec.ValidationError where the object does not fit what the API promises of its kind.
    """
    gone = found is None or found.get("metadata", {}).get("uid") != uid
    if until is Until.GONE:
        return Progress(gone, "gone" if gone else "still there")
    if gone:
        return Progress(done=False, now="the controller itself is gone", hopeless=True)
    workload = msgspec.json.decode(msgspec.json.encode(found), type=Workload)  # convert() makes no Raw
    observed = resource.kind == "Job" or workload.status.observed_generation >= workload.metadata.generation
    if until is Until.ROLLED_OUT:
        changed = workload.metadata.generation > beyond
        return _rolled_out(workload.status, changed=changed, observed=observed)
    controller = Controller(resource, workload)
    missing = controller.missing
    if not observed:
        return Progress(done=False, now="not looked at yet")
    if missing and controller.waits_for_readiness:
        said = f"{controller.created} created; the other {missing} come once those are Ready, one after the other"
        return Progress(done=True, now=said)
    return Progress(done=False, now=f"{missing} pod{'s' * (missing != 1)} not created yet") if missing else _CREATED


def _rolled_out(status: WorkloadStatus, *, changed: bool, observed: bool) -> Progress:
    """A DaemonSet's rollout is done once each of its pods is of the new template.

    Whether they are available is said and not waited for: a pod may be unready for a reason of its own.
    """
    if not (changed and observed):
        return Progress(done=False, now="not looked at yet" if changed else "its operator has not changed it yet")
    updated, desired = status.updated_number_scheduled, status.desired_number_scheduled
    are = "pod is" if desired == 1 else "pods are"
    said = f"{updated} of {desired} {are} of the new template, {status.number_available} available"
    return Progress(updated >= desired, said)
