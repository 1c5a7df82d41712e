"""The objects of a cluster, with only the fields that the scenarios read: decoding the rest is what costs.

Measured in facts/performance.md: Structs of the needed fields take 0.07 of json's time and a third of its memory.
Times are RFC 3339 and decoded to aware datetimes. A field that is absent has its default; one of the wrong type makes
the object odd, which the store names, and never costs the others.
"""

from datetime import datetime
from typing import Final

import msgspec

_HOSTNAME: Final = "kubernetes.io/hostname"
_CONTROL_PLANE: Final = (
    "node-role.kubernetes.io/control-plane",
    "node-role.kubernetes.io/master",
    "node-role.kubernetes.io/etcd",
    "node.kubernetes.io/microk8s-controlplane",
)


class Struct(msgspec.Struct, frozen=True, rename="camel", kw_only=True, gc=False):
    """A record of some fields of an API object, by their names there in camelCase."""


class OwnerReference(Struct, frozen=True, kw_only=True):
    """Whose object this is."""

    kind: str
    name: str
    uid: str = ""
    controller: bool = False


class ObjectMeta(Struct, frozen=True, kw_only=True):
    """What every object carries."""

    name: str
    namespace: str = ""
    uid: str = ""
    resource_version: str = ""
    generation: int = 0
    labels: dict[str, str] = {}
    annotations: dict[str, str] = {}
    owner_references: list[OwnerReference] = []
    creation_timestamp: datetime | None = None
    deletion_timestamp: datetime | None = None
    finalizers: list[str] = []

    @property
    def controller(self) -> OwnerReference | None:
        """The owner that makes this object anew when it is gone, if there is one."""
        return next((owner for owner in self.owner_references if owner.controller), None)


class Condition(Struct, frozen=True, kw_only=True):
    """One entry of a status' conditions."""

    type: str
    status: str
    reason: str = ""
    message: str = ""
    last_transition_time: datetime | None = None


class NamespaceSpec(Struct, frozen=True, kw_only=True):
    """What holds a namespace in deletion."""

    finalizers: list[str] = []


class NamespaceStatus(Struct, frozen=True, kw_only=True):
    """Active or Terminating, and why deletion does not end."""

    phase: str = "Active"
    conditions: list[Condition] = []


class Namespace(Struct, frozen=True, kw_only=True):
    """A Namespace: its labels decide what admission lets in."""

    metadata: ObjectMeta
    spec: NamespaceSpec = NamespaceSpec()
    status: NamespaceStatus = NamespaceStatus()

    @property
    def terminating(self) -> bool:
        """Whether it is being deleted: such a namespace refuses every create."""
        return self.metadata.deletion_timestamp is not None or self.status.phase == "Terminating"


class WorkloadSpec(Struct, frozen=True, kw_only=True):
    """How many pods a controller wants, and of what template (raw: most templates are never looked at)."""

    replicas: int | None = None
    parallelism: int | None = None
    completions: int | None = None
    suspend: bool | None = None
    pod_management_policy: str = ""
    template: msgspec.Raw = msgspec.Raw(b"{}")


class WorkloadStatus(Struct, frozen=True, kw_only=True):
    """How many pods a controller has; the field depends on its kind."""

    conditions: list[Condition] = []
    observed_generation: int = 0
    replicas: int = 0
    ready_replicas: int = 0
    desired_number_scheduled: int = 0
    current_number_scheduled: int = 0
    updated_number_scheduled: int = 0
    number_available: int = 0
    active: int | None = None
    succeeded: int | None = None
    failed: int | None = None


class Workload(Struct, frozen=True, kw_only=True):
    """A controller that creates pods: DaemonSet, ReplicaSet, StatefulSet, Job or ReplicationController."""

    metadata: ObjectMeta
    spec: WorkloadSpec = WorkloadSpec()
    status: WorkloadStatus = WorkloadStatus()


class InvolvedObject(Struct, frozen=True, kw_only=True):
    """What an event is about."""

    kind: str = ""
    namespace: str = ""
    name: str = ""
    uid: str = ""


class EventSeries(Struct, frozen=True, kw_only=True):
    """How often a repeated event was seen."""

    count: int = 0
    last_observed_time: datetime | None = None


class Event(Struct, frozen=True, kw_only=True):
    """A core/v1 Event; the API server keeps one for an hour."""

    metadata: ObjectMeta
    involved_object: InvolvedObject
    reason: str = ""
    message: str = ""
    count: int | None = None
    last_timestamp: datetime | None = None
    event_time: datetime | None = None
    series: EventSeries | None = None

    @property
    def seen(self) -> datetime | None:
        """When it was seen last."""
        observed = self.series.last_observed_time if self.series else None
        return observed or self.last_timestamp or self.event_time or self.metadata.creation_timestamp


class ConfigMap(Struct, frozen=True, kw_only=True):
    """A ConfigMap's keys and values."""

    metadata: ObjectMeta
    data: dict[str, str] = {}


class NodeSystemInfo(Struct, frozen=True, kw_only=True):
    """What a node's kubelet says of itself."""

    kubelet_version: str = ""
    kernel_version: str = ""
    os_image: str = ""
    operating_system: str = ""
    machine_id: str = msgspec.field(default="", name="machineID")
    boot_id: str = msgspec.field(default="", name="bootID")


class NodeAddress(Struct, frozen=True, kw_only=True):
    """One of a node's addresses: InternalIP, Hostname and the like."""

    type: str = ""
    address: str = ""


class Taint(Struct, frozen=True, kw_only=True):
    """What keeps pods off a node that do not tolerate it."""

    key: str
    value: str = ""
    effect: str = ""


class NodeSpec(Struct, frozen=True, kw_only=True):
    """Which machine of which cloud a node is, its taints, and whether it is cordoned."""

    provider_id: str = msgspec.field(default="", name="providerID")
    taints: list[Taint] = []
    unschedulable: bool = False


class NodeStatus(Struct, frozen=True, kw_only=True):
    """How a node is."""

    node_info: NodeSystemInfo = NodeSystemInfo()
    addresses: list[NodeAddress] = []
    conditions: list[Condition] = []


class Node(Struct, frozen=True, kw_only=True):
    """A Node, without what no scenario reads."""

    metadata: ObjectMeta
    spec: NodeSpec = NodeSpec()
    status: NodeStatus = NodeStatus()

    @property
    def ready(self) -> bool:
        """Whether its kubelet says that it is Ready."""
        return any(one.type == "Ready" and one.status == "True" for one in self.status.conditions)

    @property
    def control_plane(self) -> bool:
        """Whether it is one of the control plane's, by the labels that distributions give it."""
        return any(label in self.metadata.labels for label in _CONTROL_PLANE)

    @property
    def name(self) -> str:
        """Its name."""
        return self.metadata.name

    @property
    def info(self) -> NodeSystemInfo:
        """What its kubelet says."""
        return self.status.node_info

    @property
    def hostnames(self) -> frozenset[str]:
        """Every name that its machine may go by: its own, its label's and its addresses', in small letters."""
        told = (a.address for a in self.status.addresses if a.type == "Hostname")
        names = (self.name, self.metadata.labels.get(_HOSTNAME, ""), *told)
        return frozenset(name.lower() for name in names if name)
