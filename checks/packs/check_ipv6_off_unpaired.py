"""IPv6 is off in the operating system while Calico still programs it: the half measure that the runbook warns of."""

from collections.abc import Iterator

import pytest

from domain.artifacts import ArtifactsRead
from domain.calico import CalicoPod, Install
from domain.calico_ipv6 import OnNode, on_nodes, unread_or_absent
from domain.facts import Fact, undecided
from domain.felix import FelixRead
from domain.hosts import HostsRead, join
from domain.ipv6_off import by_hand, evidence, why_off
from domain.objects import Node
from domain.scenario import Scenario, Severity
from domain.unpaired_in_files import judge_pairs
from domain.verdict import Decide, Finding, Grade, NotAsked, Statement, Undecided

SCENARIO = Scenario(
    id="packs/ipv6-off-unpaired",
    title="IPv6 is off in the operating system, and Calico still programs it",
    severity=Severity.MEDIUM,
    runbook="troubleshooting/packs#debug-steps---disable-ipv6-on-the-byos-edge-os-pack-level",
)

HOSTS = "--hosts=nodes: whether IPv6 is off in a node's operating system is seen on the node itself"
CLUSTER = "--kubeconfig=FILE: whether Calico programs IPv6 there is said by its cluster"


def detect(
    calico: Fact[Install],
    calico_pods: Fact[CalicoPod],
    felix: FelixRead,
    nodes: Fact[Node],
    host_facts: HostsRead,
    artifacts: ArtifactsRead,
) -> Iterator[Statement]:
    """Yield a finding for each node whose operating system has IPv6 off, and whose Calico does not.

    Of files, for each stage that turns IPv6 off while Calico of the same profile programs it.
    """
    if artifacts.alone:
        yield from judge_pairs(artifacts, SCENARIO.link)
        return
    if host_facts.alone:
        yield from _alone(host_facts)
        return
    yield from unread_or_absent(calico)
    if not calico.items:
        return
    joined = join(host_facts.items, nodes.items)
    yield from undecided((*nodes.unread, *calico_pods.unread, *host_facts.unread))
    asked = bool(joined.by_node or joined.refused or host_facts.unread)  # else the hosts that were given are others
    there = on_nodes(calico.items, nodes.items, calico_pods, felix, joined.by_node)
    yield from _judge_all(there, {unread.subject for unread in host_facts.unread}, asked=asked)


def _judge_all(nodes: Iterator[OnNode], said: set[str], *, asked: bool) -> Iterator[Statement]:
    """Judge each node whose host was read; the others are left open, or nobody asked for them."""
    left_open = []
    for one in nodes:
        if one.felix.on is False:
            continue  # whatever the operating system does, Calico does the other half
        if one.host is not None:
            yield from _judge(one)
        elif one.subject not in said:
            left_open.append(one)
    if asked:
        yield from (
            Undecided(one.subject, f"its host was not read, and {_calico_says(one)}", HOSTS) for one in left_open
        )
    elif left_open:
        on = f"{len(left_open)} node{'s' * (len(left_open) > 1)}"
        yield NotAsked(f"no hosts were given, and {_calico_says(left_open[0])} on {on} ({HOSTS})")


def _judge(one: OnNode) -> Iterator[Statement]:
    """What the operating system and Felix come to on a node whose host was read."""
    assert one.host is not None
    host = one.host.facts
    off = host.ipv6.off
    if off is None:
        yield Undecided(one.subject, f"whether IPv6 is off in the operating system of {host.name} was not told", HOSTS)
    elif off and one.felix.on is None:
        why = f"{host.name}: {why_off(host)}, and whether Calico programs IPv6 there is not known: {one.felix.why}"
        yield Undecided(one.subject, why, one.felix.would_help)
    elif off:
        message = (
            f"{one.node.name}: IPv6 is off in its operating system ({why_off(host)}), and {_calico_says(one)} all the "
            "same: the one does not do without the other"
        )
        found = evidence(one, host)
        hands = tuple(by_hand(one))
        yield Finding(one.subject, Grade.PROVEN, message, found, hands, "disable-calico-ipv6", SCENARIO.link)


def _calico_says(one: OnNode) -> str:
    if one.felix.on is None:
        return f"whether Calico programs IPv6 is not known ({one.felix.why})"
    return f"Calico programs IPv6 ({one.felix.why})"


def _alone(host_facts: HostsRead) -> Iterator[Statement]:
    """A host alone tells of the first half only; where that is not done, nothing is unpaired."""
    yield from undecided(host_facts.unread)
    for host in host_facts.items:
        subject = f"host:{host.name}"
        if host.ipv6.off is None:
            yield Undecided(subject, f"whether IPv6 is off in the operating system of {host.name} was not told")
        elif host.ipv6.off:
            why = f"{host.name}: IPv6 is off in its operating system ({why_off(host)}), and Calico was not read"
            yield Undecided(subject, why, CLUSTER)


@pytest.mark.scenario(SCENARIO)
def test_ipv6_that_is_off_in_the_os_is_off_in_calico(
    calico: Fact[Install],
    calico_pods: Fact[CalicoPod],
    felix: FelixRead,
    nodes: Fact[Node],
    host_facts: HostsRead,
    artifacts: ArtifactsRead,
    verdict: Decide,
) -> None:
    """No node's Calico programs IPv6 where its operating system has IPv6 off."""
    verdict(detect(calico, calico_pods, felix, nodes, host_facts, artifacts))
