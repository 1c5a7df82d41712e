"""What somebody answers for is waived until its day, and nothing else."""

from datetime import date
from typing import Any

import pytest

from domain.run import Result
from domain.scenario import Severity
from domain.verdict import Finding, Grade, Outcome, Undecided, decide
from domain.waivers import Waiver, WaiverError, load, waive, warnings

TODAY = date(2026, 11, 23)
A = Finding("Namespace/a", Grade.PROVEN, "a is wrong")
B = Finding("Namespace/b", Grade.DECLARED, "b is wrong")
BLIND = Undecided("Namespace/c", "c is forbidden")


def waiver(
    where: Any = "Namespace/a", expires: Any = date(2027, 1, 1), target: Any = "prod*", scenario: Any = "packs/*"
) -> Any:
    return Waiver(scenario, target, where, "known, ticket 1", "ops", expires)


def waived(statements: Any, *waivers: Any, target: Any = "prod-eu") -> Any:
    return waive(decide(statements), waivers, "packs/namespace-labels", target, TODAY)


def test_all_covered_is_waived_with_the_reason_and_its_findings() -> None:
    verdict = waived([A], waiver())
    assert verdict.outcome is Outcome.WAIVED
    assert verdict.reason == "known, ticket 1 (ops, until 2027-01-01)"
    assert verdict.findings == (A,)


def test_the_rest_stays_failed_and_what_was_covered_is_noted() -> None:
    verdict = waived([A, B], waiver())
    assert verdict.outcome is Outcome.FAILED
    assert verdict.findings == (B,)
    assert verdict.reason == "1 finding: Namespace/b"
    assert verdict.notes[0].message == "waived: known, ticket 1 (ops, until 2027-01-01); a is wrong"


def test_the_undecided_is_never_hidden() -> None:
    verdict = waived([A, BLIND], waiver())
    assert verdict.outcome is Outcome.ERROR
    assert verdict.undecided == (BLIND,)
    assert "no waiver hides" in verdict.reason


def test_an_expired_waiver_fails_and_says_so() -> None:
    verdict = waived([A], waiver(expires=date(2026, 11, 22)))
    assert verdict.outcome is Outcome.FAILED
    assert "its waiver expired on 2026-11-22 (ops)" in verdict.reason
    assert waived([A], waiver(expires=TODAY)).outcome is Outcome.WAIVED


@pytest.mark.parametrize(
    "other", [waiver(target="test"), waiver(scenario="packs/upgrade-pod"), waiver(where="Namespace/aa")]
)
def test_what_is_about_something_else_waives_nothing(other: Any) -> None:
    assert waived([A], other) == decide([A])


def test_globs_and_a_passed_check() -> None:
    assert waived([A, B], waiver(where="Namespace/*")).outcome is Outcome.WAIVED
    assert waived([], waiver()).outcome is Outcome.PASSED


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("a: [", "line 1: this is no YAML"),
        ("scenario: x", "a list of"),
        ("- {scenario: x}", "waiver 1: Object missing required field `target`"),
        ("- {scenario: x, target: y, where: z, reason: r, owner: o, expires: never}", "waiver 1: .*expires"),
        ("- {scenario: x, target: y, where: z, reason: ' ', owner: o, expires: 2027-01-01}", "reason is empty"),
        ("- {scenario: x, target: y, where: z, reason: r, owner: '', expires: 2027-01-01}", "owner is empty"),
        ("- {scenario: x, target: y, where: z, reason: r, owner: o, expires: 2027-01-01, s: t}", "waiver 1: .*unknown"),
        ("- {scenario: x, target: y, where: z, reason: r, owner: o, expires: 2026-13-40}", "waiver 1: .*date.*expires"),
        ('- scenario: x\n  reason: "\x01"', "line 2: this is no YAML: special characters are not allowed"),
        ("- !!timestamp 2026-13-40", "this is no YAML: month must be in 1..12"),
        ("[" * 5000, "this is no YAML"),
        ("- 3", "waiver 1: Expected `object`"),
    ],
)
def test_what_is_no_waiver_is_said_to_be_none(text: Any, words: Any) -> None:
    with pytest.raises(WaiverError, match=words):
        load(text)


def test_dates_are_read_quoted_and_not() -> None:
    entry = "- {scenario: x, target: y, where: z, reason: r, owner: o, expires: %s}"
    assert (
        load(entry % "2027-01-01")
        == load(entry % "'2027-01-01'")
        == (Waiver("x", "y", "z", "r", "o", date(2027, 1, 1)),)
    )
    assert load("") == ()


def result(*findings: Finding, scenario: str = "packs/namespace-labels", verdict: Any = None) -> Result:
    came = verdict or decide(findings)
    return Result(
        scenario=scenario,
        target="prod-eu",
        severity=Severity.HIGH,
        outcome=came.outcome,
        skip=came.skip,
        findings=came.findings,
        undecided=came.undecided,
        notes=came.notes,
        changes=(),
        duration_s=0.0,
    )


SCENARIOS = ("packs/kernel-pin", "packs/namespace-labels", "packs/upgrade-pod")
LABELS = "packs/namespace-labels"
UNMATCHED = "a waiver matched nothing: {} on prod*: x"


def told(waivers: list[Waiver], *results: Result, mute: Any = ()) -> list[str]:
    return list(warnings(waivers, results, SCENARIOS, mute, TODAY))


def test_unmatched_and_soon_to_expire_are_told() -> None:
    soon = waiver(expires=date(2026, 12, 7))
    assert told([waiver("x", scenario=LABELS), soon, waiver()], result(A)) == [
        UNMATCHED.format(LABELS),
        "a waiver expires on 2026-12-07: packs/* on prod*: Namespace/a (ops)",
    ]
    assert told([waiver("x", scenario="packs/typo")], result(A)) == [UNMATCHED.format("packs/typo")]


def test_what_a_waiver_covers_beside_something_open_is_a_match() -> None:
    assert told([waiver(scenario=LABELS)], result(verdict=waived([A, B], waiver()))) == []


def test_a_waiver_of_what_was_not_judged_is_not_said_to_match_nothing() -> None:
    assert told([waiver("x", scenario="packs/upgrade-pod"), waiver("x")], result(A)) == []
    assert told([waiver("x", scenario=LABELS)], result(verdict=decide([BLIND]))) == []
    both = (result(A), result(scenario="packs/upgrade-pod"))
    assert told([waiver("x")], *both) == []
    assert told([waiver("x")], *both, mute={"packs/kernel-pin"}) == [UNMATCHED.format("packs/*")]
    assert told([waiver("x", scenario="packs/kernel-pin")], *both, mute={"packs/kernel-pin"}) == []
