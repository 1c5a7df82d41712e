"""Whether a node's Felix programs IPv6 through ip6tables, and where the truth of that lies.

Felix' own default is on: with nothing set anywhere it programs IPv6, also on clusters of IPv4 alone (facts/cni.md).
"""

from enum import StrEnum
from typing import Final

import msgspec

from domain.calico import CalicoPod, Install
from domain.felix.environment import BPF_ENABLED, IPV6_SUPPORT, NFTABLES_MODE
from domain.felix.settings import FelixRead, Setting, same_environment, setting
from domain.felix.values import felix_boolean
from domain.objects import ObjectMeta

CONFIG_FILE: Final = "a config file in Felix' image would outrank that, and cannot be read from here"
ADDRESS_ONLY: Final = "IP6={} says which IPv6 address the node has, and nothing of what Felix programs"
_ADDRESS: Final = "IP6"
_DEFAULT_MODE: Final = "kube-proxy is in nftables mode, but nftablesMode is not set, and its default differs by version"


class DataplaneKind(StrEnum):
    """What Felix programs."""

    IPTABLES = "iptables"
    NFTABLES = "nftables"
    EBPF = "eBPF"
    VPP = "VPP"


class Dataplane(msgspec.Struct, frozen=True):
    """What a node's Felix programs; `immune` where that has no iptables MARK in it."""

    kind: DataplaneKind
    says: str

    @property
    def immune(self) -> bool:
        """Only the nftables dataplane has its own way to set a mark (inferred, facts/cni.md)."""
        return self.kind is DataplaneKind.NFTABLES


class FelixIPv6(msgspec.Struct, frozen=True):
    """Whether Felix programs IPv6 on a node: `on` is None where that is undecided, with what would help.

    `where` is the place that says so, `why` a clause for a sentence; `remarks` are for a person's eye.
    """

    on: bool | None
    why: str
    where: str
    dataplane: Dataplane
    would_help: str | None = None
    remarks: tuple[str, ...] = ()

    @property
    def needs_mark(self) -> bool | None:
        """Whether this Felix needs ip6tables MARK: it programs IPv6, and not through nftables."""
        return False if self.dataplane.immune else self.on


def felix_ipv6(node: ObjectMeta, install: Install, read: FelixRead, pod: CalicoPod | None = None) -> FelixIPv6:
    """Say whether Felix programs IPv6 on a node, by the node's own Calico pod where it has one."""
    found = setting(IPV6_SUPPORT, node, install, read, pod)
    plane = dataplane(node, install, read, pod)
    if found.obstacle is not None:
        return FelixIPv6(
            None, found.obstacle, found.where, plane, found.would_help, _remarks(found, install, pod, read)
        )
    if found.value is None:
        why = f"{IPV6_SUPPORT} is set nowhere, and Felix' default is on"
        return FelixIPv6(True, why, found.where, plane, remarks=_remarks(found, install, pod, read))
    read_as = felix_boolean(found.value, default=True)
    why = f"{found.where} is {found.value}"
    if read_as.odd:
        why += ", which is no boolean of Felix', so that its default counts: on"
    return FelixIPv6(read_as.value, why, found.where, plane, remarks=_remarks(found, install, pod, read))


def _remarks(found: Setting, install: Install, pod: CalicoPod | None, read: FelixRead) -> tuple[str, ...]:
    remarks = []
    if found.outranked is not None:
        remarks.append(f"{found.outranked} is outranked by the environment")
    if found.obstacle is None and not found.by_environment:
        remarks.append(CONFIG_FILE)
    if pod is not None and not same_environment(IPV6_SUPPORT, install, pod, read):
        remarks.append(f"{pod} is older than what {install} says now: it was not replaced yet")
    container = install.felix if pod is None else pod.spec.felix
    address = next((one.value for one in container.env if one.name == _ADDRESS), "") if container is not None else ""
    if address:
        remarks.append(ADDRESS_ONLY.format(address))
    return tuple(remarks)


def dataplane(node: ObjectMeta, install: Install, read: FelixRead, pod: CalicoPod | None = None) -> Dataplane:
    """Say what a node's Felix programs: nftables where it is told to, or in `Auto` where kube-proxy does.

    What cannot be read counts as iptables, which is not immune. In eBPF mode Felix still programs rules of iptables.
    """
    network = install.installation.spec.calico_network if install.installation is not None else None
    asked = network.linux_dataplane.lower() if network is not None else ""
    mode = setting(NFTABLES_MODE, node, install, read, pod)
    if _nftables(mode, asked, read.kube_proxy_mode):
        return Dataplane(DataplaneKind.NFTABLES, f"nftables, by {_told(mode, asked)}: ip6tables MARK is not used")
    if asked == "vpp":
        return Dataplane(DataplaneKind.VPP, "VPP, by the Installation: whether it uses ip6tables is not known here")
    bpf = setting(BPF_ENABLED, node, install, read, pod)
    enabled = asked == "bpf" if bpf.value is None else felix_boolean(bpf.value, default=False).value
    if enabled:
        says = f"eBPF, by {_told(bpf, asked)}: Felix still programs some rules of ip6tables"
        return Dataplane(DataplaneKind.EBPF, says)
    if mode.obstacle is not None:
        return Dataplane(DataplaneKind.IPTABLES, f"taken to be iptables: {mode.obstacle}")
    if mode.value is None and read.kube_proxy_mode == "nftables":
        return Dataplane(DataplaneKind.IPTABLES, f"taken to be iptables: {_DEFAULT_MODE}")
    return Dataplane(DataplaneKind.IPTABLES, "iptables")


def _nftables(mode: Setting, asked: str, kube_proxy_mode: str) -> bool:
    """Felix' own rule (useNftables): Enabled, or Auto with a kube-proxy in nftables mode."""
    value = mode.value.lower() if mode.value is not None else ""
    if value == "enabled" or (not value and asked == "nftables"):
        return True
    return value == "auto" and kube_proxy_mode == "nftables"


def _told(found: Setting, asked: str) -> str:
    if found.value is None:
        return f"the Installation's linuxDataplane ({asked})"
    return f"{found.where} ({found.value})"
