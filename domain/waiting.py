"""When a wait is over, as a pure function of the object that is watched, with words for the progress."""

from typing import Any

import msgspec

from domain.objects import Workload
from domain.plan import Until
from domain.resources import Resource
from domain.workloads import Controller


class Progress(msgspec.Struct, frozen=True):
    """Whether the wait is over, whether it cannot end well, and what the object is like now."""

    done: bool
    now: str
    hopeless: bool = False


def progress(until: Until, resource: Resource, uid: str, found: dict[str, Any] | None) -> Progress:
    """Compare an object (plain JSON, None where it is gone) with what is waited for.

    Raises msgspec.ValidationError where the object does not fit what the API promises of its kind.
    """
    gone = found is None or found.get("metadata", {}).get("uid") != uid
    if until is Until.GONE:
        return Progress(gone, "gone" if gone else "still there")
    if gone:
        return Progress(done=False, now="the controller itself is gone", hopeless=True)
    workload = msgspec.json.decode(msgspec.json.encode(found), type=Workload)  # convert() makes no Raw
    observed = resource.kind == "Job" or workload.status.observed_generation >= workload.metadata.generation
    missing = Controller(resource, workload).missing
    if missing or not observed:
        return Progress(done=False, now=f"{missing} pods not created yet" if observed else "not looked at yet")
    return Progress(done=True, now="all pods created")
