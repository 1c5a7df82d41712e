"""Each case of tests/cases/packs/kernel_pin, by what the check says of its files."""

from pathlib import Path

import pytest

from checks.packs.check_kernel_pin import detect
from domain.verdict import Outcome, Skip
from tests.cases.load import hold, load, outcome_of, paths, verdict_of

CASES = paths("packs/kernel_pin")


@pytest.mark.parametrize("path", CASES)
def test_a_case_comes_to_what_its_name_says(path: Path) -> None:
    case = load(path)
    verdict = verdict_of(case, detect)
    assert verdict.outcome is outcome_of(path), verdict
    assert verdict.skip is (Skip.NOT_APPLICABLE if verdict.outcome is Outcome.SKIPPED else None)
    hold(case, verdict)
