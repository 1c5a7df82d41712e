"""What is open against an earlier run: nothing is called gone that was not judged again."""

import pytest

from domain.comparison import compare
from domain.run import Place, Result
from domain.verdict import Finding, Grade, Outcome, Skip, Undecided
from tests.reports.samples import result, run

A = Place(scenario="packs/namespace-labels", target="prod-eu", subject="Namespace/a")


def found(*subjects: str, outcome: Outcome = Outcome.FAILED, undecided: tuple[Undecided, ...] = ()) -> Result:
    findings = tuple(Finding(subject, Grade.DECLARED, "it is so") for subject in subjects)
    return result(outcome, scenario=A.scenario, target=A.target, findings=findings, undecided=undecided)


def test_new_gone_and_still_open_are_told_apart() -> None:
    compared = compare(run(found("Namespace/a", "Namespace/b")), [found("Namespace/b", "Namespace/c")])
    assert compared.against == run().started
    assert [place.subject for place in compared.new] == ["Namespace/c"]
    assert compared.gone == (A,)
    assert [place.subject for place in compared.still_open] == ["Namespace/b"]
    assert compared.unjudged == ()


@pytest.mark.parametrize(
    "now",
    [
        [],
        [found(outcome=Outcome.ERROR, undecided=(Undecided("Namespace/*", "forbidden"),))],
        [found("Namespace/b", undecided=(Undecided("Namespace/a", "forbidden"),))],
        [found("Namespace/b", undecided=(Undecided("Target/prod-eu", "it broke"),))],
        [result(Outcome.SKIPPED, scenario=A.scenario, target=A.target, skip=Skip.NOT_ASKED)],
    ],
    ids=["not run", "nothing read", "that one not read", "the target broke", "not asked"],
)
def test_what_was_not_judged_again_is_not_gone(now: list[Result]) -> None:
    compared = compare(run(found("Namespace/a")), now)
    assert (compared.gone, compared.unjudged) == ((), (A,))


@pytest.mark.parametrize("outcome", [Outcome.FIXED, Outcome.PASSED])
def test_what_was_fixed_or_is_sound_is_gone(outcome: Outcome) -> None:
    now = found("Namespace/a", outcome=outcome) if outcome is Outcome.FIXED else found(outcome=outcome)
    assert compare(run(found("Namespace/a")), [now]).gone == (A,)


def test_a_finding_that_a_failed_fix_left_is_open() -> None:
    assert compare(run(found("Namespace/a", outcome=Outcome.FIX_FAILED)), [found("Namespace/a")]).still_open == (A,)


def test_another_scenario_or_target_is_another_place() -> None:
    elsewhere = result(Outcome.FAILED, scenario=A.scenario, target="lab", findings=found("Namespace/a").findings)
    compared = compare(run(elsewhere), [found("Namespace/a")])
    assert compared.new == (A,)
    assert str(compared.unjudged[0]) == "packs/namespace-labels on lab: Namespace/a"
