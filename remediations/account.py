"""What was planned and what became of each step of it, and what that makes of each scenario's verdict."""

from collections.abc import Iterator, Mapping

import msgspec
import pytest

from domain.conflicts import Merged
from domain.plan import DeleteObject, EvictPod, Rollback, writes
from domain.remediation import Came, came_of, record, rollback, unverified, worsened
from domain.run import Change, ChangeState
from domain.verdict import Verdict
from fixtures.verdict import scenario_of, target_of
from remediations.executor import Made

Key = tuple[str, str]
"""A result's scenario and target."""

Verdicts = Mapping[Key, tuple[Verdict, Verdict]]
"""What each scenario came to on each target, before anything was changed and after."""

_UNTOUCHED = (ChangeState.PLANNED, ChangeState.NOT_DONE, ChangeState.REHEARSED)


class Account:
    """One run's plan, and by the number of each step what became of it."""

    def __init__(self, merged: Merged) -> None:
        self.merged = merged
        self.made: dict[int, Made] = {}
        self._came: dict[Key, Came] = {}

    def touched_targets(self) -> set[str]:
        """The targets on which something was tried: what is so now is to be read again."""
        return {made.step.target for made in self.made.values() if made.state not in _UNTOUCHED}

    def wrote(self, key: Key | None = None) -> bool:
        """Whether something was changed, or may have been: for one scenario on a target, or at all."""
        mine = set(self._plans_of(key)) if key else set(range(len(self.merged.plans)))
        return any(_sent(made) for made in self.made.values() if mine & set(made.step.plans))

    def judge(self, verdicts: Verdicts) -> set[int]:
        """Compare every scenario before and after; the plans that did not clear their finding."""
        uncleared: set[int] = set()
        for key, (before, after) in verdicts.items():
            plans = self._plans_of(key)
            beside = any(
                _sent(m) for m in self.made.values() if m.step.target == key[1] and not set(plans) & {*m.step.plans}
            )
            if not plans and not (beside and before.findings):
                continue
            begun = [index for index in plans if self._begun(index)]
            subjects = {index: self.merged.plans[index].subject for index in plans}
            touched = self._touched(key[1])
            here = [(scenario, *both) for (scenario, target), both in verdicts.items() if target == key[1]]
            worse = {subjects[i]: why for i, why in worsened(touched, here).items() if i in begun}
            attempted = {subjects[index] for index in begun}
            came = came_of(before, after, attempted, self.left(key), worse, wrote=self.wrote(key), beside=beside)
            self._came[key] = came
            uncleared |= {index for index in begun if subjects[index] in came.uncleared}
        return uncleared

    def to_take_back(self, uncleared: set[int]) -> list[int]:
        """The steps to take back, newest first: made for no plan that helped, and where taking back helps.

        The others of them are marked as kept.
        """
        standing = [i for i, m in reversed(self.made.items()) if _sent(m) and set(m.step.plans) <= uncleared]
        rules = {i: rollback(self.made[i].step.change, deleted=self._deleted(self.made[i])) for i in standing}
        for index in standing:
            made = self.made[index]
            if rules[index] is not Rollback.TAKE_BACK and made.state is ChangeState.APPLIED:
                self.made[index] = msgspec.structs.replace(
                    made, state=ChangeState.KEPT, message="it did not help, and taking it back would not help either"
                )
        return [index for index in standing if rules[index] is Rollback.TAKE_BACK]

    def came(self, key: Key, before: Verdict | None, folder: str) -> Came | None:
        """What a scenario came to; FIX FAILED where something was written for it that was not judged again."""
        if key not in self._came and before is not None and self.wrote(key):
            return unverified(before, f"the run ended before it was verified what was changed: --undo={folder}")
        return self._came.get(key)

    def left(self, key: Key) -> list[str]:
        """Why findings of a scenario on a target were left as they are: plans refused, or not begun."""
        refused = [str(r) for r in self.merged.refusals if (r.scenario, r.target) == key]
        return refused + [why for index in self._plans_of(key) if (why := self._not_begun(index))]

    def remarks(self, key: Key) -> Iterator[tuple[str, str]]:
        """What a person should know of each plan beforehand, with its subject."""
        for index in self._plans_of(key):
            plan = self.merged.plans[index]
            yield from ((plan.subject, remark) for remark in plan.remarks)

    def changes(self, key: Key) -> Iterator[Change]:
        """The changes for a scenario on a target, for its result: a shared one once for each plan that wanted it."""
        mine = self._plans_of(key)
        for index, step in enumerate(self.merged.steps):
            for plan in (p for p in step.plans if p in mine):
                made = self.made.get(index, Made(step, ChangeState.PLANNED))
                subject = self.merged.plans[plan].subject
                yield record(step, index + 1, subject, made.state, made.message, made.warnings)

    def _plans_of(self, key: Key) -> list[int]:
        return [index for index, plan in enumerate(self.merged.plans) if (plan.scenario, plan.target) == key]

    def _steps_of(self, plan: int) -> list[Made]:
        return [made for made in self.made.values() if plan in made.step.plans]

    def _begun(self, plan: int) -> bool:
        """Whether a plan was begun: something of it was sent or failed on the way, or all of it was so already."""
        states = [made.state for made in self._steps_of(plan) if writes(made.step.change)]
        idle = any(state in _UNTOUCHED or state is ChangeState.REFUSED for state in states)
        tried = any(state in (ChangeState.APPLIED, ChangeState.FAILED) for state in states)
        return tried or (bool(states) and not idle)

    def _not_begun(self, plan: int) -> str:
        """Why a plan that was to be carried out was not begun; nothing where it was, or was only to be shown."""
        why = [m.message for m in self._steps_of(plan) if m.state in (ChangeState.NOT_DONE, ChangeState.REFUSED)]
        if not why or self._begun(plan):
            return ""
        one = self.merged.plans[plan]
        return f"{one.remedy} was not carried out for {one.subject}: {why[0]}"

    def _touched(self, target: str) -> dict[str, list[int]]:
        touched: dict[str, list[int]] = {}
        for made in self.made.values():
            if made.step.target == target and _sent(made):
                touched.setdefault(str(made.step.change.ref), []).extend(made.step.plans)
        return touched

    def _deleted(self, made: Made) -> bool:
        """Whether pods were deleted by a plan that this step is of, or are gone without it, or may be."""
        others = [one for plan in made.step.plans for one in self._steps_of(plan)]
        gone = [one for one in others if _sent(one) or one.state is ChangeState.UNCHANGED]
        return any(isinstance(one.step.change, DeleteObject | EvictPod) for one in gone)


def key_of(item: pytest.Item) -> Key:
    """The scenario and the target of an item."""
    scenario = scenario_of(item)
    return (scenario.id if scenario else "", target_of(item))


def _sent(made: Made) -> bool:
    """Whether a step was sent: and so made, or perhaps made."""
    return made.sent is not None and made.state in (ChangeState.APPLIED, ChangeState.FAILED)
