"""Calico programs IPv6 on a kernel whose ip6tables MARK is broken: calico-node never becomes ready there."""

from collections.abc import Iterator

import pytest

from domain.artifacts import ArtifactsRead
from domain.calico import CalicoPod, Install
from domain.calico_in_files import judge_calico_files
from domain.calico_ipv6 import OnNode, on_nodes, unread_or_absent
from domain.calico_ipv6_evidence import (
    CALICO_UNREAD,
    HOST_UNREAD,
    by_hand,
    by_hand_on_host,
    evidence,
    left_cordoned,
    of_host,
    of_kernel,
    unjoined,
)
from domain.facts import Fact, undecided
from domain.felix import CalicoLogs, FelixRead
from domain.hosts import HostsRead, join
from domain.mark import on_host
from domain.objects import Node
from domain.scenario import Scenario, Severity
from domain.verdict import Decide, Finding, Grade, Note, Statement, Undecided

SCENARIO = Scenario(
    id="packs/calico-ipv6-kernel",
    title="Calico fails to start when IPv6 is enabled",
    severity=Severity.HIGH,
    runbook="troubleshooting/packs#scenario---calico-fails-to-start-when-ipv6-is-enabled",
)

PROBE = "--hosts=nodes: the probe on the host itself decides"


def detect(
    calico: Fact[Install],
    calico_pods: Fact[CalicoPod],
    calico_logs: CalicoLogs,
    felix: FelixRead,
    nodes: Fact[Node],
    host_facts: HostsRead,
    artifacts: ArtifactsRead,
) -> Iterator[Statement]:
    """Yield a finding for each node whose Calico needs ip6tables MARK, and whose kernel lacks it.

    A host that was read without a cluster is judged by its kernel alone; of files, each Calico pack that would come to
    that.
    """
    if artifacts.alone:
        yield from judge_calico_files(artifacts, SCENARIO.link)
        return
    if host_facts.alone:
        yield from _alone(host_facts)
        return
    yield from unread_or_absent(calico)
    if not calico.items:
        return
    joined = join(host_facts.items, nodes.items)
    yield from undecided((*nodes.unread, *calico_pods.unread, *host_facts.unread))
    yield from unjoined(joined, nodes.items)
    for one in on_nodes(calico.items, nodes.items, calico_pods, felix, joined.by_node, calico_logs):
        yield from _judge(one, {unread.subject for unread in host_facts.unread})


def _judge(one: OnNode, asked: set[str]) -> Iterator[Statement]:
    """Off at Felix, nothing is wrong; on a sound kernel neither; what of the two is not known is never fine."""
    needs, affected = one.felix.needs_mark, one.mark.affected
    if one.left_cordoned:
        message, hand = left_cordoned(one)
        yield Finding(one.subject, Grade.DECLARED, message, evidence(one), hand, "update-kernel", SCENARIO.link)
    if needs is False:
        if affected is not False:
            yield Note(one.subject, f"not affected: {one.felix_says}; its kernel all the same: {one.mark.sentence}")
    elif affected is False:
        yield from (Note(one.subject, note) for note in one.mark.notes)
    elif needs is None:
        help_ = "; ".join(dict.fromkeys(h for h in (one.felix.would_help, _probe(one)) if h))
        why = f"whether Calico programs IPv6 there is not known: {one.felix.why}; {one.mark.sentence}"
        yield Undecided(one.subject, why, help_ or None)
    elif one.grade is None:
        log = f"its log was not read: {one.log.unread}" if one.log.unread else ""
        said = (one.mark.sentence, one.felix_says, *one.symptoms, log)
        would_help = "; ".join(filter(None, (_probe(one), one.log.would_help)))
        yield Undecided(one.subject, "; ".join(filter(None, said)), would_help)
    else:
        yield _finding(one, one.grade, told=one.host is not None or one.subject in asked)


def _probe(one: OnNode) -> str | None:
    """What would decide whether the kernel lacks the target; nothing where that is known."""
    if one.mark.affected is not None:
        return None
    return PROBE if one.host is None else one.mark.would_help


def _finding(one: OnNode, grade: Grade, *, told: bool) -> Finding:
    said = [
        f"{one.named}: {one.felix_says}, which needs ip6tables MARK, and {one.mark.sentence}",
        f"fixed: {one.kernel.fixed}" if one.kernel.fixed else "no fixed kernel of this flavour is known",
        *one.symptoms,
        *one.mark.notes,
        *([] if told or grade is Grade.PROVEN else [HOST_UNREAD]),
    ]
    found = evidence(one)
    return Finding(one.subject, grade, "; ".join(said), found, by_hand(one), "disable-calico-ipv6", SCENARIO.link)


def _alone(host_facts: HostsRead) -> Iterator[Statement]:
    """What a host alone tells: whether its ip6tables has MARK, and not whether anybody there needs it."""
    yield from undecided(host_facts.unread)
    for host in map(on_host, host_facts.items):
        mark = host.mark
        if mark.affected is None:
            yield Undecided(host.subject, mark.sentence, mark.would_help)
        elif mark.affected and mark.grade is not None:
            message = "; ".join((f"{host.facts.name}: {mark.sentence}", *mark.notes, CALICO_UNREAD))
            found = {**of_kernel(host.kernel), **of_host(host)}
            yield Finding(host.subject, mark.grade, message, found, by_hand_on_host(host), None, SCENARIO.link)
        else:
            yield from (Note(host.subject, note) for note in mark.notes)


@pytest.mark.scenario(SCENARIO)
def test_calico_needs_no_mark_that_its_kernels_lack(
    calico: Fact[Install],
    calico_pods: Fact[CalicoPod],
    calico_logs: CalicoLogs,
    felix: FelixRead,
    nodes: Fact[Node],
    host_facts: HostsRead,
    artifacts: ArtifactsRead,
    verdict: Decide,
) -> None:
    """No node's Calico programs IPv6 through ip6tables on a kernel that has no MARK for it."""
    verdict(detect(calico, calico_pods, calico_logs, felix, nodes, host_facts, artifacts))
