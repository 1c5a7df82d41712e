"""Why a node or a host is believed to lack ip6tables' MARK for Calico, and what a person would type there."""

from collections.abc import Iterable, Iterator
from typing import Any, Final

from domain.calico import Install, Kind
from domain.calico_ipv6 import VALUES, OnNode, rollout_status, set_env
from domain.drain import CORDONED
from domain.felix import place_of_change
from domain.hosts import HostFacts, Joined
from domain.kernels import KernelVerdict, parse_release, ubuntu_package_names
from domain.mark import OnHost
from domain.objects import Node
from domain.verdict import Note

CALICO_UNREAD: Final = (
    "Calico was not read: with a cluster (--kubeconfig=FILE) it would be said whether Calico programs IPv6 there, "
    "and it could be turned off"
)
"""What the half that is missing would add to what a host alone tells."""

HOST_UNREAD: Final = "the host was not read: with --hosts=nodes the probe on it would prove or refute that"
"""What the half that is missing would add to what the API alone tells."""


def evidence(one: OnNode) -> dict[str, Any]:
    """Why a finding on a node is believed, as plain JSON."""
    info, pod = one.node.info, one.pod
    return {
        **of_kernel(one.kernel),
        "kernel": info.kernel_version,
        "os image": info.os_image,
        "install": f"{one.install.kind}: {one.install}",
        "IPv6 from": one.felix.where,
        "dataplane": one.felix.dataplane.says,
        "remarks": list(one.felix.remarks),
        "pod": str(pod) if pod is not None else None,
        "ready": pod.ready if pod is not None else None,
        "restarts": pod.restarts if pod is not None else None,
        "log": one.log.line or (f"not read: {one.log.unread}" if one.log.unread else None),
        "machine id": info.machine_id,
        "boot id": info.boot_id,
        **(of_host(one.host) if one.host is not None else {"host": None}),
    }


def of_kernel(kernel: KernelVerdict) -> dict[str, Any]:
    """What the tables have of a kernel."""
    return {
        "kernel": kernel.release,
        "listed by": [str(table) for table in kernel.listed_by],
        "tables": [word.clause for word in kernel.words],
        "sources": list(kernel.sources),
        "fixed kernel": kernel.fixed,
    }


def of_host(host: OnHost) -> dict[str, Any]:
    """What was read of a host from within."""
    facts = host.facts
    return {
        "host": facts.name,
        "read by": facts.source,
        "host's kernel": f"{facts.uname_r} ({facts.uname_v})",
        "distribution": facts.distribution.name,
        "probe": host.probe.sentence if host.probe is not None else None,
        "ip6tables": str(facts.ip6tables),
        "installed kernels": [kernel.release for kernel in facts.packages.kernels],
        "held packages": list(facts.packages.holds),
        "boots next": facts.next_boot.release or facts.next_boot.newest,
        "reboot required": facts.reboot_required,
        "immutable": list(facts.immutable),
    }


def left_cordoned(one: OnNode) -> tuple[str, tuple[str, ...]]:
    """What is said of a node that an interrupted update of its kernel left cordoned, and how it is let go of."""
    name, by = one.node.name, one.node.metadata.annotations[CORDONED]
    why = f"{by} of an earlier run was interrupted (annotation {CORDONED}), and its kernel is not in the way any more"
    hand = (f"kubectl uncordon {name}", f"kubectl annotate node {name} {CORDONED}-")
    return f"{name} takes no pods: {why}; {one.mark.sentence}", hand


def by_hand(one: OnNode) -> tuple[str, ...]:
    """The runbook's ways with a node's values, the preferred one where IPv6 is not needed first."""
    return tuple(_on_node(one))


def in_calico(install: Install) -> Iterator[str]:
    """How IPv6 is turned off in Calico: where its install has it, and where it lasts."""
    if install.kind is Kind.OPERATOR:
        place = place_of_change(install)
        yield f"kubectl edit installation {place.name}"
        yield f"# there: take away {place.path} ({place.why})"
        yield rollout_status(install)
        return
    yield set_env(install)
    yield rollout_status(install)
    yield "# to last, in the Calico pack's values:"
    yield from (f"#   {line}" for line in VALUES)


def _on_node(one: OnNode) -> Iterator[str]:
    yield from in_calico(one.install)
    kernel = one.kernel.fixed or "one that the tables have as fixed"
    yield f"# where IPv6 is needed, boot a fixed kernel on {one.node.name} instead: {kernel}"
    if one.host is not None:
        drain = (f"kubectl drain {one.node.name} --ignore-daemonsets --delete-emptydir-data",)
        steps = (*drain, *_kernel_steps(one.host.facts, one.kernel), f"kubectl uncordon {one.node.name}")
        yield from (f"#   {step}" for step in steps)
    yield "# where Calico is optional, another CNI"
    yield "# IPv6 off in the OS alone is not enough: pair it with Calico's"


def by_hand_on_host(host: OnHost) -> tuple[str, ...]:
    """What a person would do on a host that is no node of a cluster that was read."""
    return (
        "# where Calico programs IPv6 and does not need to, turn that off in its pack's values:",
        *(f"#   {line}" for line in VALUES),
        f"# else boot a fixed kernel on {host.facts.name}, drained first where it is a node:",
        *_kernel_steps(host.facts, host.kernel),
    )


def _kernel_steps(facts: HostFacts, kernel: KernelVerdict) -> tuple[str, ...]:
    """How a fixed kernel comes to a host: by apt, or by its image where packages cannot be installed there."""
    if facts.immutable:
        return (
            f"# on {facts.name}: no package can be installed ({'; '.join(facts.immutable)})",
            "# build its image with a fixed kernel (Kairos: Dockerfile.ubuntu; CanvOS: BASE_IMAGE in .arg), and keep",
            "# UPDATE_KERNEL=false in .arg, so that an upgrade does not move the kernel",
        )
    if kernel.fixed is None or parse_release(kernel.fixed).abi is None:
        return (f"# on {facts.name}: install a kernel that its distribution has fixed, and reboot",)
    names = ubuntu_package_names(kernel.fixed)
    packages = f"{names.image} {names.modules} {names.modules_extra}"
    return (
        "sudo apt-get update",
        f"sudo apt-get install {packages}",
        f"sudo apt-mark hold {packages}",
        "sudo reboot",
    )


def unjoined(joined: Joined, nodes: Iterable[Node]) -> Iterator[Note]:
    """Say which hosts are no evidence here, and why: those that may be a node, and those that only bear its name."""
    for refused in joined.refused:
        yield Note(f"host:{refused.host}", f"what was read of it is not used: {refused.reason}")
    names = {name for node in nodes for name in node.hostnames}
    for host in joined.alone:
        if host.name.lower() in names:
            why = f"node {host.name} has neither its machine-id nor its boot id: another machine answered"
            yield Note(f"host:{host.name}", f"what was read of it is not used: {why}")
