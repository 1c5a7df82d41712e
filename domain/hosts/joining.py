"""Which host is which node: evidence from one machine must never be put to another.

Clones share machine-ids, and containers on one machine share its boot id; so a host is a node only where both are equal
and nothing else could be. What is ambiguous is refused by name, and never guessed (facts/hosts.md).
"""

from collections.abc import Iterable, Sequence

import msgspec

from domain.hosts.facts import HostFacts
from domain.objects import Node


class RefusedHost(msgspec.Struct, frozen=True):
    """A host that may be a node of the cluster and cannot be put to one, and why."""

    host: str
    reason: str


class Joined(msgspec.Struct, frozen=True):
    """Hosts by the node that they are, hosts that belong to no node, and hosts that are refused."""

    by_node: dict[str, HostFacts] = {}
    alone: tuple[HostFacts, ...] = ()
    refused: tuple[RefusedHost, ...] = ()


def join(hosts: Sequence[HostFacts], nodes: Sequence[Node]) -> Joined:
    """Put hosts to the nodes that they are.

    By machine-id and boot id, both equal. A host without a machine-id (an edge bundle) by its boot id, else by a
    hostname that only one node has. Two hosts with one machine-id, and two that would be one node, are refused.
    """
    by_node: dict[str, list[HostFacts]] = {}
    alone: list[HostFacts] = []
    refused = {id(host): reason for host in hosts if (reason := _twin(host, hosts))}
    for host in hosts:
        if id(host) in refused:
            continue
        found = _by_ids(host, nodes) if host.machine_id else _by_boot_or_name(host, nodes)
        if isinstance(found, str):
            refused[id(host)] = found
        elif found is None:
            alone.append(host)
        else:
            by_node.setdefault(found.name, []).append(host)
    for name, several in by_node.items():
        for host in several if len(several) > 1 else ():
            others = _names(other for other in several if other is not host)
            refused[id(host)] = f"it would be node {name}, and so would {others}"
    return Joined(
        {name: several[0] for name, several in by_node.items() if len(several) == 1},
        tuple(alone),
        tuple(RefusedHost(host.name, refused[id(host)]) for host in hosts if id(host) in refused),
    )


def _twin(host: HostFacts, hosts: Sequence[HostFacts]) -> str | None:
    """Why a host is refused for another that has its machine-id."""
    if not host.machine_id:
        return None
    twins = [other for other in hosts if other is not host and other.machine_id == host.machine_id]
    if not twins:
        return None
    same = [other for other in twins if other.boot_id == host.boot_id]
    if same:
        return f"it is the same machine as {_names(same)} (machine-id and boot id are equal): name it once"
    return f"it has the same machine-id as {_names(twins)}: clones cannot be told apart"


def _by_ids(host: HostFacts, nodes: Sequence[Node]) -> Node | str | None:
    """The one node with both ids; why it cannot be told, where only one of them is equal; None where neither is."""
    same_machine = [node for node in nodes if node.info.machine_id.lower() == host.machine_id]
    same_boot = [node for node in nodes if host.boot_id and node.info.boot_id.lower() == host.boot_id]
    both = [node for node in same_machine if node in same_boot]
    if len(both) == 1:
        return both[0]
    if both:
        return f"nodes {_named(both)} have its machine-id and its boot id"
    if same_machine:
        return f"node {_named(same_machine)} has its machine-id and another boot id: rebooted since, or a clone"
    if same_boot:
        return f"node {_named(same_boot)} has its boot id and another machine-id: containers on one machine"
    return None


def _by_boot_or_name(host: HostFacts, nodes: Sequence[Node]) -> Node | str | None:
    """The one node with a host's boot id, else the only one that goes by its hostname."""
    same_boot = [node for node in nodes if host.boot_id and node.info.boot_id.lower() == host.boot_id]
    if len(same_boot) == 1:
        return same_boot[0]
    if same_boot:
        return f"nodes {_named(same_boot)} have its boot id, and it has no machine-id"
    named = [node for node in nodes if host.hostname and host.hostname.lower() in node.hostnames]
    if len(named) > 1:
        return f"nodes {_named(named)} go by its hostname {host.hostname}, and it has no machine-id"
    return named[0] if named else None


def _named(nodes: Sequence[Node]) -> str:
    return ", ".join(node.name for node in nodes)


def _names(hosts: Iterable[HostFacts]) -> str:
    return ", ".join(host.name for host in hosts)
