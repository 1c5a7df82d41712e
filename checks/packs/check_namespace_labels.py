"""Pods of packs that declare namespaceLabels never start: their namespace lacks the labels."""

from collections.abc import Iterator
from typing import Any

import pytest

from domain.admission import Judged, KeptOut, Latent, NotRetried, Unjudged, judge_all, left_open
from domain.artifacts import ArtifactsRead
from domain.facts import Fact
from domain.labels_in_files import judge_files
from domain.namespace_labels import Wanted, by_hand, somewhere, suffices, wanted
from domain.objects import Namespace
from domain.packs import PackLabels
from domain.palette import DURABLE, PaletteAgent
from domain.pod_security import LABEL_PREFIX, Level, PolicyVersion, policy_from_labels
from domain.scenario import Scenario, Severity
from domain.verdict import Decide, Finding, Grade, Note, Statement, Undecided
from domain.workloads import Controller, RefusedPods

SCENARIO = Scenario(
    id="packs/namespace-labels",
    title="Pods with namespaceLabels are stuck on deployment",
    severity=Severity.HIGH,
    runbook="troubleshooting/packs#scenario---pods-with-namespacelabels-are-stuck-on-deployment",
)


def detect(
    namespaces: Fact[Namespace],
    packs: Fact[PackLabels],
    workloads: Fact[Controller],
    refusals: Fact[RefusedPods],
    server_version: Fact[str],
    palette_agent: PaletteAgent,
    artifacts: ArtifactsRead,
) -> Iterator[Statement]:
    """Yield a finding for each namespace that lacks its packs' level, or keeps a controller's pods out.

    Of files alone: for each declaration that cannot mean what it says.
    """
    if artifacts.alone:
        yield from judge_files(artifacts, SCENARIO.link)
        return
    facts: tuple[Fact[Any], ...] = (namespaces, packs, workloads, refusals, server_version)
    version = server_version.first
    there = {n.metadata.name: n for n in namespaces.items}
    yield from left_open((u for fact in facts for u in fact.unread), there)
    declared = wanted(packs.items, version)
    yield from somewhere(packs.items, version)
    judged = judge_all(workloads.items, there, refusals.items, version)
    mislabelled = {name for name, n in there.items() if policy_from_labels(n.metadata.labels).errors}
    for name in sorted({*declared, *judged, *mislabelled}):
        namespace = there.get(name)
        if namespace is not None and namespace.terminating:
            held = ", ".join([*namespace.spec.finalizers, *namespace.metadata.finalizers]) or "none"
            yield Note(f"Namespace/{name}", f"is being deleted and refuses every pod until then; finalizers: {held}")
        elif namespace is None and name not in judged and not namespaces.unread:
            yield Note(f"Namespace/{name}", f"declared by {declared[name].packs}, and there is no such namespace")
        else:
            yield from _judge(name, namespace, declared.get(name), judged.get(name, []), version, palette_agent)


def _judge(
    name: str,
    namespace: Namespace | None,
    declared: Wanted | None,
    judged: list[Judged],
    version: str | None,
    agent: PaletteAgent,
) -> Iterator[Statement]:
    subject = f"Namespace/{name}"
    labels = namespace.metadata.labels if namespace else {}
    for error in policy_from_labels(labels).errors:
        yield Note(subject, f"holds a label that a current API server refuses: {error}")
    for one in judged:
        if isinstance(one, Unjudged):
            yield Undecided(subject, str(one))
        elif isinstance(one, NotRetried | Latent):
            yield Note(subject, str(one))
    yield from declared.said if declared else ()
    kept_out = [one for one in judged if isinstance(one, KeptOut)]
    level = declared.level if declared else None
    lacking = namespace is not None and level is not None and not suffices(labels, level)
    wrong = declared.invalid if declared else ()
    if suffices(labels, Level.PRIVILEGED):
        yield from (Note(subject, f"the declaration is wrong, and the level admits all the same: {w}") for w in wrong)
        wrong = ()
    if kept_out or lacking or wrong:
        yield _finding(name, labels, declared, kept_out, lacking=lacking, version=version, agent=agent)


def _finding(
    name: str,
    labels: dict[str, str],
    declared: Wanted | None,
    kept_out: list[KeptOut],
    *,
    lacking: bool,
    version: str | None,
    agent: PaletteAgent,
) -> Finding:
    server = PolicyVersion.of_server(version) if version else None
    said = []
    if lacking and declared:
        said.append(declared.lacking(labels))
    said += map(str, kept_out)
    said += [f"the declaration is wrong: {problem}" for problem in (declared.invalid if declared else ())]
    if not kept_out:
        said.append("no controller is kept out at present; pods that are made anew may be")
    return Finding(
        f"Namespace/{name}",
        min([one.grade for one in kept_out] or [Grade.DECLARED], key=list(Grade).index),
        "; ".join(said),
        evidence={
            "labels": {key: value for key, value in labels.items() if key.startswith(LABEL_PREFIX)},
            "declared": declared.evidence if declared else [],
            "kept out": [one.evidence for one in kept_out],
            "probable reasons": list(agent.reasons),
            "durable fix": DURABLE,
        },
        by_hand=tuple(by_hand(name, declared, [one.controller for one in kept_out], server, lacking=lacking)),
        remedy="label-namespace",
        source=SCENARIO.link,
    )


@pytest.mark.scenario(SCENARIO)
def test_namespaces_admit_the_pods_of_their_packs(
    namespaces: Fact[Namespace],
    packs: Fact[PackLabels],
    workloads: Fact[Controller],
    refusals: Fact[RefusedPods],
    server_version: Fact[str],
    palette_agent: PaletteAgent,
    artifacts: ArtifactsRead,
    verdict: Decide,
) -> None:
    """Every namespace has the level that its packs declare, and admission refuses no controller's pods."""
    verdict(detect(namespaces, packs, workloads, refusals, server_version, palette_agent, artifacts))
