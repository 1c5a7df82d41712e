"""Calico's IPv6 and the kernel, node by node: what Felix goes by there, and what is known of the kernel it runs on."""

from collections.abc import Iterable, Iterator, Mapping
from types import MappingProxyType
from typing import Any, Final

import msgspec

from domain.calico import NAMESPACES, CalicoPod, Install, Kind
from domain.drain import CORDONED
from domain.facts import Fact, undecided
from domain.felix import (
    IPV6_SUPPORT,
    CalicoLogs,
    FelixIPv6,
    FelixRead,
    PodLog,
    felix_ipv6,
    pod_symptoms,
    same_environment,
)
from domain.hosts import HostFacts
from domain.kernels import Distribution, HostVerdict, KernelVerdict, judge_host, judge_kernel
from domain.mark import OnHost, on_host, said_by_log
from domain.objects import Node, ObjectMeta, Struct
from domain.verdict import Grade, NotApplicable, Undecided

WINDOWS: Final = "windows"
OFF: Final = "false"
VALUES: Final = (
    "manifests:",
    "  calico:",
    "    env:",
    "      calicoNode:",
    f'        {IPV6_SUPPORT}: "{OFF}"',
)
"""The fragment of the pack's values that turns Calico's IPv6 off for good (the runbook's page)."""


class OnNode(msgspec.Struct, frozen=True):
    """One node that Calico runs on: by which install and pod (None: none there, or not read), and its kernel.

    `host` is what was read of the node from within, where that was; `mark` weighs all that is known of its ip6tables.
    """

    node: Node
    install: Install
    pod: CalicoPod | None
    felix: FelixIPv6
    kernel: KernelVerdict
    mark: HostVerdict
    host: OnHost | None = None
    log: PodLog = PodLog()

    @property
    def subject(self) -> str:
        """`Node/<name>`."""
        return f"Node/{self.node.metadata.name}"

    @property
    def named(self) -> str:
        """The node for a sentence, with its host where that goes by another name."""
        host = self.host.facts.name if self.host is not None else self.node.name
        return self.node.name if host == self.node.name else f"{self.node.name} (host {host})"

    @property
    def left_cordoned(self) -> bool:
        """Whether an update of the kernel kept pods from it, was interrupted, and has nothing left to do here."""
        return CORDONED in self.node.metadata.annotations and not (self.felix.needs_mark and self.mark.affected)

    @property
    def felix_says(self) -> str:
        """What its Calico does about IPv6, for a sentence."""
        if self.felix.dataplane.immune:
            return f"the dataplane is {self.felix.dataplane.says}"
        does = "programs" if self.felix.on else "does not program"
        return f"Calico {does} IPv6 ({self.felix.why})"

    @property
    def unready(self) -> bool:
        """Whether Calico's own pod there is seen not to be Ready."""
        return self.pod is not None and not self.pod.ready

    @property
    def symptoms(self) -> tuple[str, ...]:
        """What that pod shows."""
        if self.pod is None:
            return ()
        logged = (f"its log has: {self.log.line}",) if self.log.line else ()
        return (*pod_symptoms(self.pod), *logged)

    @property
    def grade(self) -> Grade | None:
        """How a finding is known: proven, by a table, or *predicted* where the pod shows what the table foretells."""
        listed = self.mark.grade not in (None, Grade.PROVEN)
        return Grade.PREDICTED if listed and self.unready else self.mark.grade


def unread_or_absent(calico: Fact[Install]) -> Iterator[Undecided | NotApplicable]:
    """Say what of Calico was not read, or that it does not run here at all."""
    yield from undecided(calico.unread)
    if not (calico.items or calico.unread):
        homes = " or ".join(NAMESPACES)
        yield NotApplicable(f"no DaemonSet calico-node, canal or rke2-canal in {homes}: Calico does not run here")


def on_nodes(
    installs: Iterable[Install],
    nodes: Iterable[Node],
    pods: Fact[CalicoPod],
    read: FelixRead,
    hosts: Mapping[str, HostFacts] = MappingProxyType({}),
    logs: CalicoLogs = CalicoLogs(),  # noqa: B008  a frozen record
) -> Iterator[OnNode]:
    """Judge each node that Calico runs on, with its host where it was read (by the node's name).

    Of two installs on one node, the one that needs ip6tables MARK counts.
    """
    everything = tuple(installs)
    for node in nodes:
        if node.status.node_info.operating_system == WINDOWS:
            continue
        host = hosts.get(node.name)
        judged = [_judged(node, install, pod, read, host, logs) for install, pod in _there(everything, node, pods)]
        if judged:
            yield min(judged, key=lambda one: (True, None, False).index(one.felix.needs_mark))


