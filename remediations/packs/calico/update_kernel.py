"""Boot a kernel whose ip6tables has MARK: node by node, each drained before and looked at after, the first a canary.

The executor makes one change after the other and stops at the first that fails, so the next node is not touched before
the one before it is back, sound, Ready and taking pods. Workers come first; of control-plane nodes never two at once.
"""

from collections.abc import Iterable, Iterator
from typing import Any

from domain.drain import CORDONED, ToEvict
from domain.facts import Fact
from domain.hosts import HostFacts, HostsRead, join, releases_of
from domain.hosts.offers import Offers, PodsOnNodes
from domain.kernels import ubuntu_package_names
from domain.kernels.target import NoKernel, target_kernel
from domain.mark import on_host
from domain.objects import Node
from domain.plan import (
    Act,
    Change,
    DrainNode,
    Edit,
    PatchObject,
    Plan,
    Ref,
    Refusal,
    Rollback,
    RunOnHost,
    Uncordon,
    pointer,
)
from domain.quorum import quorum_lost
from domain.remedy import Ask
from domain.resources import HOSTS, NODES
from domain.verdict import Finding

REMEDY = "update-kernel"
RISK = "reboot"
ANNOTATION = pointer("metadata", "annotations", CORDONED)
UNSCHEDULABLE = "/spec/unschedulable"
STAYS = "an installed kernel stays installed: undo lets go of the hold and of the node, and nothing else"
IMAGE = (
    "build its image with a fixed kernel (Kairos: Dockerfile.ubuntu; CanvOS: BASE_IMAGE in .arg, UPDATE_KERNEL=false)"
)
NO_NODE = "a host that is no node of a cluster of this run is not rebooted: nobody would drain it"


class _Refused(Exception):
    """Why a node's kernel is not updated."""


def update_kernel(
    findings: Iterable[Finding],
    ask: Ask,
    nodes: Fact[Node],
    host_facts: HostsRead,
    offered_kernels: Offers,
    pods_on_nodes: PodsOnNodes,
) -> Iterator[Plan | Refusal]:
    """Plan each node by itself, workers first; a node that was left cordoned and is sound is only let go of."""
    hosts = join(host_facts.items, nodes.items).by_node
    by_name = {f"Node/{node.name}": node for node in nodes.items}
    for finding in sorted(findings, key=lambda one: _is_control_plane(by_name.get(one.subject))):
        node = by_name.get(finding.subject)
        if node is None:
            yield ask.refusal(finding.subject, NO_NODE)
            continue
        try:
            yield _plan(ask, node, hosts.get(node.name), nodes, offered_kernels, pods_on_nodes)
        except _Refused as refused:
            yield ask.refusal(finding.subject, str(refused))


def _plan(ask: Ask, node: Node, host: HostFacts | None, nodes: Fact[Node], offered: Offers, pods: PodsOnNodes) -> Plan:
    subject = f"Node/{node.name}"
    if host is None:
        raise _Refused("its host was not read: --hosts=nodes, or name it with --hosts=ssh://HOST")
    if CORDONED in node.metadata.annotations and on_host(host).mark.affected is False:
        return ask.plan(subject, (_uncordon(node),))
    _fit(host)
    target = _target(ask, host, offered)
    leaving = _leaving(ask, node, pods)
    if why := quorum_lost(node, nodes.items):
        raise _Refused(why)
    changes, remarks = _changes(ask, node, host, target, leaving, offered)
    return ask.plan(subject, changes, remarks)


def _fit(host: HostFacts) -> None:
    """Raise _Refused for a host whose packages cannot be changed from here."""
    if host.source != "SSH":
        raise _Refused(f"its host is {host.source}: nothing can be installed there")
    if host.immutable:
        raise _Refused(f"no package can be installed on {host.name}: {'; '.join(host.immutable)}; {IMAGE}")
    if not host.root:
        raise _Refused(f"who logs in to {host.name} is not root there: --sudo, and sudo without a password")


def _target(ask: Ask, host: HostFacts, offered: Offers) -> str:
    """The release to boot, which GRUB will boot once it is installed; raises _Refused."""
    if host.name in offered.unread:
        raise _Refused(f"what apt offers on {host.name} was not read: {offered.unread[host.name]}")
    installed = [kernel.release for kernel in host.packages.kernels]
    offers = releases_of(offered.packages.get(host.name, ()))
    boot = host.next_boot
    if boot.release is None or boot.release != boot.newest:
        chosen = f"GRUB_DEFAULT is {boot.grub_default}" if boot.grub_default else "it names no GRUB_DEFAULT"
        raise _Refused(f"that {host.name} will boot the newest kernel cannot be told: {chosen}")
    try:
        return target_kernel(host.uname_r, host.distribution, offers, installed, ask.kernel)
    except NoKernel as none:
        raise _Refused(str(none)) from none


