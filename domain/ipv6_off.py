"""IPv6 that is turned off in the operating system, and Calico, which does not ask whether it is.

The runbook's page offers it as two of its ways and recommends neither by itself: it is to be paired with turning IPv6
off in Calico.
"""

from collections.abc import Iterator
from typing import Any, Final

from domain.calico_ipv6 import OnNode
from domain.calico_ipv6_evidence import in_calico
from domain.hosts import HostFacts

SYSCTL: Final = "net.ipv6.conf.all.disable_ipv6"
_BOOT: Final = ("ipv6.disable=1", "ipv6.disable_ipv6=1")


def why_off(host: HostFacts) -> str:
    """By what IPv6 is off on a host, for a sentence; nothing where it is on, or that was not read."""
    if not host.ipv6.off:
        return ""
    asked = [word for word in host.cmdline.split() if word in _BOOT]
    by_boot = f", by {' '.join(asked)} on the kernel's command line" if asked else ""
    if host.ipv6.absent:
        return f"its kernel has no IPv6{by_boot}"
    files = ", ".join(dict.fromkeys(line.partition(":")[0] for line in host.ipv6_set))
    by_file = f", set in {files}" if files else ""
    return f"{SYSCTL} is 1{by_boot or by_file}"


def evidence(one: OnNode, host: HostFacts) -> dict[str, Any]:
    """Why a finding on a node is believed, as plain JSON."""
    return {
        "host": host.name,
        "read by": host.source,
        "IPv6 in the OS": why_off(host),
        "set in": list(host.ipv6_set),
        "kernel command line": host.cmdline,
        "install": f"{one.install.kind}: {one.install}",
        "IPv6 in Calico from": one.felix.where,
        "dataplane": one.felix.dataplane.says,
        "remarks": list(one.felix.remarks),
        "pod": str(one.pod) if one.pod is not None else None,
        "machine id": one.node.info.machine_id,
        "boot id": one.node.info.boot_id,
    }


def by_hand(one: OnNode) -> Iterator[str]:
    """How the other half is done: IPv6 off in Calico as well."""
    yield from in_calico(one.install)
    yield f"# or, where IPv6 is wanted, turn it on again in the OS of {one.node.name}"
