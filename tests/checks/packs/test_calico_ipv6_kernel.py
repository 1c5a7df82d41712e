"""Each case of tests/cases/packs/calico_ipv6_kernel, by what the check says of it; and what it asks of a cluster."""

from pathlib import Path

import pytest

from checks.packs import check_calico_ipv6_kernel as check
from checks.packs.check_calico_ipv6_kernel import SCENARIO, detect
from domain.verdict import Outcome, Skip, Statement
from fixtures.facts import reads_of
from fixtures.facts.calico import calico, calico_logs, calico_pods, felix
from fixtures.facts.nodes import nodes
from fixtures.store import Store
from tests.cases.load import Case, CaseReader, facts, hold, load, outcome_of, paths, verdict_of

CASES = paths("packs/calico_ipv6_kernel")
DAEMON_SETS = ["list namespaces", "list daemonsets in kube-system", "list daemonsets in calico-system"]
DISCOVERY = ["get apigroup crd.projectcalico.org", "get apigroup projectcalico.org"]


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
        ("no_calico.skipped", []),
        ("listed_generic.failed", ["list pods in kube-system (labelSelector=k8s-app=calico-node)", DISCOVERY[0]]),
        ("default_is_on.failed", ["list pods in kube-system (labelSelector=k8s-app=calico-node)", *DISCOVERY]),
        ("canal.failed", ["list pods in kube-system (labelSelector=k8s-app=canal)", DISCOVERY[0]]),
        (
            "felixconfiguration_off.passed",
            [
                "list pods in kube-system (labelSelector=k8s-app=calico-node)",
                DISCOVERY[0],
                "list felixconfigurations",
            ],
        ),
        (
            "operator.failed",
            [
                "get apigroup operator.tigera.io",
                "list installations",
                "list pods in calico-system (labelSelector=k8s-app=calico-node)",
                DISCOVERY[0],
            ],
        ),
        (
            "env_from_config_map.failed",
            [
                "list pods in kube-system (labelSelector=k8s-app=calico-node)",
                DISCOVERY[0],
                "get configmaps calico-config in kube-system",
            ],
        ),
        (
            "log_proves.failed",
            [
                "list pods in kube-system (labelSelector=k8s-app=calico-node)",
                "get pods/log calico-node-n1 in kube-system",
                DISCOVERY[0],
            ],
        ),
    ],
)
def test_only_what_decides_is_asked(name: str, asked: list[str]) -> None:
    reader = CaseReader(_case(name))
    store = Store(lambda: reader)
    for fact in (calico, calico_pods, calico_logs, felix):
        fact.gather(store)
    assert reader.asked == [*DAEMON_SETS, *asked]


def test_a_namespace_that_is_not_there_is_not_asked() -> None:
    reader = CaseReader(_case("no_operator_namespace.skipped"))
    calico.gather(Store(lambda: reader))
    assert reader.asked == DAEMON_SETS[:2]


def test_each_node_is_found_by_itself() -> None:
    verdict = verdict_of(_case("mixed_nodes.failed"), detect)
    assert [(f.subject, f.evidence["kernel"]) for f in verdict.findings] == [
        ("Node/n1", "6.8.0-57-generic"),
        ("Node/n3", "5.15.0-128-generic"),
    ]


def test_the_check_says_what_detect_says_of_its_facts() -> None:
    case = _case("listed_generic.failed")
    said: list[Statement] = []
    health = check.test_calico_needs_no_mark_that_its_kernels_lack
    health(**facts(case, health, verdict=said.extend))
    assert said == list(detect(**facts(case, detect)))
    assert said


def test_the_facts_declare_what_they_read() -> None:
    declared = {
        (r.resource.group, r.resource.plural): r
        for f in (calico, calico_pods, calico_logs, felix, nodes)
        for r in reads_of(f)
    }
    assert set(declared) == {
        ("apps", "daemonsets"),
        ("operator.tigera.io", "installations"),
        ("", "pods"),
        ("crd.projectcalico.org", "felixconfigurations"),
        ("projectcalico.org", "felixconfigurations"),
        ("", "configmaps"),
        ("", "pods/log"),
        ("", "namespaces"),
        ("", "nodes"),
    }
    assert all(read.verbs == ("list",) for read in declared.values() if not read.why)
    assert [key for key, read in declared.items() if read.why] == [
        ("", "namespaces"),
        ("", "pods/log"),
        ("", "configmaps"),
    ]


def test_the_scenario_is_the_contracts() -> None:
    assert (SCENARIO.id, str(SCENARIO.severity)) == ("packs/calico-ipv6-kernel", "high")
    assert SCENARIO.link.endswith("/pack-issues/#scenario---calico-fails-to-start-when-ipv6-is-enabled")


def _case(name: str) -> Case:
    return next(load(p.values[0]) for p in CASES if p.id == name)
