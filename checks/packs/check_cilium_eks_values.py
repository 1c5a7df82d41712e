"""Cilium on EKS runs with values that clash with the AWS VPC CNI: worker nodes never become ready."""

from collections.abc import Iterator

import pytest

from domain.artifacts import ArtifactsRead
from domain.cilium.beside import beside
from domain.cilium.byhand import by_hand
from domain.cilium.cluster import Cilium, elsewhere, unseen
from domain.cilium.coming import judge_coming
from domain.cilium.judging import State
from domain.cilium.objects import AGENT, CONFIG, NAMESPACE, SUBJECT
from domain.cilium.places import Place
from domain.cilium.profiles import judge_files
from domain.facts import undecided
from domain.scenario import Scenario, Severity
from domain.verdict import Decide, Finding, Grade, NotApplicable, Statement, Undecided

SCENARIO = Scenario(
    id="packs/cilium-eks-values",
    title="AWS EKS cluster deployment fails when Cilium is used as CNI",
    severity=Severity.HIGH,
    runbook="troubleshooting/packs#scenario---aws-eks-cluster-deployment-fails-when-cilium-is-used-as-cni",
)


def detect(cilium: Cilium, artifacts: ArtifactsRead) -> Iterator[Statement]:
    """Yield a finding for each place that says any of the ten values otherwise than EKS needs it."""
    if artifacts.alone:
        yield from judge_files(artifacts, SCENARIO.link)
        return
    if not (cilium.agent.items or cilium.config.items or cilium.coming.items):
        yield from _none(cilium)
        return
    eks = cilium.eks
    if eks.here is None:
        unread = (*cilium.server_version.unread, *cilium.nodes.unread)
        helps = dict.fromkeys(u.would_help for u in unread if u.would_help)
        yield Undecided("Node/*", f"whether this is EKS is not known: {eks.why}", "; ".join(helps) or None)
        return
    apart = elsewhere(cilium) if eks.here else f"this is not EKS: {eks.why}"
    if apart:
        yield NotApplicable(apart)
        return
    yield from undecided((*cilium.config.unread, *cilium.node_configs.unread))
    if cilium.coming.items:
        for pack in cilium.coming.items:
            yield from judge_coming(pack, eks.signals, SCENARIO.link)
        return
    yield from unseen(cilium)
    if cilium.data is not None:
        yield from _judged(cilium)


def _none(cilium: Cilium) -> Iterator[Statement]:
    unread = (*cilium.agent.unread, *cilium.config.unread, *cilium.coming.unread)
    yield from undecided(unread)
    if not unread:
        yield NotApplicable(
            f"neither DaemonSet {AGENT} nor ConfigMap {CONFIG} in {NAMESPACE}: Cilium does not run here"
        )


def _judged(cilium: Cilium) -> Iterator[Statement]:
    for place in cilium.places:
        for one in place.of(State.NOT_VISIBLE):
            yield Undecided(place.subject, str(one), one.would_help)
        if place.of(State.WRONG):
            yield _finding(place, cilium)
    yield from beside(cilium)


def _finding(place: Place, cilium: Cilium) -> Finding:
    wrong = place.of(State.WRONG)
    are = "is" if len(wrong) == 1 else "are"
    said = [f"{len(wrong)} of the ten values {are} not what Cilium needs on EKS", *map(str, wrong)]
    if place.nodes:
        said.append(f"on {', '.join(place.nodes)}")
    return Finding(
        place.subject,
        Grade.DECLARED,
        "; ".join(said),
        evidence={
            "values": {
                one.parameter.name: {
                    "state": str(one.state),
                    "seen": one.seen,
                    "wanted": one.parameter.wanted,
                    "why": one.why,
                    "wanted because": one.parameter.why,
                    "source": one.parameter.source,
                }
                for one in place.judged
            },
            "nodes": list(place.nodes),
            "cilium": str(cilium.version) if cilium.version else None,
            "EKS by": list(cilium.eks.signals),
            "agents ready": _ready(cilium),
            "runs beside": {
                str(one): one.runs or "nowhere" for one in (*cilium.aws_node.items, *cilium.kube_proxy.items)
            },
        },
        by_hand=tuple(by_hand(place)),
        remedy="patch-cilium-config" if place.subject == SUBJECT else None,
        source=SCENARIO.link,
    )


def _ready(cilium: Cilium) -> str | None:
    agent = cilium.agent.first
    return f"{agent.status.number_ready} of {agent.status.desired_number_scheduled}" if agent is not None else None


@pytest.mark.scenario(SCENARIO)
def test_cilium_on_eks_has_the_values_that_it_needs_there(
    cilium: Cilium, artifacts: ArtifactsRead, verdict: Decide
) -> None:
    """Cilium on EKS runs as its ENI mode, in the place of the AWS VPC CNI and of kube-proxy."""
    verdict(detect(cilium, artifacts))
