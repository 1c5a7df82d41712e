"""From the findings of all checks to one plan: asked of each remedy, put together, held against what was allowed."""

import inspect
from collections.abc import Container, Iterable, Mapping
from pathlib import Path
from typing import Any, Final

import msgspec
import pytest

from domain.conflicts import Merged, merge, refuse_all, refuse_where
from domain.plan import Change, Plan, PlanFile, Refusal, WaitFor
from domain.redaction import cleared_plan
from domain.remedy import Ask, Remedy
from domain.run import TargetKind
from domain.verdict import Finding, Note, Outcome
from fixtures.errors import ReadError
from fixtures.selection import scenarios
from fixtures.targets import OpenTarget
from fixtures.verdict import FINDINGS, REQUEST, VERDICT, scenario_of, target_of
from remediations import remedies
from remediations.kinds import kind_of
from remediations.patching import Moved
from remediations.planfile import cluster_of, twice

PLANNED = pytest.StashKey[list[Plan | Refusal]]()
"""What the item's remedy would do about its findings."""

AFTERWARDS = pytest.StashKey[list[Note]]()
"""What a person should know once the item's remedy was carried out."""

_NOT_ON: Final = {
    TargetKind.ARTIFACTS: "it does not act on files",
    TargetKind.BUNDLE: "a bundle is read-only: what it is of is remedied on the cluster itself",
    TargetKind.CLUSTER: "it acts on files alone (--artifacts=PATH)",
    TargetKind.HOST: "it does not act on a host alone: name its cluster beside it",
    TargetKind.SANDBOX: "it acts on files alone (--artifacts=PATH)",
}
"""Why a remedy does nothing on a target that it does not act on, by the target's kind."""


class Planner:
    """Asks the remedies; knows which of them was chosen for which scenario, and what was allowed."""

    def __init__(self, config: pytest.Config, chosen: Mapping[str, str], targets: Mapping[str, OpenTarget]) -> None:
        self._config, self._chosen, self._targets = config, chosen, targets
        self._paths: dict[str, Path] = {name: path for name, (_, path) in scenarios().items()}

    def remedies_of(self, item: pytest.Item) -> tuple[Remedy, ...]:
        """Every remedy of the scenario that an item decides, the default first."""
        scenario = scenario_of(item)
        path = self._paths.get(scenario.id) if scenario else None
        return remedies.of_check(path) if path else ()

    def chosen(self, item: pytest.Item) -> Remedy | None:
        """The remedy for an item: the one asked for, else the first that can act on its target."""
        scenario = scenario_of(item)
        assert scenario is not None
        kind = self._targets[target_of(item)].kind
        return remedies.choose(self.remedies_of(item), self._chosen.get(scenario.id), kind)

    def plan(self, item: pytest.Item) -> None:
        """Plan for an item's findings, while its facts are at hand."""
        verdict = item.stash.get(VERDICT, None)
        if verdict is None or verdict.outcome is not Outcome.FAILED:
            return
        there, kind = self.remedies_of(item), self._targets[target_of(item)].kind
        remedy = self.chosen(item) or next(iter(there), None)
        if remedy is None:
            item.stash[PLANNED] = []
            return
        ask = self._ask(item, remedy, verdict.waived)
        acts = kind in remedy.acts_on
        others = tuple(other.id for other in there if other is not remedy and (acts or kind in other.acts_on))
        planned: list[Plan | Refusal]
        try:
            if not acts:
                planned = [ask.refusal(finding.subject, _NOT_ON[kind]) for finding in verdict.findings]
            else:
                planned = list(remedy.plan(**self._facts(item, remedy.plan, findings=verdict.findings, ask=ask)))
        except Exception as error:  # noqa: BLE001  whatever a remedy breaks on costs its own plans alone, and is said
            broke = f"its planning broke ({type(error).__name__}: {error}); please report it"
            planned = [ask.refusal(finding.subject, broke) for finding in verdict.findings]
        cleared = [cleared_plan(one) for one in planned]
        item.stash[PLANNED] = [
            msgspec.structs.replace(one, others=others) if isinstance(one, Refusal) else one for one in cleared
        ]

    def look_after(self, item: pytest.Item) -> None:
        """Note what a person should know of an item whose findings were remedied, while its facts are at hand."""
        item.stash[AFTERWARDS] = []
        findings: tuple[Finding, ...] = item.stash.get(FINDINGS, ())
        remedy = self.chosen(item) if findings else None
        if remedy is None or remedy.afterwards is None:
            return
        try:
            noted = list(remedy.afterwards(**self._facts(item, remedy.afterwards, findings=findings)))
        except Exception as error:  # noqa: BLE001  what was changed is told whatever can be said besides
            noted = [
                Note(findings[0].subject, f"what it left could not be looked at ({type(error).__name__}: {error})")
            ]
        item.stash[AFTERWARDS] = noted

    def _ask(self, item: pytest.Item, remedy: Remedy, waived: tuple[str, ...]) -> Ask:
        scenario = scenario_of(item)
        assert scenario is not None
        option = self._config.option
        return Ask(
            target=target_of(item),
            scenario=scenario.id,
            remedy=remedy.id,
            allow=frozenset(option.allow),
            kernel=option.kernel or "",
            drain_timeout_s=option.drain_timeout,
            reboot_timeout_s=option.reboot_timeout,
            base_image=option.base_image or "",
            waived=waived,
        )

    @staticmethod
    def _facts(item: pytest.Item, function: Any, **given: Any) -> dict[str, Any]:
        request = item.stash[REQUEST]
        names = [name for name in inspect.signature(function).parameters if name not in given]
        wanted = {name: value for name, value in given.items() if name in inspect.signature(function).parameters}
        return wanted | {name: request.getfixturevalue(name) for name in names}


