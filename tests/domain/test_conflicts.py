from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.conflicts import Merged, Step, key, merge, refuse_all, refuse_where
from domain.plan import Change, DeleteObject, Edit, EvictPod, PatchObject, Plan, Prompt, Ref, Until, WaitFor
from domain.resources import DAEMON_SETS, NAMESPACES, PODS

A, B, POD = Ref(NAMESPACES, None, "a", "u1"), Ref(NAMESPACES, None, "b", "u2"), Ref(PODS, "a", "p", "u3")
WORDS: dict[str, Any] = {"reason": "why", "command": "kubectl …"}
GOES: dict[str, Any] = {"irreversible": "gone is gone", **WORDS}


def patch(ref: Ref = A, path: str = "/x", after: Any = 1, **words: str) -> PatchObject:
    return PatchObject(ref=ref, edits=(Edit(path, None, after),), **(WORDS | words))


DELETE, EVICT = DeleteObject(ref=POD, **GOES), EvictPod(ref=POD, **GOES)
WAIT = WaitFor(ref=POD, until=Until.GONE, timeout_s=1.0, **WORDS)


def plan(*changes: Change, subject: str = "Namespace/a", target: str = "prod", scenario: str = "packs/one") -> Plan:
    return Plan(target=target, scenario=scenario, remedy="mend", subject=subject, changes=changes)


def changes(merged: Merged) -> list[Change]:
    return [step.change for step in merged.steps]


def test_nothing_comes_of_nothing() -> None:
    assert merge([]) == Merged((), (), ())
    assert merge([]).writes == 0


def test_each_plan_keeps_its_own_order_and_waits_do_not_count() -> None:
    merged = merge([plan(patch(), DELETE, WAIT), plan(patch(B), subject="Namespace/b")])
    assert changes(merged) == [patch(), DELETE, WAIT, patch(B)]
    assert [step.plans for step in merged.steps] == [(0,), (0,), (0,), (1,)]
    assert merged.writes == 3


def test_what_two_plans_want_is_made_once_whatever_they_say_of_it() -> None:
    merged = merge([plan(patch(reason="one"), DELETE), plan(patch(reason="other"), patch(B), scenario="packs/two")])
    assert merged.steps == (
        Step("prod", patch(reason="one"), (0, 1)),
        Step("prod", DELETE, (0,)),
        Step("prod", patch(B), (1,)),
    )


def test_what_one_plan_wants_twice_is_made_once() -> None:
    merged = merge([plan(patch(), patch())])
    assert merged.steps == (Step("prod", patch(), (0,)),)


def test_the_same_change_on_two_targets_is_two_changes() -> None:
    merged = merge([plan(patch()), plan(patch(), target="edge")])
    assert [(step.target, step.plans) for step in merged.steps] == [("prod", (0,)), ("edge", (1,))]


def test_a_shared_change_comes_after_what_either_plan_has_before_it() -> None:
    merged = merge([plan(patch(B), patch()), plan(DELETE, patch())])
    assert changes(merged) == [patch(B), DELETE, patch()]


@pytest.mark.parametrize(
    ("one", "other", "why"),
    [
        (patch(after=1), patch(after=2), "both set /x of Namespace/a, to different values"),
        (patch(), Prompt(ref=A, edits=(Edit("/x", None, 2),), **WORDS), "both set /x of Namespace/a"),
        (DELETE, patch(POD), "one deletes Pod/a/p, the other changes it"),
        (patch(POD), EVICT, "one deletes Pod/a/p, the other changes it"),
    ],
)
def test_plans_that_contradict_each_other_are_both_refused_by_name(one: Change, other: Change, why: str) -> None:
    bystander = plan(patch(B), subject="Namespace/b")
    merged = merge([plan(one), bystander, plan(other, scenario="packs/two")])
    assert merged.plans == (bystander,)
    assert changes(merged) == [patch(B)]
    first, second = merged.refusals
    assert (first.scenario, second.scenario) == ("packs/one", "packs/two")
    assert first.reason.startswith("contradicts packs/two mend for Namespace/a on prod: ")
    assert second.reason.startswith("contradicts packs/one mend for Namespace/a on prod: ")
    assert why in first.reason
    assert why in second.reason


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (patch(path="/x"), patch(path="/y")),
        (DELETE, EVICT),
        (DELETE, WAIT),
        (patch(POD), WAIT),
        (patch(after=1), patch(B, after=2)),
    ],
)
def test_other_plans_do_not_contradict_each_other(one: Change, other: Change) -> None:
    merged = merge([plan(one), plan(other, scenario="packs/two")])
    assert not merged.refusals
    assert len(merged.steps) == 2


