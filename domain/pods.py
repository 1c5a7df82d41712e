"""Pods as the scenarios see them: whether one is stuck, and on what.

A pod's phase does not tell (facts/kubernetes.md): Running pods can be unready for ever, and kubectl's STATUS column is
made from container states.
"""

from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

import msgspec

from domain.objects import Condition, ObjectMeta, Struct

GRACE = timedelta(seconds=60)
"""How long a pod may say nothing before it counts as stuck."""

_IMAGE = frozenset(
    {
        "ErrImagePull",
        "ImagePullBackOff",
        "InvalidImageName",
        "ImageInspectError",
        "ErrImageNeverPull",
        "RegistryUnavailable",
        "SignatureValidationFailed",
    }
)
_CONTAINER = frozenset({"CreateContainerConfigError", "CreateContainerError", "RunContainerError"})


class Waiting(Struct, frozen=True, kw_only=True):
    """Why a container does not run."""

    reason: str = ""
    message: str = ""


class ContainerState(Struct, frozen=True, kw_only=True):
    """The state of a container; only waiting is looked at."""

    waiting: Waiting | None = None


class ContainerStatus(Struct, frozen=True, kw_only=True):
    """How one container is."""

    name: str
    ready: bool = False
    restart_count: int = 0
    state: ContainerState = ContainerState()


class PodStatus(Struct, frozen=True, kw_only=True):
    """How a pod is."""

    phase: str = ""
    reason: str = ""
    message: str = ""
    conditions: list[Condition] = []
    container_statuses: list[ContainerStatus] = []
    init_container_statuses: list[ContainerStatus] = []


class PodSpec(Struct, frozen=True, kw_only=True):
    """What a pod is to be; containers and volumes as plain JSON, for they are only compared."""

    node_name: str = ""
    termination_grace_period_seconds: int = 30
    containers: list[dict[str, Any]] = []
    volumes: list[dict[str, Any]] = []


class Pod(Struct, frozen=True, kw_only=True):
    """A Pod, without what no scenario reads."""

    metadata: ObjectMeta
    spec: PodSpec = PodSpec()
    status: PodStatus = PodStatus()

    @property
    def ready(self) -> bool:
        """Whether it is Running and Ready, or has done its work."""
        is_ready = any(c.type == "Ready" and c.status == "True" for c in self.status.conditions)
        return self.status.phase == "Succeeded" or (self.status.phase == "Running" and is_ready)


class StuckOn(StrEnum):
    """What a pod that does not start waits for."""

    IMAGE = "an image"
    VOLUME = "a volume or its network"
    NODE = "a node"
    CONTAINER = "its container's configuration"
    CRASHES = "its own crashes"
    DELETION = "its deletion"
    NOTHING_SAID = "it does not say why"


class Stuck(msgspec.Struct, frozen=True):
    """A pod that does not start, with its own words."""

    pod: Pod
    on: StuckOn
    words: str

    def __str__(self) -> str:
        """`Pod/ns/name waits for an image: ImagePullBackOff: …`."""
        name = f"Pod/{self.pod.metadata.namespace}/{self.pod.metadata.name}"
        if self.on is StuckOn.NOTHING_SAID:
            return f"{name} is not Ready: {self.words or self.on}"
        return f"{name} waits for {self.on}" + (f": {self.words}" if self.words else "")


def stuck(pod: Pod, now: datetime) -> Stuck | None:  # noqa: PLR0911  one return for each answer
    """Say what a pod is stuck on, or None where it is Ready, done, or too young to tell."""
    if pod.ready:
        return None
    if pod.metadata.deletion_timestamp is not None:
        return Stuck(pod, StuckOn.DELETION, ", ".join(pod.metadata.finalizers))
    scheduled = next((c for c in pod.status.conditions if c.type == "PodScheduled"), None)
    if scheduled is not None and scheduled.status == "False":
        return Stuck(pod, StuckOn.NODE, _words(scheduled.reason, scheduled.message))
    waiting = [
        s.state.waiting
        for s in (*pod.status.init_container_statuses, *pod.status.container_statuses)
        if s.state.waiting is not None and s.state.waiting.reason
    ]
    for reasons, on in (
        (_IMAGE, StuckOn.IMAGE),
        (_CONTAINER, StuckOn.CONTAINER),
        ({"CrashLoopBackOff"}, StuckOn.CRASHES),
    ):
        for one in waiting:
            if one.reason in reasons:
                return Stuck(pod, on, _words(one.reason, one.message))
    created = pod.metadata.creation_timestamp
    if created is not None and now - created < GRACE:
        return None
    if waiting:
        return Stuck(pod, StuckOn.VOLUME, _words(waiting[0].reason, waiting[0].message))
    return Stuck(pod, StuckOn.NOTHING_SAID, _words(pod.status.reason, pod.status.message))


def _words(reason: str, message: str) -> str:
    return ": ".join(part for part in (reason, message) if part)
