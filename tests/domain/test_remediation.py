from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.conflicts import Step
from domain.plan import DeleteObject, Edit, PatchObject, Ref, Rollback
from domain.remediation import came_of, record, rollback, unverified, worsened
from domain.resources import NAMESPACES, PODS
from domain.run import Change, ChangeState
from domain.verdict import Finding, Grade, Note, Outcome, Skip, Undecided, Verdict, decide

A, B = Finding("Namespace/a", Grade.PROVEN, "broken"), Finding("Namespace/b", Grade.PROVEN, "broken")
NOTE, REFUSED = Note("Namespace/a", "look"), "mend is refused for Namespace/b: not read"
FOUND_A, FOUND_BOTH, CLEAR = decide([A]), decide([A, B]), decide([NOTE])


def blind(subject: str) -> Verdict:
    return decide([Undecided(subject, "forbidden")])


def test_what_is_gone_after_its_remedy_is_fixed_and_its_findings_are_told() -> None:
    came = came_of(FOUND_A, CLEAR, {"Namespace/a"})
    assert came.verdict == Verdict(
        Outcome.FIXED,
        "1 found, remedied, read again and gone: Namespace/a",
        findings=(A,),
        notes=(NOTE,),
    )
    assert not came.uncleared


def test_what_is_undecided_besides_stays_undecided_beside_the_fix() -> None:
    came = came_of(FOUND_A, blind("Namespace/z"), {"Namespace/a"})
    assert came.verdict.outcome is Outcome.FIXED
    assert came.verdict.undecided == (Undecided("Namespace/z", "forbidden"),)


def test_a_scenario_that_is_not_applicable_afterwards_is_fixed_and_not_skipped() -> None:
    came = came_of(FOUND_A, Verdict(Outcome.SKIPPED, "none here", Skip.NOT_APPLICABLE), {"Namespace/a"})
    assert (came.verdict.outcome, came.verdict.skip) == (Outcome.FIXED, None)


def test_what_is_still_found_was_not_fixed() -> None:
    came = came_of(FOUND_BOTH, FOUND_A, {"Namespace/a", "Namespace/b"}, [REFUSED])
    assert came.uncleared == {"Namespace/a"}
    assert came.verdict == Verdict(
        Outcome.FIX_FAILED,
        f"Namespace/a: the remedy did not clear the finding; {REFUSED}",
        findings=(A,),
    )


@pytest.mark.parametrize("subject", ["Namespace/a", "Namespace/*", "Target/prod"])
def test_what_cannot_be_read_again_is_not_verified(subject: str) -> None:
    came = came_of(FOUND_A, blind(subject), {"Namespace/a"})
    assert came.uncleared == {"Namespace/a"}
    assert came.verdict.outcome is Outcome.FIX_FAILED
    assert came.verdict.reason == "Namespace/a: the remedy could not be verified: forbidden"
    assert came.verdict.findings == (A,)


@pytest.mark.parametrize("subject", ["Namespace/a", "Namespace/*", "Target/prod"])
def test_what_nobody_could_read_before_either_takes_no_fix_back(subject: str) -> None:
    unread = Undecided(subject, "forbidden")
    came = came_of(decide([A, B, unread]), decide([unread]), {"Namespace/a", "Namespace/b"})
    assert (came.verdict.outcome, came.uncleared) == (Outcome.FIXED, frozenset())
    assert came.verdict.undecided == (unread,)
    assert came.fixed == ("Namespace/a", "Namespace/b")


def test_what_is_open_again_after_a_failed_fix_is_found_beside_what_still_is() -> None:
    came = came_of(FOUND_BOTH, decide([A, Undecided("Namespace/b", "it does not answer any more")]), {"Namespace/b"})
    assert came.verdict.outcome is Outcome.FIX_FAILED
    assert came.verdict.findings == (A, B)