def test_a_plan_may_change_its_own_mind_and_delete_what_it_changed() -> None:
    merged = merge([plan(patch(after=1), patch(after=2), patch(POD), DELETE)])
    assert not merged.refusals
    assert changes(merged) == [patch(after=1), patch(after=2), patch(POD), DELETE]


def test_plans_whose_orders_make_a_cycle_are_refused_and_the_rest_is_kept() -> None:
    bystander = plan(patch(B, "/z"), subject="Namespace/b")
    merged = merge([plan(patch(), patch(B)), plan(patch(B), patch(), scenario="packs/two"), bystander])
    assert merged.plans == (bystander,)
    assert {r.scenario for r in merged.refusals} == {"packs/one", "packs/two"}
    assert all("the orders of these plans make a cycle: packs/one mend" in r.reason for r in merged.refusals)


def test_what_is_not_allowed_is_refused_for_its_own_reason_and_the_rest_is_put_together_anew() -> None:
    contradicting = [plan(patch(POD, after=1)), plan(patch(POD, after=2), scenario="packs/two")]
    merged = merge([*contradicting, plan(patch()), plan(patch(B), subject="Namespace/b")])
    left = refuse_where(merged, {0: "it needs --allow=reboot"})
    assert [p.subject for p in left.plans] == ["Namespace/b"]
    assert left.steps == (Step("prod", patch(B), (0,)),)
    assert [r.reason for r in left.refusals][2:] == ["it needs --allow=reboot"]
    assert len(left.refusals) == 3


def test_a_plan_over_the_budget_is_refused_whole() -> None:
    merged = refuse_all(merge([plan(patch()), plan(patch(B), subject="Namespace/b")]), "too many")
    assert (merged.plans, merged.steps) == ((), ())
    assert [(r.subject, r.reason) for r in merged.refusals] == [
        ("Namespace/a", "too many"),
        ("Namespace/b", "too many"),
    ]


CHANGES: st.SearchStrategy[Change] = st.one_of(
    st.builds(patch, st.sampled_from([A, B, POD]), st.sampled_from(["/x", "/y"]), st.integers(1, 2)),
    st.sampled_from([DELETE, EVICT, WAIT]),
    st.builds(
        lambda uid: WaitFor(ref=Ref(DAEMON_SETS, "a", "d", uid), until=Until.PODS_CREATED, timeout_s=1.0, **WORDS),
        st.sampled_from(["1", "2"]),
    ),
)
PLANS = st.lists(st.lists(CHANGES, min_size=1, max_size=4).map(lambda made: plan(*made)), max_size=5)


@given(PLANS)
def test_every_plan_is_kept_whole_and_in_order_or_refused_whole(plans: list[Plan]) -> None:
    merged = merge(plans)
    assert len(merged.plans) + len(merged.refusals) == len(plans)
    order = {key(step.target, step.change): index for index, step in enumerate(merged.steps)}
    assert len(order) == len(merged.steps)
    for index, kept in enumerate(merged.plans):
        places = [order[key(kept.target, change)] for change in kept.changes]
        assert places == sorted(places)
        assert all(index in merged.steps[place].plans for place in places)
    assert {index for step in merged.steps for index in step.plans} == set(range(len(merged.plans)))


@given(PLANS)
def test_no_path_is_set_to_two_values_by_two_plans(plans: list[Plan]) -> None:
    values: dict[Any, set[tuple[int, Any]]] = {}
    for index, kept in enumerate(merge(plans).plans):
        for change in kept.changes:
            for edit in getattr(change, "edits", ()):
                values.setdefault((change.ref, edit.path), set()).add((index, edit.after))
    for wanted in values.values():
        for one, value in wanted:
            assert not any(other != one and another != value for other, another in wanted)
