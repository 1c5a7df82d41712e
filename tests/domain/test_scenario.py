import pytest

from domain.scenario import Scenario, Severity


@pytest.mark.parametrize(
    ("severity", "other", "at_least"),
    [
        (Severity.CRITICAL, Severity.LOW, True),
        (Severity.HIGH, Severity.HIGH, True),
        (Severity.MEDIUM, Severity.HIGH, False),
        (Severity.LOW, Severity.CRITICAL, False),
    ],
)
def test_severities_are_ordered(severity: Severity, other: Severity, at_least: bool) -> None:
    assert severity.at_least(other) is at_least


def test_rank_begins_with_the_most_severe() -> None:
    assert [s.rank for s in (Severity.CRITICAL, Severity.HIGH, Severity.MEDIUM, Severity.LOW)] == [0, 1, 2, 3]


def test_a_scenario_knows_its_page_and_its_place_in_the_published_runbook() -> None:
    scenario = Scenario("packs/it", "It", Severity.HIGH, "troubleshooting/packs#scenario---it")
    assert scenario.page == "packs"
    assert scenario.link == "https://docs.spectrocloud.com/troubleshooting/pack-issues/#scenario---it"
