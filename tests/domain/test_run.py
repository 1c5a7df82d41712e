"""The exit codes of BEHAVIOUR.md, case by case."""

from typing import Any

import pytest

from domain.run import Result, exit_code
from domain.scenario import Severity
from domain.verdict import Finding, Grade, Outcome, Skip, Undecided

FOUND: dict[str, Any] = {"findings": (Finding("Namespace/a", Grade.PROVEN, "broken"),)}
UNDECIDED: dict[str, Any] = {"undecided": (Undecided("Node/n", "not read"),)}


def result(outcome: Outcome, scenario: str = "packs/a", **values: Any) -> Result:
    given: dict[str, Any] = {"findings": (), "undecided": (), "notes": (), "changes": (), "severity": Severity.MEDIUM}
    return Result(scenario=scenario, target="prod", outcome=outcome, duration_s=0.1, **{**given, **values})


PASSED = result(Outcome.PASSED)
FAILED = result(Outcome.FAILED, **FOUND)
FIXED = result(Outcome.FIXED, **FOUND)
FIX_FAILED = result(Outcome.FIX_FAILED, **FOUND)
ERROR = result(Outcome.ERROR, **UNDECIDED)
WAIVED = result(Outcome.WAIVED, **FOUND)
NOT_APPLICABLE = result(Outcome.SKIPPED, skip=Skip.NOT_APPLICABLE)
NOT_ASKED = result(Outcome.SKIPPED, skip=Skip.NOT_ASKED)


@pytest.mark.parametrize(
    ("results", "code"),
    [
        ([], 5),
        ([NOT_ASKED], 5),
        ([PASSED], 0),
        ([FIXED], 0),
        ([WAIVED], 0),
        ([NOT_APPLICABLE], 0),
        ([NOT_APPLICABLE, NOT_ASKED], 0),
        ([FAILED, PASSED], 1),
        ([ERROR], 6),
        ([ERROR, PASSED], 6),
        ([ERROR, FAILED], 1),
        ([result(Outcome.FIXED, **FOUND, **UNDECIDED)], 6),
        ([result(Outcome.FAILED, **FOUND, **UNDECIDED)], 1),
        ([FIX_FAILED, FAILED, ERROR], 7),
    ],
)
def test_the_highest_that_applies_wins(results: list[Result], code: int) -> None:
    assert exit_code(results) == code


@pytest.mark.parametrize(
    ("fail_on", "code"), [(Severity.LOW, 1), (Severity.MEDIUM, 1), (Severity.HIGH, 0), (Severity.CRITICAL, 0)]
)
def test_fail_on_leaves_out_what_is_less_severe(fail_on: Severity, code: int) -> None:
    assert exit_code([FAILED], fail_on=fail_on) == code


def test_fail_on_hides_neither_a_failed_fix_nor_what_is_undecided() -> None:
    assert exit_code([FIX_FAILED], fail_on=Severity.CRITICAL) == 7
    assert exit_code([FAILED, ERROR], fail_on=Severity.CRITICAL) == 6


@pytest.mark.parametrize(
    ("results", "code"),
    [
        ([PASSED], 0),
        ([result(Outcome.PASSED, "packs/b")], 6),
        ([NOT_ASKED, result(Outcome.PASSED, "packs/b")], 6),
        ([NOT_APPLICABLE], 0),
        ([FAILED], 1),
        ([], 6),
    ],
)
def test_a_gate_asks_for_a_decision(results: list[Result], code: int) -> None:
    assert exit_code(results, gate=("packs/a",)) == code


def test_an_undo_exits_with_what_it_had_to_leave_alone() -> None:
    assert exit_code([FAILED], reads_as_check=False) == 0
    assert exit_code([FAILED], reads_as_check=False, undo_left=True) == 7
