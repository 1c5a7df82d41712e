"""What of Cilium and the AWS VPC CNI is read in a cluster, with only the fields that are looked at."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

import msgspec

from domain.cilium.version import Version, of_image
from domain.objects import ObjectMeta, Struct
from domain.resources import Resource

NAMESPACE: Final = "kube-system"
"""Where Palette's pack, EKS and the chart's own documentation have them."""

CONFIG: Final = "cilium-config"
AGENT, AWS_NODE, KUBE_PROXY = "cilium", "aws-node", "kube-proxy"
AGENTS: Final = "k8s-app=cilium"
"""The label of the agents' pods: a list by it costs what they cost."""

CONTAINER: Final = "cilium-agent"
API_HOST: Final = "KUBERNETES_SERVICE_HOST"
GROUP: Final = "cilium.io"
NODE_CONFIGS: Final = Resource(GROUP, "*", "ciliumnodeconfigs", "CiliumNodeConfig")
DEPLOYMENTS: Final = Resource("apps", "v1", "deployments", "Deployment")
OPERATOR: Final = "cilium-operator"
SUBJECT: Final = f"ConfigMap/{NAMESPACE}/{CONFIG}"


class ManagedFields(Struct, frozen=True, kw_only=True):
    """Who changed which fields of an object, and when last."""

    time: datetime | None = None
    fields_v1: dict[str, Any] = msgspec.field(default_factory=dict, name="fieldsV1")


class ConfigurationMeta(Struct, frozen=True, kw_only=True):
    """A ConfigMap's name, and its changes."""

    name: str
    namespace: str = ""
    uid: str = ""
    managed_fields: list[ManagedFields] = []


class Configuration(Struct, frozen=True, kw_only=True):
    """The ConfigMap cilium-config, with when it was changed."""

    metadata: ConfigurationMeta
    data: dict[str, str] = {}

    @property
    def changed(self) -> datetime | None:
        """When its data was changed last; None where the server does not tell."""
        times = [one.time for one in self.metadata.managed_fields if one.time is not None and "f:data" in one.fields_v1]
        return max(times, default=None)


class Running(Struct, frozen=True, kw_only=True):
    """Since when a container runs."""

    started_at: datetime | None = None


class ContainerState(Struct, frozen=True, kw_only=True):
    """The state of a container; only running is looked at."""

    running: Running | None = None


class ContainerStatus(Struct, frozen=True, kw_only=True):
    """How one container is."""

    name: str
    state: ContainerState = ContainerState()


class AgentPodSpec(Struct, frozen=True, kw_only=True):
    """Where an agent runs."""

    node_name: str = ""


class AgentPodStatus(Struct, frozen=True, kw_only=True):
    """How its containers are."""

    container_statuses: list[ContainerStatus] = []


class AgentPod(Struct, frozen=True, kw_only=True):
    """A pod of Cilium's agents."""

    metadata: ObjectMeta
    spec: AgentPodSpec = AgentPodSpec()
    status: AgentPodStatus = AgentPodStatus()

    @property
    def started(self) -> datetime | None:
        """When its agent read its configuration; None where it does not run."""
        agent = next((one for one in self.status.container_statuses if one.name == CONTAINER), None)
        return agent.state.running.started_at if agent is not None and agent.state.running is not None else None


class EnvVar(Struct, frozen=True, kw_only=True):
    """One variable of a container, where it has a value of its own."""

    name: str
    value: str = ""


class Container(Struct, frozen=True, kw_only=True):
    """A container by its image and environment."""

    name: str
    image: str = ""
    env: list[EnvVar] = []


class PodSpec(Struct, frozen=True, kw_only=True):
    """What a DaemonSet's pods run, and on which nodes."""

    containers: list[Container] = []
    node_selector: dict[str, str] = {}


class TemplateMeta(Struct, frozen=True, kw_only=True):
    """A template's annotations: a change of one restarts the pods."""

    annotations: dict[str, str] = {}


class Template(Struct, frozen=True, kw_only=True):
    """What a DaemonSet's pods are made from."""

    metadata: TemplateMeta = TemplateMeta()
    spec: PodSpec = PodSpec()