def test_what_was_fixed_is_told_where_others_stay_open() -> None:
    came = came_of(FOUND_BOTH, FOUND_A, {"Namespace/b"}, [REFUSED])
    assert came.verdict.outcome is Outcome.FAILED
    assert came.fixed == ("Namespace/b",)


def test_what_is_found_and_unread_was_not_cleared() -> None:
    after = decide([A, Undecided("Namespace/a", "forbidden")])
    came = came_of(FOUND_A, after, {"Namespace/a"})
    assert came.verdict.reason == "Namespace/a: the remedy did not clear the finding"


def test_what_made_a_touched_object_worse_failed_though_its_own_finding_is_gone() -> None:
    came = came_of(
        FOUND_BOTH, CLEAR, {"Namespace/a", "Namespace/b"}, worse={"Namespace/a": "packs/two finds Namespace/a"}
    )
    assert came.uncleared == {"Namespace/a"}
    assert came.verdict.findings == (A,)
    assert came.verdict.reason == ("Namespace/a: the remedy made a touched object worse: packs/two finds Namespace/a")


def test_what_was_refused_stays_found_beside_what_was_fixed() -> None:
    came = came_of(FOUND_BOTH, decide([B]), {"Namespace/a"}, [REFUSED])
    assert came.verdict.outcome is Outcome.FAILED
    assert came.verdict.findings == (B,)
    assert came.verdict.reason == (f"1 finding: Namespace/b; remedied, read again and gone: Namespace/a; {REFUSED}")
    assert not came.uncleared


def test_what_nothing_was_planned_for_stays_as_it_is_with_the_refusal() -> None:
    came = came_of(decide([B]), decide([B]), (), [REFUSED])
    assert came.verdict.outcome is Outcome.FAILED
    assert came.verdict.reason == f"1 finding: Namespace/b; {REFUSED}"


@pytest.mark.parametrize(("attempted", "wrote"), [({"Namespace/a"}, False), (set(), True)])
def test_what_went_away_without_this_run_is_not_its_fix(attempted: set[str], wrote: bool) -> None:
    came = came_of(FOUND_A, CLEAR, attempted, wrote=wrote)
    assert came.verdict.outcome is Outcome.PASSED
    assert came.verdict.reason == "found, and gone when it was read again, without this run: Namespace/a"


def test_what_went_away_with_another_scenarios_remedy_is_told_so() -> None:
    came = came_of(FOUND_A, CLEAR, (), [REFUSED], wrote=False, beside=True)
    assert came.verdict.outcome is Outcome.PASSED
    gone = "found, and gone when it was read again, after what this run changed for another scenario: Namespace/a"
    assert came.verdict.reason == f"{gone}; {REFUSED}"


def test_what_cannot_be_read_any_more_is_not_told_as_gone() -> None:
    came = came_of(FOUND_BOTH, blind("Namespace/a"), (), wrote=False)
    assert came.verdict.outcome is Outcome.ERROR
    assert "without this run: Namespace/b; 1 undecided" in came.verdict.reason
    assert "gone" not in came_of(FOUND_A, blind("Namespace/a"), (), wrote=False).verdict.reason


def test_nothing_found_and_nothing_done_is_what_it_was() -> None:
    assert came_of(CLEAR, CLEAR, ()).verdict == CLEAR
    assert came_of(CLEAR, CLEAR, (), ["the run was stopped"]).verdict.reason == "the run was stopped"


SUBJECTS = st.sampled_from(["Namespace/a", "Namespace/b", "Namespace/c"])
VERDICTS = st.builds(
    lambda found, undecided: decide(
        [*(Finding(s, Grade.PROVEN, "x") for s in sorted(found)), *(Undecided(s, "y") for s in sorted(undecided))]
    ),
    st.sets(SUBJECTS),
    st.sets(st.one_of(SUBJECTS, st.just("Namespace/*"))),
)


