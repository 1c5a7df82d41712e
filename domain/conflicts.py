"""All plans of a run together, before any write: what is wanted twice is made once, what contradicts is refused."""

from collections import defaultdict
from collections.abc import Iterable
from graphlib import CycleError, TopologicalSorter
from itertools import combinations, product

import msgspec

from domain.plan import (
    Change,
    DeleteObject,
    Edit,
    EvictPod,
    Hunk,
    PatchObject,
    Plan,
    Prompt,
    Refusal,
    WaitFor,
    WriteFile,
    action,
    weight,
)

Key = tuple[object, ...]


class Step(msgspec.Struct, frozen=True):
    """One change to be made, for all the plans that want it (indices into the plans given)."""

    target: str
    change: Change
    plans: tuple[int, ...]


class Merged(msgspec.Struct, frozen=True):
    """The steps of every plan that can be carried out, in an order that keeps each plan's own; and the others."""

    plans: tuple[Plan, ...]
    steps: tuple[Step, ...]
    refusals: tuple[Refusal, ...]

    @property
    def writes(self) -> int:
        """How many changes the steps make."""
        return sum(weight(step.change) for step in self.steps)


def merge(plans: Iterable[Plan]) -> Merged:
    """Put plans together; those that contradict each other, or whose orders make a cycle, are refused by name."""
    left = list(plans)
    refusals: list[Refusal] = []
    while True:
        bad = _contradictions(left) or _cycles(left)
        if not bad:
            break
        refusals += [_refused(left[index], reason) for index, reason in sorted(bad.items())]
        left = [plan for index, plan in enumerate(left) if index not in bad]
    return Merged(tuple(left), tuple(_steps(left)), tuple(refusals))


def refuse_all(merged: Merged, reason: str) -> Merged:
    """Refuse every plan for one reason: a budget, a permission, a lock."""
    return Merged((), (), (*merged.refusals, *(_refused(plan, reason) for plan in merged.plans)))


def refuse_where(merged: Merged, reasons: dict[int, str]) -> Merged:
    """Refuse some plans (by index) and put the rest together anew."""
    kept = merge(plan for index, plan in enumerate(merged.plans) if index not in reasons)
    refused = tuple(_refused(merged.plans[index], reason) for index, reason in sorted(reasons.items()))
    return Merged(kept.plans, kept.steps, (*merged.refusals, *refused, *kept.refusals))


def key(target: str, change: Change) -> Key:
    """What makes two changes the same: everything but the words and the rules."""
    edits: Key = tuple((e.path, repr(e.before), repr(e.after)) for e in getattr(change, "edits", ()))
    until = str(change.until) if isinstance(change, WaitFor) else ""
    return (target, action(change), change.ref, edits, until)


def _refused(plan: Plan, reason: str) -> Refusal:
    return Refusal(target=plan.target, scenario=plan.scenario, remedy=plan.remedy, subject=plan.subject, reason=reason)


def _name(plan: Plan) -> str:
    return f"{plan.scenario} {plan.remedy} for {plan.subject} on {plan.target}"


def _contradictions(plans: list[Plan]) -> dict[int, str]:
    """The plans that want the same path to be different things, or an object both changed and gone."""
    edits: defaultdict[Key, list[tuple[int, Edit]]] = defaultdict(list)
    gone: defaultdict[Key, dict[int, None]] = defaultdict(dict)
    for index, plan in enumerate(plans):
        for change in plan.changes:
            if isinstance(change, PatchObject | Prompt):
                edits[(plan.target, change.ref)] += [(index, edit) for edit in change.edits]
            elif isinstance(change, DeleteObject | EvictPod):
                gone[(plan.target, change.ref)][index] = None
    bad: dict[int, str] = {}
    _of_files(bad, plans)
    for where, wanted in edits.items():
        for (one, first), (other, second) in combinations(wanted, 2):
            if one != other and (what := _differ(first, second)):
                _both(bad, plans, one, other, f"both set {what} of {where[1]}, to different values")
        for one, other in product(gone.get(where, ()), dict(wanted)):
            if one != other:
                _both(bad, plans, one, other, f"one deletes {where[1]}, the other changes it")
    return bad


