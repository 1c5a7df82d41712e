import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.verdict import (
    Finding,
    Grade,
    NotApplicable,
    Note,
    Outcome,
    Skip,
    Statement,
    Undecided,
    Verdict,
    decide,
)

A, B = Finding("Namespace/a", Grade.PROVEN, "broken"), Finding("Namespace/b", Grade.DECLARED, "wrong")
BLIND = Undecided("Namespace/c", "forbidden", "a role")
NOTE = Note("Namespace/d", "look")
ELSEWHERE = NotApplicable("no Calico here")


@pytest.mark.parametrize(
    ("said", "unread", "verdict"),
    [
        ([], [], Verdict(Outcome.PASSED)),
        ([NOTE], [], Verdict(Outcome.PASSED, notes=(NOTE,))),
        ([A], [], Verdict(Outcome.FAILED, "1 finding: Namespace/a", findings=(A,))),
        (
            [A, NOTE, BLIND, B],
            [],
            Verdict(
                Outcome.FAILED,
                "2 findings: Namespace/a, Namespace/b",
                findings=(A, B),
                undecided=(BLIND,),
                notes=(NOTE,),
            ),
        ),
        ([BLIND], [], Verdict(Outcome.ERROR, "1 undecided: forbidden", undecided=(BLIND,))),
        ([], [BLIND], Verdict(Outcome.ERROR, "1 undecided: forbidden", undecided=(BLIND,))),
        ([BLIND], [BLIND], Verdict(Outcome.ERROR, "1 undecided: forbidden", undecided=(BLIND,))),
        (
            [ELSEWHERE, NOTE],
            [],
            Verdict(Outcome.SKIPPED, "no Calico here", Skip.NOT_APPLICABLE, notes=(NOTE,)),
        ),
        (
            [ELSEWHERE, NotApplicable("nor there")],
            [],
            Verdict(Outcome.SKIPPED, "no Calico here; nor there", Skip.NOT_APPLICABLE),
        ),
        ([ELSEWHERE], [BLIND], Verdict(Outcome.ERROR, "1 undecided: forbidden", undecided=(BLIND,))),
        ([ELSEWHERE, A], [], Verdict(Outcome.FAILED, "1 finding: Namespace/a", findings=(A,))),
    ],
)
def test_what_was_said_comes_to_a_verdict(said: list[Statement], unread: list[Undecided], verdict: Verdict) -> None:
    assert decide(said, unread) == verdict


@given(st.lists(st.sampled_from([A, B, BLIND, NOTE, ELSEWHERE])), st.lists(st.just(BLIND)))
def test_a_blind_check_neither_passes_nor_skips_and_no_finding_is_lost(
    said: list[Statement], unread: list[Undecided]
) -> None:
    verdict = decide(said, unread)
    assert list(verdict.findings) == [s for s in said if isinstance(s, Finding)]
    assert (verdict.outcome in (Outcome.PASSED, Outcome.SKIPPED)) == (not verdict.findings and not verdict.undecided)
    assert bool(verdict.undecided) == (BLIND in said or bool(unread))