@given(VERDICTS, VERDICTS, st.sets(SUBJECTS), st.booleans())
def test_fixed_means_that_everything_found_is_gone_and_was_looked_at(
    before: Verdict, after: Verdict, attempted: set[str], wrote: bool
) -> None:
    came = came_of(before, after, attempted, wrote=wrote)
    fixed = came.verdict.outcome is Outcome.FIXED
    assert not (fixed and after.findings)
    blinded = {u.subject for u in after.undecided if u not in before.undecided}
    assert not (fixed and blinded & {*attempted, "Namespace/*"})
    assert set(came.fixed) == ({*came.fixed} & attempted) - came.uncleared - {f.subject for f in after.findings}
    assert (came.verdict.outcome is Outcome.FIX_FAILED) is bool(came.uncleared)
    assert came.uncleared <= attempted
    assert {f.subject for f in after.findings} <= {f.subject for f in came.verdict.findings}


def test_what_could_not_be_judged_again_is_a_fix_that_failed() -> None:
    came = unverified(FOUND_A, "the check broke")
    assert came.verdict == Verdict(Outcome.FIX_FAILED, "the check broke", findings=(A,))


@pytest.mark.parametrize(
    ("before", "after", "worse"),
    [
        (CLEAR, FOUND_A, {0: "packs/two finds Namespace/a", 1: "packs/two finds Namespace/a"}),
        (FOUND_A, FOUND_A, {}),  # it was so before
        (CLEAR, decide([B]), {}),  # nobody touched it
        (blind("Namespace/a"), FOUND_A, {}),  # nobody knew
        (blind("Namespace/*"), FOUND_A, {}),
        (blind("Namespace/z"), FOUND_A, {0: "packs/two finds Namespace/a", 1: "packs/two finds Namespace/a"}),
        (CLEAR, CLEAR, {}),
    ],
)
def test_worse_is_what_is_newly_found_of_a_touched_object(
    before: Verdict, after: Verdict, worse: Mapping[int, str]
) -> None:
    assert worsened({"Namespace/a": [0, 1], "Namespace/c": [2]}, [("packs/two", before, after)]) == worse


WORDS: dict[str, Any] = {"reason": "why", "command": "kubectl …"}
DELETE = DeleteObject(ref=Ref(PODS, "a", "p", "u"), irreversible="gone", risk="delete-unmanaged-pods", **WORDS)


def patch(rule: Rollback) -> PatchObject:
    return PatchObject(ref=Ref(NAMESPACES, None, "a", "u"), edits=(Edit("/x", None, 1),), rollback=rule, **WORDS)


@pytest.mark.parametrize(
    ("rule", "deleted", "becomes"),
    [
        (Rollback.TAKE_BACK, False, Rollback.TAKE_BACK),
        (Rollback.TAKE_BACK, True, Rollback.TAKE_BACK),
        (Rollback.KEEP, False, Rollback.KEEP),
        (Rollback.KEEP_IF_DELETED, False, Rollback.TAKE_BACK),
        (Rollback.KEEP_IF_DELETED, True, Rollback.KEEP),
    ],
)
def test_labels_are_not_taken_away_from_under_deleted_pods(rule: Rollback, deleted: bool, becomes: Rollback) -> None:
    assert rollback(patch(rule), deleted=deleted) is becomes


def test_a_change_is_recorded_with_what_became_of_it() -> None:
    step = Step("prod", DELETE, (0,))
    assert record(step, 3, "Namespace/a", ChangeState.APPLIED, "done", ("mind",)) == Change(
        id="c3",
        action="delete",
        object="Pod/a/p",
        state=ChangeState.APPLIED,
        reason="why",
        subject="Namespace/a",
        command="kubectl …",
        diff="--- Pod/a/p\n+++ /dev/null\n@@ uid u @@\n-Pod/a/p\n",
        risk="delete-unmanaged-pods",
        undo="irreversible: gone",
        rollback="keep",
        message="done",
        warnings=("mind",),
    )