def _leaving(ask: Ask, node: Node, pods: PodsOnNodes) -> ToEvict:
    if node.name in pods.unread:
        raise _Refused(f"which pods would leave {node.name} was not read: {pods.unread[node.name]}")
    leaving = pods.to_evict.get(node.name, ToEvict())
    if leaving.unmanaged and "delete-unmanaged-pods" not in ask.allow:
        raise _Refused(
            f"{', '.join(leaving.unmanaged)} on {node.name} would not be made anew: --allow=delete-unmanaged-pods"
        )
    return leaving


def _changes(
    ask: Ask, node: Node, host: HostFacts, target: str, leaving: ToEvict, offered: Offers
) -> tuple[tuple[Change, ...], tuple[str, ...]]:
    ours = CORDONED in node.metadata.annotations or not node.spec.unschedulable
    changes: list[Change] = [] if node.spec.unschedulable else [_cordon(node)]
    changes += [_drain(ask, node, leaving), *_on_host(ask, host, target, _packages(target, host, offered))]
    changes += [_uncordon(node)] if ours else []
    remarks = [STAYS, f"{node.name}: {host.uname_r} → {target}"]
    if leaving.keeping_data:
        remarks.append(f"the data of {', '.join(leaving.keeping_data)} go with them (emptyDir)")
    if not ours:
        remarks.append(f"{node.name} was cordoned before by somebody else, and stays so")
    return tuple(changes), tuple(remarks)


def _on_host(ask: Ask, host: HostFacts, target: str, packages: tuple[str, ...]) -> Iterator[RunOnHost]:
    """What is done on the host itself, in order."""
    pinned = {"ref": Ref(HOSTS, None, host.name, host.machine_id), "boot_id": host.boot_id}
    within: dict[str, Any] = {**pinned, "timeout_s": ask.reboot_timeout_s}
    names = " ".join(packages)
    yield RunOnHost(
        act=Act.INSTALL,
        names=packages,
        edits=tuple(Edit(pointer("packages", name), None, "installed") for name in packages),
        reason=f"{target} is what its apt offers, and fixed by the tables",
        command=f"ssh {host.name} sudo apt-get install {names}",
        irreversible="an installed kernel stays installed",
        rollback=Rollback.KEEP,
        **within,
    )
    yield RunOnHost(
        act=Act.HOLD,
        names=packages,
        edits=tuple(Edit(pointer("holds", name), None, "held") for name in packages),
        reason="an upgrade shall not take it away",
        command=f"ssh {host.name} sudo apt-mark hold {names}",
        **within,
    )
    yield RunOnHost(
        act=Act.REBOOT,
        names=(target,),
        edits=(Edit("/kernel", host.uname_r, target), Edit("/boot id", host.boot_id, "another")),
        reason="GRUB boots the newest kernel; it is looked at by uname, by the probe and by its node",
        command=f"ssh {host.name} sudo reboot",
        risk=RISK,
        irreversible="a boot is over",
        rollback=Rollback.KEEP,
        **within,
    )


def _drain(ask: Ask, node: Node, leaving: ToEvict) -> DrainNode:
    how = f"--ignore-daemonsets --delete-emptydir-data --timeout={ask.drain_timeout_s:.0f}s"
    return DrainNode(
        ref=_ref(node),
        reason="its host is rebooted",
        command=f"kubectl drain {node.name} {how}",
        risk=RISK,
        pods=tuple(map(str, leaving.pods)),
        timeout_s=ask.drain_timeout_s,
        irreversible="controllers have made the pods anew elsewhere",
    )


def _packages(target: str, host: HostFacts, offered: Offers) -> tuple[str, ...]:
    """Image, modules and modules-extra, as far as they are packages of their own there."""
    names = ubuntu_package_names(target)
    there = {*offered.packages.get(host.name, ()), *host.packages.installed}
    return tuple(name for name in (names.image, names.modules, names.modules_extra) if name in there)


def _cordon(node: Node) -> PatchObject:
    return PatchObject(
        ref=_ref(node),
        edits=(Edit(UNSCHEDULABLE, None, True), Edit(ANNOTATION, None, REMEDY)),
        reason="its host is rebooted; the annotation says whose it is",
        command=f"kubectl cordon {node.name}",
        risk=RISK,
    )


def _uncordon(node: Node) -> Uncordon:
    return Uncordon(
        ref=_ref(node),
        edits=(Edit(UNSCHEDULABLE, True, None), Edit(ANNOTATION, REMEDY, None)),
        reason="its host is back and sound",
        command=f"kubectl uncordon {node.name}",
        irreversible="the node takes pods again, as before the run",
    )


def _ref(node: Node) -> Ref:
    return Ref(NODES, None, node.name, node.metadata.uid)


def _is_control_plane(node: Node | None) -> bool:
    return node is not None and node.control_plane
