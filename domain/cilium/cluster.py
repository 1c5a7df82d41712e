"""Cilium on a cluster as it was read, and what that comes to: where it applies, and each place with its ten values."""

from collections.abc import Iterator
from typing import Final

import msgspec

from domain.cilium.coming import ComingPack
from domain.cilium.eks import HYBRID, LABEL, Eks, hybrid, recognise
from domain.cilium.helm import Release
from domain.cilium.judging import Judged, State
from domain.cilium.objects import CONFIG, NAMESPACE, SUBJECT, AgentPod, CiliumNodeConfig, Configuration, DaemonSet
from domain.cilium.places import Place, places
from domain.cilium.values import judge_values
from domain.cilium.version import Version
from domain.facts import Fact
from domain.objects import Node
from domain.verdict import Undecided

CHAINING: Final = "cni-chaining-mode"
CHAINED: Final = "aws-cni"


class Cilium(msgspec.Struct, frozen=True):
    """What was read of Cilium and of what runs beside it; `release` is None where Secrets were not to be read."""

    agent: Fact[DaemonSet] = Fact()
    config: Fact[Configuration] = Fact()
    aws_node: Fact[DaemonSet] = Fact()
    kube_proxy: Fact[DaemonSet] = Fact()
    nodes: Fact[Node] = Fact()
    node_configs: Fact[CiliumNodeConfig] = Fact()
    server_version: Fact[str] = Fact()
    server: str | None = None
    release: Fact[Release] | None = None
    pods: Fact[AgentPod] = Fact()
    coming: Fact[ComingPack] = Fact()

    @property
    def eks(self) -> Eks:
        """Whether this is EKS."""
        return recognise(self.server_version, self.nodes, self.server)

    @property
    def version(self) -> Version | None:
        """Cilium's version: its image's, else its release's."""
        agent = self.agent.first
        by_image = agent.version if agent is not None else None
        return by_image or (self._released.version if self._released is not None else None)

    @property
    def data(self) -> dict[str, str] | None:
        """What is in cilium-config, where that was read."""
        return self.config.first.data if self.config.first is not None else None

    @property
    def places(self) -> tuple[Place, ...]:
        """Where the ten are said and what each comes to, with what the Helm release tells of those not visible."""
        found = places(self.data or {}, self.node_configs.items, self.nodes.items, self.version)
        return tuple(msgspec.structs.replace(p, judged=tuple(map(self._told, p.judged))) for p in found)

    @property
    def outdated(self) -> tuple[str, ...]:
        """The nodes whose agent started before cilium-config was changed last: it runs by what that was then."""
        changed = self.config.first.changed if self.config.first is not None else None
        started = [(pod.spec.node_name, pod.started) for pod in self.pods.items]
        return tuple(node for node, since in started if changed is not None and since is not None and since < changed)

    @property
    def taken_back(self) -> tuple[Judged, ...]:
        """The values that are right in cilium-config and wrong in the release, whose next upgrade writes them there."""
        if self._released is None:
            return ()
        right = {one.parameter.value for one in self.places[0].of(State.RIGHT)}
        judged = judge_values(self._released.values, self._released.version)
        return tuple(one for one in judged if one.state is State.WRONG and one.parameter.value in right)

    @property
    def _released(self) -> Release | None:
        return self.release.first if self.release is not None else None

    def _told(self, one: Judged) -> Judged:
        """One of the ten, by the release where cilium-config does not show it."""
        if one.state is not State.NOT_VISIBLE or self.release is None:
            return one
        if self._released is not None:
            judged = judge_values(self._released.values, self._released.version)
            found = next(other for other in judged if other.parameter == one.parameter)
            return msgspec.structs.replace(found, seen=f"{found.seen} in {self._released.name}", by_release=True)
        unread = self.release.unread
        why = "; ".join(
            [one.why, *(u.reason for u in unread)] if unread else [one.why, "there is no release of Cilium's"]
        )
        return msgspec.structs.replace(one, why=why, would_help=unread[0].would_help if unread else None)


def elsewhere(cilium: Cilium) -> str | None:
    """Why the page's values are not for this Cilium, though it runs on EKS; None where they are."""
    if (cilium.data or {}).get(CHAINING, "").strip() == CHAINED:
        return f"{CHAINING} is {CHAINED}: Cilium is chained to the AWS VPC CNI, and not in its place"
    outside, agent = hybrid(cilium.nodes.items), cilium.agent.first
    if outside and agent is not None and agent.status.desired_number_scheduled <= len(outside):
        return f"Cilium is for the nodes outside AWS alone ({LABEL}compute-type={HYBRID}), where there are no ENIs"
    return None


def unseen(cilium: Cilium) -> Iterator[Undecided]:
    """What would decide and was not read, or cannot be what it is for long."""
    if cilium.data is None and not cilium.config.unread:
        yield Undecided(
            SUBJECT,
            "the DaemonSet cilium is there and its configuration is not, without which no agent starts",
            f"look again once its chart is installed: kubectl get configmap {CONFIG} --namespace {NAMESPACE}",
        )
    overriding = cilium.node_configs.items
    if overriding and cilium.nodes.unread:
        for one in overriding:
            why = "; ".join(u.reason for u in cilium.nodes.unread)
            yield Undecided(str(one), f"which nodes it is for is not known: {why}", cilium.nodes.unread[0].would_help)
