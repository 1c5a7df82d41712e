"""Calico programs IPv6 on a kernel whose ip6tables MARK is broken: calico-node never becomes ready there."""

from collections.abc import Iterator

import pytest

from domain.artifacts import ArtifactsRead
from domain.calico import NAMESPACES, CalicoPod, Install, Kind
from domain.calico_in_files import judge_calico_files
from domain.calico_ipv6 import VALUES, OnNode, on_nodes, rollout_status, set_env
from domain.facts import Fact, undecided
from domain.felix import FelixRead, place_of_change
from domain.kernels import State
from domain.kernels.host import KUBE_PROXY
from domain.objects import Node
from domain.scenario import Scenario, Severity
from domain.verdict import Decide, Finding, Grade, NotApplicable, Note, Statement, Undecided

SCENARIO = Scenario(
    id="packs/calico-ipv6-kernel",
    title="Calico fails to start when IPv6 is enabled",
    severity=Severity.HIGH,
    runbook="troubleshooting/packs#scenario---calico-fails-to-start-when-ipv6-is-enabled",
)

PROBE = "--hosts=nodes: the probe on the host itself decides (hosts are not read by this version yet)"


def detect(
    calico: Fact[Install],
    calico_pods: Fact[CalicoPod],
    felix: FelixRead,
    nodes: Fact[Node],
    artifacts: ArtifactsRead,
) -> Iterator[Statement]:
    """Yield a finding for each node whose Calico needs ip6tables MARK, and whose kernel lacks it.

    Of files alone: for each Calico pack that would come to that.
    """
    if artifacts.alone:
        yield from judge_calico_files(artifacts, SCENARIO.link)
        return
    yield from undecided(calico.unread)
    if not calico.items:
        if not calico.unread:
            yield NotApplicable(
                f"no DaemonSet calico-node, canal or rke2-canal in {' or '.join(NAMESPACES)}: Calico does not run here"
            )
        return
    yield from undecided((*nodes.unread, *calico_pods.unread))
    for one in on_nodes(calico.items, nodes.items, calico_pods, felix):
        yield from _judge(one)


def _judge(one: OnNode) -> Iterator[Statement]:
    """Off at Felix, nothing is wrong; on a sound kernel neither; what of the two is not known is never fine."""
    needs, grade = one.felix.needs_mark, one.grade
    if needs is False:
        if one.kernel.state is not State.CLEAR:
            yield Note(one.subject, f"not affected: {_felix_says(one)}; its kernel all the same: {one.kernel.sentence}")
    elif one.kernel.state is State.CLEAR:
        return
    elif needs is None:
        help_ = "; ".join(dict.fromkeys(h for h in (one.felix.would_help, _probe(one)) if h))
        why = f"whether Calico programs IPv6 there is not known: {one.felix.why}; {one.kernel.sentence}"
        yield Undecided(one.subject, why, help_ or None)
    elif grade is None:
        yield Undecided(one.subject, "; ".join((one.kernel.sentence, _felix_says(one), *one.symptoms)), PROBE)
    else:
        yield _finding(one, grade)


def _probe(one: OnNode) -> str | None:
    return PROBE if one.kernel.state is State.UNKNOWN else None


def _felix_says(one: OnNode) -> str:
    if one.felix.dataplane.immune:
        return f"the dataplane is {one.felix.dataplane.says}"
    does = "programs" if one.felix.on else "does not program"
    return f"Calico {does} IPv6 ({one.felix.why})"


def _finding(one: OnNode, grade: Grade) -> Finding:
    kernel, felix, info = one.kernel, one.felix, one.node.status.node_info
    said = [
        f"{one.node.metadata.name}: {_felix_says(one)}, which needs ip6tables MARK, and {kernel.sentence}",
        f"fixed: {kernel.fixed}" if kernel.fixed else "no fixed kernel of this flavour is known",
        *one.symptoms,
        KUBE_PROXY,
    ]
    return Finding(
        one.subject,
        grade,
        "; ".join(said),
        evidence={
            "kernel": info.kernel_version,
            "os image": info.os_image,
            "listed by": [str(table) for table in kernel.listed_by],
            "tables": [word.clause for word in kernel.words],
            "sources": list(kernel.sources),
            "fixed kernel": kernel.fixed,
            "install": f"{one.install.kind}: {one.install}",
            "IPv6 from": felix.where,
            "dataplane": felix.dataplane.says,
            "remarks": list(felix.remarks),
            "pod": str(one.pod) if one.pod is not None else None,
            "ready": one.pod.ready if one.pod is not None else None,
            "restarts": one.pod.restarts if one.pod is not None else None,
            "machine id": info.machine_id,
            "boot id": info.boot_id,
        },
        by_hand=tuple(_by_hand(one)),
        remedy="disable-calico-ipv6",
        source=SCENARIO.link,
    )


def _by_hand(one: OnNode) -> Iterator[str]:
    """The runbook's ways with this node's values, the preferred one where IPv6 is not needed first."""
    if one.install.kind is Kind.OPERATOR:
        place = place_of_change(one.install)
        yield f"kubectl edit installation {place.name}"
        yield f"# there: take away {place.path} ({place.why})"
    else:
        yield set_env(one.install)
    yield rollout_status(one.install)
    yield "# to last, in the Calico pack's values:"
    yield from (f"#   {line}" for line in VALUES)
    kernel = one.kernel.fixed or "one that the tables have as fixed"
    yield f"# where IPv6 is needed, boot a fixed kernel on {one.node.metadata.name} instead: {kernel}"
    yield "# where Calico is optional, another CNI"
    yield "# IPv6 off in the OS alone is not enough: pair it with Calico's"


@pytest.mark.scenario(SCENARIO)
def test_calico_needs_no_mark_that_its_kernels_lack(
    calico: Fact[Install],
    calico_pods: Fact[CalicoPod],
    felix: FelixRead,
    nodes: Fact[Node],
    artifacts: ArtifactsRead,
    verdict: Decide,
) -> None:
    """No node's Calico programs IPv6 through ip6tables on a kernel that has no MARK for it."""
    verdict(detect(calico, calico_pods, felix, nodes, artifacts))