def facts_of(remedy: Remedy) -> tuple[str, ...]:
    """The names of the facts that a remedy asks for."""
    functions = [remedy.plan, *([remedy.afterwards] if remedy.afterwards else [])]
    names = [name for function in functions for name in inspect.signature(function).parameters]
    return tuple(dict.fromkeys(name for name in names if name not in ("findings", "ask")))


def held_against(merged: Merged, config: pytest.Config, targets: Mapping[str, OpenTarget]) -> Merged:
    """Refuse what was not allowed: disruptive classes, more than one cluster, more changes than the budget."""
    allowed = set(config.getoption("allow"))
    risky = {
        index: f"it needs --allow={change.risk}"
        for index, plan in enumerate(merged.plans)
        for change in plan.changes
        if change.risk and change.risk not in allowed
    }
    merged = refuse_where(merged, risky)
    clusters = sorted({p.target for p in merged.plans if targets[p.target].kind is TargetKind.CLUSTER})
    if len(clusters) > 1 and (same := _same(targets[name] for name in clusters)):
        return refuse_all(merged, same)
    if len(clusters) > 1 and "several-clusters" not in allowed:
        return refuse_all(
            merged,
            f"it would write to {len(clusters)} clusters ({', '.join(clusters)}): --allow=several-clusters allows it",
        )
    budget = config.getoption("max_changes")
    if merged.writes > budget:
        return refuse_all(
            merged,
            f"all plans together make {merged.writes} changes, and --max-changes is {budget}: nothing is changed",
        )
    return merged


def _same(targets: Iterable[OpenTarget]) -> str | None:
    """Why targets cannot be told apart: two of them are one cluster, or which one is cannot be read."""
    try:
        return twice([cluster_of(target) for target in targets])
    except ReadError as error:
        return str(error)


def from_file(
    file: PlanFile, targets: Mapping[str, OpenTarget], selected: Container[tuple[str, str]]
) -> list[Plan | Refusal]:
    """The plans of a plan.json under this run's names for its clusters, which their uids tell; others are refused.

    `selected` are the scenarios and targets that this run checks: what nothing would verify is refused too. Raises
    UsageError where the plan is for none of this run's clusters.
    """
    here: dict[str, str] = {}
    unread = []
    for target in targets.values():
        try:
            here.setdefault(cluster_of(target).uid, target.id)
        except ReadError as error:
            unread.append(str(error))
    names = {cluster.id: here[cluster.uid] for cluster in file.clusters if cluster.uid in here}
    if file.plans and not names and not unread:
        raise pytest.UsageError(
            f"--from-plan: the plan is for {', '.join(c.id for c in file.clusters) or 'no cluster'}, and none of the "
            "targets is that cluster (by kube-system's uid)"
        )
    planned: list[Plan | Refusal] = []
    in_file: list[Plan | Refusal] = [*file.plans, *file.refusals]
    for one in in_file:
        reason = ""
        if one.target not in names:
            what = f"none of this run's targets is the cluster that was {one.target} when the plan was made"
            reason = "; ".join([what, *unread])
        elif (one.scenario, names[one.target]) not in selected:
            reason = "this run does not check its scenario, so nothing would verify it"
        name = names.get(one.target, one.target)
        if reason and isinstance(one, Plan):
            planned.append(Ask(name, one.scenario, one.remedy).refusal(one.subject, reason))
        else:
            planned.append(msgspec.structs.replace(one, target=name))
    return planned


def changed_since(merged: Merged, targets: Mapping[str, OpenTarget]) -> Merged:
    """Refuse the plans whose objects are not any more what they were when the plan was made."""
    reasons: dict[int, str] = {}
    earlier: dict[str, list[Change]] = {}
    for step in merged.steps:
        change = step.change
        if isinstance(change, WaitFor):
            continue
        before = list(earlier.setdefault(step.target, []))
        earlier[step.target].append(change)
        try:
            kind = kind_of(change)
            kind.check(change, kind.look(targets[step.target].store, change), before)
        except (Moved, ReadError, msgspec.MsgspecError) as error:
            said = f"{change.ref} is not what it was when the plan was made: {error}"
            reasons |= {index: said for index in step.plans if index not in reasons}
    return refuse_where(merged, reasons)


def together(planned: Iterable[Plan | Refusal]) -> Merged:
    """Every plan put together, with the refusals that came before."""
    all_planned = list(planned)
    merged = merge(one for one in all_planned if isinstance(one, Plan))
    refused = tuple(one for one in all_planned if isinstance(one, Refusal))
    return msgspec.structs.replace(merged, refusals=(*refused, *merged.refusals))