class UpdateStrategy(Struct, frozen=True, kw_only=True):
    """Whether a changed template replaces pods (RollingUpdate) or waits for somebody to delete them (OnDelete)."""

    type: str = "RollingUpdate"


class DaemonSetSpec(Struct, frozen=True, kw_only=True):
    """The template, and how a change of it comes to the nodes."""

    template: Template = Template()
    update_strategy: UpdateStrategy = UpdateStrategy()


class DaemonSetStatus(Struct, frozen=True, kw_only=True):
    """How many nodes it wants a pod on, and has one ready on."""

    desired_number_scheduled: int = 0
    number_ready: int = 0


class DaemonSet(Struct, frozen=True, kw_only=True):
    """One of the DaemonSets cilium, aws-node and kube-proxy."""

    metadata: ObjectMeta
    spec: DaemonSetSpec = DaemonSetSpec()
    status: DaemonSetStatus = DaemonSetStatus()

    @property
    def agent(self) -> Container | None:
        """Cilium's own container."""
        return next((one for one in self.spec.template.spec.containers if one.name == CONTAINER), None)

    @property
    def version(self) -> Version | None:
        """The version that the agent's image names."""
        return of_image(self.agent.image) if self.agent else None

    @property
    def api_host(self) -> str:
        """The API server that the agent is told of (k8sServiceHost); empty where it asks the Service."""
        env = self.agent.env if self.agent else []
        return next((one.value for one in env if one.name == API_HOST), "")

    @property
    def runs(self) -> str:
        """`on 3 nodes`; nothing where it is scheduled nowhere."""
        nodes = self.status.desired_number_scheduled
        return f"on {nodes} node{'s' * (nodes > 1)}" if nodes else ""

    def __str__(self) -> str:
        """`DaemonSet/kube-system/aws-node`."""
        return f"DaemonSet/{self.metadata.namespace}/{self.metadata.name}"


class DeploymentSpec(Struct, frozen=True, kw_only=True):
    """A Deployment's template."""

    template: Template = Template()


class Deployment(Struct, frozen=True, kw_only=True):
    """Cilium's operator, which allocates addresses: its image is for one cloud."""

    metadata: ObjectMeta
    spec: DeploymentSpec = DeploymentSpec()

    @property
    def image(self) -> str:
        """The image that allocates; empty where it has no such container."""
        return next((one.image for one in self.spec.template.spec.containers if one.name == OPERATOR), "")


class Requirement(Struct, frozen=True, kw_only=True):
    """One expression of a label selector."""

    key: str
    operator: str
    values: list[str] = []

    def matches(self, labels: Mapping[str, str]) -> bool:
        """Whether labels meet it, as Kubernetes has it; NotIn holds where the label is not there."""
        match self.operator:
            case "In":
                return labels.get(self.key) in self.values
            case "NotIn":
                return labels.get(self.key) not in self.values
            case "Exists":
                return self.key in labels
            case _:
                return self.key not in labels


class LabelSelector(Struct, frozen=True, kw_only=True):
    """Which nodes are meant: those that meet everything in it; an empty one means all."""

    match_labels: dict[str, str] = {}
    match_expressions: list[Requirement] = []

    def matches(self, labels: Mapping[str, str]) -> bool:
        """Whether a node with these labels is meant."""
        return all(labels.get(key) == value for key, value in self.match_labels.items()) and all(
            one.matches(labels) for one in self.match_expressions
        )


class NodeConfigSpec(Struct, frozen=True, kw_only=True):
    """What the agents of some nodes read instead of cilium-config's."""

    defaults: dict[str, str] = {}
    node_selector: LabelSelector = LabelSelector()


class CiliumNodeConfig(Struct, frozen=True, kw_only=True):
    """A CiliumNodeConfig."""

    metadata: ObjectMeta
    spec: NodeConfigSpec = NodeConfigSpec()

    def __str__(self) -> str:
        """`CiliumNodeConfig/kube-system/canary`."""
        return f"CiliumNodeConfig/{self.metadata.namespace}/{self.metadata.name}"
