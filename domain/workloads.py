"""Controllers that create pods: how many they lack, and what admission told them."""

from collections.abc import Iterable
from datetime import datetime

import msgspec

from domain.objects import Event, Workload
from domain.pod_security import Refusal, parse_refusal
from domain.resources import Resource


class Controller(msgspec.Struct, frozen=True):
    """A controller of pods and the kind that it is (lists do not say)."""

    resource: Resource
    object: Workload

    @property
    def kind(self) -> str:
        """`DaemonSet`."""
        return self.resource.kind

    @property
    def namespace(self) -> str:
        """Where it creates its pods."""
        return self.object.metadata.namespace

    @property
    def name(self) -> str:
        """Its name."""
        return self.object.metadata.name

    def __str__(self) -> str:
        """`DaemonSet/speaker`, with the owner it belongs to: `ReplicaSet/web-5d of Deployment/web`."""
        owner = self.object.metadata.controller
        return f"{self.kind}/{self.name}" + (f" of {owner.kind}/{owner.name}" if owner else "")

    @property
    def created(self) -> int:
        """How many pods it has."""
        status = self.object.status
        if self.kind == "DaemonSet":
            return status.current_number_scheduled
        return (status.active or 0) if self.kind == "Job" else status.replicas

    @property
    def waits_for_readiness(self) -> bool:
        """Whether it makes its next pod only once those that it has are Ready, and they are not yet."""
        ordered = self.kind == "StatefulSet" and self.object.spec.pod_management_policy != "Parallel"
        return ordered and self.object.status.replicas > self.object.status.ready_replicas

    @property
    def missing(self) -> int:
        """How many pods it wants and has not created."""
        spec, status = self.object.spec, self.object.status
        if self.object.metadata.deletion_timestamp is not None:
            return 0
        if self.kind == "DaemonSet":
            return max(0, status.desired_number_scheduled - status.current_number_scheduled)
        if self.kind == "Job":
            return self._job_missing()
        return max(0, (1 if spec.replicas is None else spec.replicas) - status.replicas)

    def _job_missing(self) -> int:
        spec, status = self.object.spec, self.object.status
        ended = any(c.type in ("Complete", "Failed") and c.status == "True" for c in status.conditions)
        if spec.suspend or ended:
            return 0
        wanted = 1 if spec.parallelism is None else spec.parallelism
        if spec.completions is not None:
            wanted = min(wanted, spec.completions - (status.succeeded or 0))
        elif status.succeeded:
            wanted = 0  # a work queue: once one pod succeeded, no new ones are started
        return max(0, wanted - (status.active or 0))


class Told(msgspec.Struct, frozen=True):
    """What admission told a controller last, and when."""

    refusal: Refusal
    seen: datetime | None
    source: str


class RefusedPods(msgspec.Struct, frozen=True):
    """An event's refusal by Pod Security, with the controller that it is about."""

    kind: str
    namespace: str
    name: str
    uid: str
    told: Told


def refused_pods(events: Iterable[Event]) -> tuple[RefusedPods, ...]:
    """The refusals by Pod Security among FailedCreate events; quotas, webhooks and the like are none."""
    found = []
    for event in events:
        refusal = parse_refusal(event.message)
        if event.reason == "FailedCreate" and refusal is not None:
            about = event.involved_object
            namespace = about.namespace or event.metadata.namespace
            told = Told(refusal, event.seen, "event FailedCreate")
            found.append(RefusedPods(about.kind, namespace, about.name, about.uid, told))
    return tuple(found)


def told_by_condition(controller: Controller) -> Told | None:
    """What a ReplicaSet's or ReplicationController's ReplicaFailure condition says of admission."""
    for condition in controller.object.status.conditions:
        if condition.type == "ReplicaFailure" and condition.status == "True":
            refusal = parse_refusal(condition.message)
            if refusal is not None:
                return Told(refusal, condition.last_transition_time, "condition ReplicaFailure")
    return None


def last_told(controller: Controller, refusals: Iterable[RefusedPods]) -> Told | None:
    """The newest word of admission to this very controller (by uid where the event has one)."""
    uid = controller.object.metadata.uid
    told = [
        r.told
        for r in refusals
        if (r.kind, r.namespace, r.name) == (controller.kind, controller.namespace, controller.name)
        and r.uid in ("", uid)
    ]
    condition = told_by_condition(controller)
    if condition is not None:
        told.append(condition)
    return max(told, key=lambda t: t.seen.timestamp() if t.seen else 0.0, default=None)