def _judged(
    node: Node, install: Install, pod: CalicoPod | None, read: FelixRead, facts: HostFacts | None, logs: CalicoLogs
) -> OnNode:
    """Weigh what is known: the host's probe first, then ip6tables' own words in Calico's log, then the tables.

    Where a host does not tell its kernel (a bundle whose kernel log is gone), the kubelet's word counts.
    """
    host, log = on_host(facts) if facts is not None else None, logs.of(pod)
    told = judge_kernel(node.info.kernel_version, Distribution.from_os_image(node.info.os_image))
    kernel = host.kernel if host is not None and host.facts.uname_r else told
    mark = host.mark if host is not None and kernel is host.kernel else judge_host(kernel, host.probe if host else None)
    if log.proof is not None and (host is None or not host.probed):
        mark = judge_host(kernel, said_by_log(f"{pod}'s own log", log.proof))
    return OnNode(node, install, pod, _felix(node, install, pod, read), kernel, mark, host, log)


def _felix(node: Node, install: Install, pod: CalicoPod | None, read: FelixRead) -> FelixIPv6:
    """What Felix does on a node by its pod; where that one is outdated and its successor is worse off, by that."""
    now = felix_ipv6(node.metadata, install, read, pod)
    if pod is None or now.needs_mark is not False or same_environment(IPV6_SUPPORT, install, pod, read):
        return now
    coming = felix_ipv6(node.metadata, install, read)
    if coming.needs_mark is False:
        return now
    why = f"{coming.why}; {pod} is older and has it off, until it is replaced"
    return msgspec.structs.replace(coming, why=why)


def _there(
    installs: tuple[Install, ...], node: Node, pods: Fact[CalicoPod]
) -> Iterator[tuple[Install, CalicoPod | None]]:
    """The installs that run on a node, with their pod there; without one, those that still want one there."""
    wanting: list[Install] = []
    found = False
    for install in installs:
        own = [pod for pod in pods.items if install.owns(pod)]
        here = [pod for pod in own if pod.spec.node_name == node.metadata.name]
        if here:
            found = True
            yield install, max(here, key=_newest)
        elif _wants_more(install, own, pods):
            wanting.append(install)
    if not found:
        yield from ((install, None) for install in wanting)


def _newest(pod: CalicoPod) -> tuple[bool, str]:
    """While a pod is replaced there are two on its node: the one that stays counts."""
    created = pod.metadata.creation_timestamp
    return pod.metadata.deletion_timestamp is None, created.isoformat() if created is not None else ""


def _wants_more(install: Install, own: list[CalicoPod], pods: Fact[CalicoPod]) -> bool:
    """Whether a node without a pod may get one: the pods were not read, or are fewer than the DaemonSet wants.

    A pod that is not scheduled yet is on no node, and says of none that it has one.
    """
    status, meta = install.daemon_set.status, install.daemon_set.metadata
    if pods.unread or status.observed_generation < meta.generation:
        return True
    return len({pod.spec.node_name for pod in own if pod.spec.node_name}) < status.desired_number_scheduled


class _Pods(Struct, frozen=True, kw_only=True):
    containers: list[dict[str, Any]] = []


class _Template(Struct, frozen=True, kw_only=True):
    spec: _Pods = _Pods()


class _Spec(Struct, frozen=True, kw_only=True):
    template: _Template = _Template()


class AsWritten(Struct, frozen=True, kw_only=True):
    """A DaemonSet with its containers as plain JSON: what is changed must be known to the letter."""

    metadata: ObjectMeta
    spec: _Spec = _Spec()

    @property
    def containers(self) -> list[dict[str, Any]]:
        """The containers of its template, in order."""
        return self.spec.template.spec.containers


class IPv6Users(msgspec.Struct, frozen=True):
    """What must be known before IPv6 is turned off: who needs it, and the DaemonSets to change, as written.

    `needs` are reasons against it, `unread` why not all of them can be known.
    """

    needs: tuple[str, ...] = ()
    unread: tuple[str, ...] = ()
    daemon_sets: tuple[AsWritten, ...] = ()

    def as_written(self, install: Install) -> AsWritten | None:
        """The DaemonSet of an install, if it is still there and was read."""
        uid = install.daemon_set.metadata.uid
        return next((one for one in self.daemon_sets if one.metadata.uid == uid), None)


def set_env(install: Install) -> str:
    """The command that turns Felix' IPv6 off in a DaemonSet."""
    meta = install.daemon_set.metadata
    return (
        f"kubectl set env daemonset/{meta.name} --namespace {meta.namespace} --containers=calico-node "
        f"{IPV6_SUPPORT}={OFF}"
    )


def rollout_status(install: Install) -> str:
    """The command that follows a DaemonSet's rollout."""
    meta = install.daemon_set.metadata
    return f"kubectl rollout status daemonset/{meta.name} --namespace {meta.namespace}"


def selector(install: Install) -> str:
    """The label of Calico's pods (facts/cni.md): a list by it costs what Calico's pods cost."""
    return "k8s-app=canal" if install.kind is Kind.CANAL else "k8s-app=calico-node"