def _of_files(bad: dict[int, str], plans: list[Plan]) -> None:
    """Plans that want the same lines of a file to be different things, or that were made on different files."""
    wanted: defaultdict[Key, list[tuple[int, WriteFile]]] = defaultdict(list)
    for index, plan in enumerate(plans):
        for change in plan.changes:
            if isinstance(change, WriteFile):
                wanted[(plan.target, change.ref.name)].append((index, change))
    for changes in wanted.values():
        for (one, first), (other, second) in combinations(changes, 2):
            if one == other or first.ref == second.ref:
                lines = [a.line for a, b in product(first.hunks, second.hunks) if a != b and _overlap(a, b)]
                if one != other and lines:
                    _both(bad, plans, one, other, f"both change {first.ref}:{lines[0]}, to different lines")
            else:
                _both(bad, plans, one, other, f"{first.ref} changed while it was planned")


def _overlap(one: Hunk, other: Hunk) -> bool:
    """Whether two hunks touch the same lines, or add at the same place."""
    if one.line == other.line and one.column is not None and other.column is not None:
        return one.column < other.column + len(other.before[0]) and other.column < one.column + len(one.before[0])
    ends = [hunk.line + len(hunk.before) for hunk in (one, other)]
    return one.line < ends[1] and other.line < ends[0] if one.before and other.before else one.line == other.line


def _differ(one: Edit, other: Edit) -> str:
    """The path at which two edits contradict each other: the same, or one inside the other."""
    if one.path == other.path:
        return one.path if one.after != other.after else ""
    inner, outer = (one.path, other.path) if len(one.path) > len(other.path) else (other.path, one.path)
    return inner if inner.startswith(outer + "/") else ""


def _both(bad: dict[int, str], plans: list[Plan], one: int, other: int, what: str) -> None:
    bad.setdefault(one, f"contradicts {_name(plans[other])}: {what}")
    bad.setdefault(other, f"contradicts {_name(plans[one])}: {what}")


def _graph(plans: list[Plan]) -> dict[Key, set[Key]]:
    graph: dict[Key, set[Key]] = {}
    for plan in plans:
        before: Key | None = None
        for change in plan.changes:
            node = key(plan.target, change)
            graph.setdefault(node, set())
            if before is not None and before != node:
                graph[node].add(before)
            before = node
    return graph


def _cycles(plans: list[Plan]) -> dict[int, str]:
    try:
        TopologicalSorter(_graph(plans)).prepare()
    except CycleError as error:
        cycle = set(error.args[1])
        inside = [
            index for index, plan in enumerate(plans) if len(cycle & {key(plan.target, c) for c in plan.changes}) > 1
        ]
        names = "; ".join(_name(plans[index]) for index in inside)
        return dict.fromkeys(inside, f"the orders of these plans make a cycle: {names}")
    return {}


def _together(one: WriteFile, other: WriteFile) -> WriteFile:
    """One write that makes the lines of both."""
    hunks = sorted({*one.hunks, *other.hunks}, key=lambda hunk: hunk.line)
    reason = "; ".join(dict.fromkeys([*one.reason.split("; "), other.reason]))
    command = "\n".join(dict.fromkeys([*one.command.split("\n"), other.command]))
    return msgspec.structs.replace(one, hunks=tuple(hunks), reason=reason, command=command)


def _steps(plans: list[Plan]) -> Iterable[Step]:
    wanted: dict[Key, tuple[str, Change, list[int]]] = {}
    for index, plan in enumerate(plans):
        for change in plan.changes:
            node = key(plan.target, change)
            _, before, who = wanted.setdefault(node, (plan.target, change, []))
            if index not in who:
                who.append(index)
            if isinstance(change, WriteFile) and isinstance(before, WriteFile):
                wanted[node] = (plan.target, _together(before, change), who)
    order = list(wanted)
    sorter = TopologicalSorter(_graph(plans))
    sorter.prepare()
    ready: list[Key] = []
    while sorter.is_active():
        ready += sorter.get_ready()
        following = min(ready, key=order.index)
        ready.remove(following)
        sorter.done(following)
        target, change, who = wanted[following]
        yield Step(target, change, tuple(who))
