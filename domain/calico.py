"""Calico as it stands in a cluster: which install it is, and whether IPv6 is needed there.

Only the fields that the scenarios read are decoded. Canal is Calico's policy with flannel's network; the operator
renders Calico's DaemonSet from its Installation (facts/cni.md).
"""

from collections.abc import Iterable, Iterator
from enum import StrEnum
from ipaddress import ip_network
from typing import Final

import msgspec

from domain.objects import ObjectMeta, Struct
from domain.pods import PodStatus
from domain.resources import Resource

CALICO_GROUPS: Final = ("projectcalico.org", "crd.projectcalico.org")
"""The API groups that serve Calico's resources: its own API server's, and the custom resources behind it."""

OPERATOR_GROUP: Final = "operator.tigera.io"
INSTALLATIONS: Final = Resource(OPERATOR_GROUP, "v1", "installations", "Installation", namespaced=False)
SERVICES: Final = Resource("", "v1", "services", "Service")
NAMESPACES: Final = ("kube-system", "calico-system")
"""Where Calico's DaemonSet lives: manifests and Canal, and the operator's."""

CONTAINER: Final = "calico-node"
_CANAL: Final = ("canal", "rke2-canal")
_NAMED: Final = 3


class KeyRef(Struct, frozen=True, kw_only=True):
    """A key of a ConfigMap or a Secret."""

    name: str = ""
    key: str = ""
    optional: bool | None = None


class EnvSource(Struct, frozen=True, kw_only=True):
    """Where a variable's value is from, of the places that are looked at."""

    config_map_key_ref: KeyRef | None = None
    secret_key_ref: KeyRef | None = None


class EnvVar(Struct, frozen=True, kw_only=True):
    """One variable of a container."""

    name: str
    value: str = ""
    value_from: EnvSource | None = None


class EnvFrom(Struct, frozen=True, kw_only=True):
    """A ConfigMap or a Secret all of whose keys are variables, behind a prefix."""

    prefix: str = ""
    config_map_ref: KeyRef | None = None
    secret_ref: KeyRef | None = None


class Container(Struct, frozen=True, kw_only=True):
    """A container by its image and environment."""

    name: str
    image: str = ""
    env: list[EnvVar] = []
    env_from: list[EnvFrom] = []


class CalicoPodSpec(Struct, frozen=True, kw_only=True):
    """Where a pod runs, and its containers."""

    node_name: str = ""
    containers: list[Container] = []

    @property
    def felix(self) -> Container | None:
        """The container that Felix runs in."""
        return next((one for one in self.containers if one.name == CONTAINER), None)


class CalicoPod(Struct, frozen=True, kw_only=True):
    """A pod of Calico's DaemonSet; its own environment is what its Felix goes by."""

    metadata: ObjectMeta
    spec: CalicoPodSpec = CalicoPodSpec()
    status: PodStatus = PodStatus()

    @property
    def ready(self) -> bool:
        """Whether it is Running and Ready; the phase alone says nothing, for Felix runs under a supervisor."""
        return self.status.phase == "Running" and any(
            condition.type == "Ready" and condition.status == "True" for condition in self.status.conditions
        )

    @property
    def restarts(self) -> int:
        """How often Felix' container was restarted."""
        return sum(one.restart_count for one in self.status.container_statuses if one.name == CONTAINER)

    def __str__(self) -> str:
        """`Pod/kube-system/calico-node-x1`."""
        return f"Pod/{self.metadata.namespace}/{self.metadata.name}"


class PodTemplate(Struct, frozen=True, kw_only=True):
    """What a DaemonSet's pods are made from."""

    spec: CalicoPodSpec = CalicoPodSpec()


class UpdateStrategy(Struct, frozen=True, kw_only=True):
    """Whether a changed template replaces pods (RollingUpdate) or waits for somebody to delete them (OnDelete)."""

    type: str = "RollingUpdate"


class CalicoDaemonSetSpec(Struct, frozen=True, kw_only=True):
    """The template, and how a change of it comes to the nodes."""

    template: PodTemplate = PodTemplate()
    update_strategy: UpdateStrategy = UpdateStrategy()


class CalicoDaemonSetStatus(Struct, frozen=True, kw_only=True):
    """How far a change of the template has come."""

    observed_generation: int = 0
    desired_number_scheduled: int = 0
    updated_number_scheduled: int = 0
    number_ready: int = 0


class CalicoDaemonSet(Struct, frozen=True, kw_only=True):
    """A DaemonSet with its containers' environment."""

    metadata: ObjectMeta
    spec: CalicoDaemonSetSpec = CalicoDaemonSetSpec()
    status: CalicoDaemonSetStatus = CalicoDaemonSetStatus()


