"""Each case of tests/cases/packs/namespace_labels, by what the check says of it."""

from pathlib import Path

import pytest

from checks.packs.check_namespace_labels import SCENARIO, detect
from tests.cases.load import hold, load, outcome_of, paths, verdict_of


@pytest.mark.parametrize("path", paths("packs/namespace_labels"))
def test_a_case_comes_to_what_its_name_says(path: Path) -> None:
    case = load(path)
    verdict = verdict_of(case, detect)
    assert verdict.outcome is outcome_of(path), verdict
    hold(case, verdict)


def test_the_scenario_is_the_contracts() -> None:
    assert (SCENARIO.id, str(SCENARIO.severity)) == ("packs/namespace-labels", "high")
    assert SCENARIO.link.endswith("/pack-issues/#scenario---pods-with-namespacelabels-are-stuck-on-deployment")
