"""Each case of tests/cases/packs/upgrade_pod, by what the check says of it; and what it asks of a cluster."""

from pathlib import Path

import pytest

from checks.packs import check_upgrade_pod as check
from checks.packs.check_upgrade_pod import SCENARIO, detect
from domain.resources import NAMESPACES, NODES, PODS
from domain.verdict import Outcome, Skip, Statement
from fixtures.facts import reads_of
from fixtures.facts.nodes import upgrade_pod
from fixtures.store import Store
from tests.cases.load import Case, CaseReader, facts, hold, load, outcome_of, paths, verdict_of

CASES = paths("packs/upgrade_pod")


@pytest.mark.parametrize("path", CASES)
def test_a_case_comes_to_what_its_name_says(path: Path) -> None:
    case = load(path)
    verdict = verdict_of(case, detect)
    assert verdict.outcome is outcome_of(path), verdict
    assert verdict.skip is (Skip.NOT_APPLICABLE if verdict.outcome is Outcome.SKIPPED else None)
    hold(case, verdict)


@pytest.mark.parametrize(
    ("name", "asked"),
    [
        ("leftover_after_upgrade.failed", ["get pods upgrade-pod in default", "get nodes cp-1", "list namespaces"]),
        (
            "no_pod.passed",
            [
                "get pods upgrade-pod in default",
                "list nodes (labelSelector=node.kubernetes.io/microk8s-controlplane)",
                "list namespaces",
            ],
        ),
        (
            "not_microk8s.skipped",
            [
                "get pods upgrade-pod in default",
                "list nodes (labelSelector=node.kubernetes.io/microk8s-controlplane)",
                "list nodes (labelSelector=microk8s.io/cluster=true)",
            ],
        ),
        ("pod_unread.error", ["get pods upgrade-pod in default"]),
        ("same_shape_but_unbound.passed", ["get pods upgrade-pod in default", "list namespaces"]),
    ],
)
def test_only_what_decides_is_asked(name: str, asked: list[str]) -> None:
    reader = CaseReader(_case(name))
    upgrade_pod.gather(Store(lambda: reader))
    assert reader.asked == asked


def test_the_check_says_what_detect_says_of_its_facts() -> None:
    case = _case("leftover_after_upgrade.failed")
    said: list[Statement] = []
    health = check.test_next_microk8s_upgrade_finds_its_pods_name_free
    health(**facts(case, health, verdict=said.extend))
    assert said == list(detect(**facts(case, detect)))
    assert said


def test_the_fact_declares_what_it_reads() -> None:
    declared = {read.resource: read for read in reads_of(upgrade_pod)}
    assert (declared[PODS].verbs, declared[PODS].namespace, declared[PODS].names) == (
        ("get",),
        "default",
        ("upgrade-pod",),
    )
    assert declared[NODES].verbs == ("get", "list")
    assert declared[NAMESPACES].why
    assert not declared[NODES].why


def test_the_scenario_is_the_contracts() -> None:
    assert (SCENARIO.id, str(SCENARIO.severity)) == ("packs/upgrade-pod", "high")
    assert SCENARIO.link.endswith(
        "/pack-issues/#scenario---control-plane-node-fails-to-upgrade-in-sequential-microk8s-upgrades"
    )


def _case(name: str) -> Case:
    return next(load(p.values[0]) for p in CASES if p.id == name)
