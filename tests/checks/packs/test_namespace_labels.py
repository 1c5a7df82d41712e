"""Each case of tests/cases/packs/namespace_labels, by what the check says of it."""

from pathlib import Path

import pytest

from checks.packs import check_namespace_labels as check
from checks.packs.check_namespace_labels import SCENARIO, detect
from domain.verdict import Statement
from tests.cases.load import HERE, facts, hold, load, outcome_of, paths, verdict_of


@pytest.mark.parametrize("path", paths("packs/namespace_labels"))
def test_a_case_comes_to_what_its_name_says(path: Path) -> None:
    case = load(path)
    verdict = verdict_of(case, detect)
    assert verdict.outcome is outcome_of(path), verdict
    hold(case, verdict)


def test_the_check_says_what_detect_says_of_its_facts() -> None:
    case = load(HERE / "packs" / "namespace_labels" / "events_unread_elsewhere.failed.yaml")
    said: list[Statement] = []
    health = check.test_namespaces_admit_the_pods_of_their_packs
    health(**facts(case, health, verdict=said.extend))
    assert said == list(detect(**facts(case, detect)))
    assert said


def test_the_scenario_is_the_contracts() -> None:
    assert (SCENARIO.id, str(SCENARIO.severity)) == ("packs/namespace-labels", "high")
    assert SCENARIO.link.endswith("/pack-issues/#scenario---pods-with-namespacelabels-are-stuck-on-deployment")
