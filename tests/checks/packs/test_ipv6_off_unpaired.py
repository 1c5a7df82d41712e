"""Each case of tests/cases/packs/ipv6_off_unpaired, by what the check says of it."""

from pathlib import Path

import pytest

from checks.packs import check_ipv6_off_unpaired as check
from checks.packs.check_ipv6_off_unpaired import SCENARIO, detect
from domain.verdict import Outcome, Skip, Statement
from tests.cases.load import facts, hold, load, outcome_of, paths, verdict_of

CASES = paths("packs/ipv6_off_unpaired")
NOT_ASKED = ("no_hosts.skipped", "felix_unread_no_hosts.skipped", "another_host.skipped")


@pytest.mark.parametrize("path", CASES)
def test_a_case_comes_to_what_its_name_says(path: Path) -> None:
    case = load(path)
    verdict = verdict_of(case, detect)
    assert verdict.outcome is outcome_of(path), verdict
    if verdict.outcome is Outcome.SKIPPED:
        assert verdict.skip is (Skip.NOT_ASKED if path.stem in NOT_ASKED else Skip.NOT_APPLICABLE)
    hold(case, verdict)


def test_the_check_says_what_detect_says_of_its_facts() -> None:
    case = next(load(p.values[0]) for p in CASES if p.id == "off_by_sysctl.failed")
    said: list[Statement] = []
    health = check.test_ipv6_that_is_off_in_the_os_is_off_in_calico
    health(**facts(case, health, verdict=said.extend))
    assert said == list(detect(**facts(case, detect)))
    assert said


def test_the_scenario_is_the_contracts() -> None:
    assert SCENARIO.id == "packs/ipv6-off-unpaired"
    assert SCENARIO.link.endswith("/pack-issues/#debug-steps---disable-ipv6-on-the-byos-edge-os-pack-level")
