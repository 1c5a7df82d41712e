"""Turn IPv6 off in the operating system too, which is not enough by itself: it is paired with turning it off in Calico.

The page has it for completeness. Calico's half is made first, so that there is never the one without the other.
"""

from collections.abc import Callable, Iterable, Iterator

import msgspec

from domain.calico import CalicoPod, Install
from domain.calico_ipv6 import IPv6Users
from domain.facts import Fact
from domain.felix import FelixRead
from domain.hosts import HostFacts, HostsRead, Transport, join
from domain.hosts.tasks import EVERY_INTERFACE, KAIROS_FILE, SYSCTL_FILE, TO_COME
from domain.objects import Node
from domain.plan import Act, Edit, Plan, Ref, Refusal, RunOnHost, pointer
from domain.remedy import Ask
from domain.resources import HOSTS
from domain.verdict import Finding

CalicosHalf = Callable[..., Iterator[Plan | Refusal]]
NOT_ENOUGH = "IPv6 off in the operating system is not enough by itself: Calico's half is made first"
ALREADY = "IPv6 is off already in the operating system of {}: Calico's half is what is left"


class _Refused(Exception):
    """Why a host's IPv6 is not turned off."""


def paired_with(calicos_half: CalicosHalf) -> CalicosHalf:
    """Make the remedy of this one and of the one that turns IPv6 off in Calico."""

    def disable_ipv6_sysctl(
        findings: Iterable[Finding],
        ask: Ask,
        calico: Fact[Install],
        calico_pods: Fact[CalicoPod],
        felix: FelixRead,
        nodes: Fact[Node],
        ipv6_users: IPv6Users,
        host_facts: HostsRead,
    ) -> Iterator[Plan | Refusal]:
        """Plan Calico's half for each finding, and the host's after it; without the one there is not the other."""
        hosts = join(host_facts.items, nodes.items).by_node
        for half in calicos_half(findings, ask, calico, calico_pods, felix, nodes, ipv6_users):
            if isinstance(half, Refusal):
                reason = f"it is to be paired with turning IPv6 off in Calico, and that is refused: {half.reason}"
                yield msgspec.structs.replace(half, reason=reason)
                continue
            try:
                yield _paired(ask, half, hosts.get(half.subject.removeprefix("Node/")))
            except _Refused as refused:
                yield ask.refusal(half.subject, str(refused))

    return disable_ipv6_sysctl


def _paired(ask: Ask, half: Plan, host: HostFacts | None) -> Plan:
    if host is None:
        raise _Refused("its host was not read: --hosts=nodes, or name it with --hosts=ssh://HOST")
    remarks = (NOT_ENOUGH, *half.remarks)
    if host.ipv6.off:
        return msgspec.structs.replace(half, remarks=(ALREADY.format(host.name), *remarks))
    _fit(host)
    return msgspec.structs.replace(half, changes=(*half.changes, _write(ask, host)), remarks=remarks)


def _fit(host: HostFacts) -> None:
    if host.source != "SSH":
        raise _Refused(f"its host is {host.source}: nothing can be written there")
    if host.transport is not Transport.IPV4:
        how = "IPv6" if host.transport is Transport.IPV6 else "an address that it does not tell"
        raise _Refused(f"{host.name} is reached over {how}: turning IPv6 off might cut the connection to it")
    if host.immutable and not host.kairos:
        raise _Refused(f"nothing written on {host.name} would last: {'; '.join(host.immutable)}")
    if not host.root:
        raise _Refused(f"who logs in to {host.name} is not root there: --sudo, and sudo without a password")
    if host.ipv6.all is None or host.ipv6.default is None:
        raise _Refused(f"what IPv6 is set to on {host.name} was not told: it could not be taken back")


def _write(ask: Ask, host: HostFacts) -> RunOnHost:
    path = KAIROS_FILE if host.kairos else SYSCTL_FILE
    return RunOnHost(
        ref=Ref(HOSTS, None, host.name, host.machine_id),
        act=Act.WRITE,
        names=(path,),
        edits=(
            Edit(pointer("files", path), None, "turns IPv6 off at boot"),
            Edit(pointer("sysctl", EVERY_INTERFACE), host.ipv6.all, 1),
            Edit(pointer("sysctl", TO_COME), host.ipv6.default, 1),
        ),
        reason="the page has it for completeness, beside Calico's half",
        command=f"ssh {host.name} sudo sysctl --write {EVERY_INTERFACE}=1 {TO_COME}=1  # and the same in {path}",
        boot_id=host.boot_id,
        timeout_s=ask.reboot_timeout_s,
    )