class Pool(Struct, frozen=True, kw_only=True):
    """A range of addresses for pods."""

    cidr: str = ""

    @property
    def ipv6(self) -> bool:
        """Whether it is one of IPv6; what is no range is none."""
        try:
            return ip_network(self.cidr, strict=False).version == 6  # noqa: PLR2004  the family's name
        except ValueError:
            return False


class IPPool(Struct, frozen=True, kw_only=True):
    """Calico's IPPool."""

    metadata: ObjectMeta
    spec: Pool = Pool()


class CalicoNetwork(Struct, frozen=True, kw_only=True):
    """The operator's word on the network; autodetection for IPv6 is what makes it render FELIX_IPV6SUPPORT=true."""

    ip_pools: list[Pool] = []
    linux_dataplane: str = ""
    node_address_autodetection_v6: dict[str, object] | None = msgspec.field(
        default=None, name="nodeAddressAutodetectionV6"
    )


class InstallationSpec(Struct, frozen=True, kw_only=True):
    """What the operator is to install."""

    variant: str = ""
    calico_network: CalicoNetwork = CalicoNetwork()


class Installation(Struct, frozen=True, kw_only=True):
    """The operator's Installation, of which there is one: `default`."""

    metadata: ObjectMeta
    spec: InstallationSpec = InstallationSpec()


class ServiceSpec(Struct, frozen=True, kw_only=True):
    """The address families of a Service."""

    ip_families: list[str] = []


class Service(Struct, frozen=True, kw_only=True):
    """A Service by its address families."""

    metadata: ObjectMeta
    spec: ServiceSpec = ServiceSpec()


class Kind(StrEnum):
    """How Calico was installed."""

    MANIFEST = "manifest"
    CANAL = "canal"
    OPERATOR = "operator"


class Install(msgspec.Struct, frozen=True):
    """An installed Calico: its DaemonSet, and the operator's Installation where there is one."""

    kind: Kind
    daemon_set: CalicoDaemonSet
    installation: Installation | None = None

    @property
    def namespace(self) -> str:
        """Where the DaemonSet and its pods are."""
        return self.daemon_set.metadata.namespace

    @property
    def felix(self) -> Container | None:
        """Felix' container in the DaemonSet's template."""
        return self.daemon_set.spec.template.spec.felix

    def owns(self, pod: CalicoPod) -> bool:
        """Whether a pod is of this DaemonSet."""
        owner, meta = pod.metadata.controller, self.daemon_set.metadata
        named = owner is not None and (owner.kind, owner.name) == ("DaemonSet", meta.name)
        return named and pod.metadata.namespace == meta.namespace

    def __str__(self) -> str:
        """`DaemonSet/kube-system/calico-node`."""
        return f"DaemonSet/{self.namespace}/{self.daemon_set.metadata.name}"


def installs(daemon_sets: Iterable[CalicoDaemonSet], installations: Iterable[Installation] = ()) -> tuple[Install, ...]:
    """Find Calico among DaemonSets, by the names that its manifests, Canal's and RKE2's, and the operator give it."""
    installation = next(iter(installations), None)
    found = []
    for daemon_set in daemon_sets:
        kind = _kind(daemon_set)
        if kind is not None:
            found.append(Install(kind, daemon_set, installation if kind is Kind.OPERATOR else None))
    return tuple(found)


def _kind(daemon_set: CalicoDaemonSet) -> Kind | None:
    meta = daemon_set.metadata
    if meta.name in _CANAL:
        return Kind.CANAL
    if meta.name != CONTAINER:
        return None
    rendered = meta.controller is not None and meta.controller.kind == "Installation"
    return Kind.OPERATOR if rendered or meta.namespace == "calico-system" else Kind.MANIFEST


def needs_ipv6(
    pools: Iterable[IPPool], services: Iterable[Service], installation: Installation | None = None
) -> tuple[str, ...]:
    """Say why IPv6 cannot be turned off without cutting somebody off: IPv6 pools, and Services with IPv6 addresses."""
    return tuple(_reasons(pools, services, installation))


def _reasons(pools: Iterable[IPPool], services: Iterable[Service], installation: Installation | None) -> Iterator[str]:
    for pool in pools:
        if pool.spec.ipv6:
            yield f"IPPool/{pool.metadata.name} is of IPv6 ({pool.spec.cidr})"
    for one in installation.spec.calico_network.ip_pools if installation is not None else ():
        if one.ipv6:
            yield f"the Installation has a pool of IPv6 ({one.cidr})"
    using = [f"{s.metadata.namespace}/{s.metadata.name}" for s in services if "IPv6" in s.spec.ip_families]
    if using:
        more = f" and {len(using) - _NAMED} more" if len(using) > _NAMED else ""
        yield f"Services have IPv6 addresses: {', '.join(using[:_NAMED])}{more}"
