"""The loop that takes pytest's place where something is planned, changed or taken back.

check all → plan over all findings → (rehearse | lock, apply) → check all again → settle → take back what did not
help → report each item once, with what it came to
"""

from collections.abc import Mapping
from pathlib import Path
from threading import Event
from typing import Any

import pytest
from _pytest.runner import runtestprotocol

from domain.conflicts import Merged
from domain.plan import PlanFile
from domain.run import Mode, TargetKind
from domain.verdict import Note, Outcome, Verdict
from fixtures.plugin import TARGETS, prefetch
from fixtures.targets import NO_TARGET, OpenTarget
from fixtures.verdict import VERDICT, scenario_of, target_of
from remediations import planfile
from remediations.carrying import Carrying
from remediations.planning import AFTERWARDS, PLANNED, Planner, from_file, held_against, together
from remediations.telling import Telling
from remediations.undo import Taken

Reports = dict[pytest.Item, list[pytest.TestReport]]


class Loop:
    """One run that plans, remediates or undoes."""

    def __init__(
        self,
        config: pytest.Config,
        mode: Mode,
        chosen: Mapping[str, str],
        given: PlanFile | None,
        taken: list[Taken],
    ) -> None:
        self._config, self._mode, self._given, self._taken = config, mode, given, taken
        self._targets: dict[str, OpenTarget] = config.stash[TARGETS]
        self._planner = Planner(config, chosen, self._targets)
        self._verifying = False
        self._stop = Event()
        self._tell = Telling(config)
        self._carrying = Carrying(config, self._targets, self._stop, self._tell)
        self.left: tuple[str, ...] = ()

    @property
    def writes(self) -> int:
        """How many requests were sent that change anything."""
        return self._carrying.writes

    def ask_to_stop(self, *_: Any) -> None:
        """End after the current write; what was done is verified and said, and what was not as well."""
        self._stop.set()

    def judged(self, item: pytest.Item) -> None:
        """Plan for an item that was just judged, or look at what its remedy left, while its facts are at hand."""
        if target_of(item) == NO_TARGET or self._mode is Mode.UNDO:
            return
        if self._verifying:
            self._planner.look_after(item)
        else:
            self._planner.plan(item)

    def run(self, session: pytest.Session) -> None:
        """Run every item, and do what was asked for."""
        if self._mode is Mode.UNDO:
            self._undo(session)
            return
        reports = self._pass(session, session.items)
        before = {item: item.stash[VERDICT] for item in session.items if VERDICT in item.stash}
        merged = self._plan(session.items)
        if self._mode is Mode.PLAN:
            if self._config.getoption("dry_run"):
                self._carrying.rehearse(merged)
            self._carrying.note_planned(merged)
        else:
            self._carrying.apply(merged)
            reports |= self._verify(session, before)
        self._report(session, reports)

    def _plan(self, items: list[pytest.Item]) -> Merged:
        planned = [one for item in items for one in item.stash.get(PLANNED, [])]
        if self._given is not None:
            plans, refusals = from_file(self._given, self._targets)
            planned = [*plans, *refusals]
        merged = held_against(together(planned), self._config, self._targets)
        clusters = [
            planfile.cluster_of(t) for name, t in self._targets.items() if any(p.target == name for p in merged.plans)
        ]
        folder = Path(self._config.option.run_dir)
        folder.mkdir(parents=True, exist_ok=True)
        (folder / planfile.NAME).write_bytes(planfile.encode(merged.plans, merged.refusals, clusters))
        return merged

    def _pass(self, session: pytest.Session, items: list[pytest.Item]) -> Reports:
        """Run items once; what they say is kept, and told when all is done."""
        reports: Reports = {}
        for item, following in zip(items, [*items[1:], None], strict=True):
            reports[item] = runtestprotocol(item, nextitem=following, log=False)
            if session.shouldstop:
                raise session.Interrupted(session.shouldstop)
        return reports

    def _verify(self, session: pytest.Session, before: Mapping[pytest.Item, Verdict]) -> Reports:
        touched = self._carrying.touched_targets()
        items = [item for item in session.items if scenario_of(item) and target_of(item) in touched]
        if not items:
            return {}
        self._verifying = True
        reports = self._again(session, items)
        settle = self._settle(touched)
        if settle and not self._stop.is_set() and self._all_clear(items):
            self._tell(f"verified; looking again in {settle:.0f} s, for what was changed may be taken back")
            self._stop.wait(settle)
            reports = self._again(session, items)
        self._carrying.judge({item: (before.get(item), item.stash.get(VERDICT, None)) for item in items})
        return reports

    def _again(self, session: pytest.Session, items: list[pytest.Item]) -> Reports:
        for name in {target_of(item) for item in items}:
            self._targets[name].store.rise()
        prefetch(self._config, items)
        return self._pass(session, items)

    def _settle(self, touched: set[str]) -> float:
        asked: float | None = self._config.getoption("settle")
        live = any(self._targets[name].kind is TargetKind.CLUSTER for name in touched)
        return asked if asked is not None else 10.0 * live

    @staticmethod
    def _all_clear(items: list[pytest.Item]) -> bool:
        return all(VERDICT in item.stash and item.stash[VERDICT].outcome is not Outcome.FAILED for item in items)

    def _report(self, session: pytest.Session, reports: Reports) -> None:
        """Tell pytest of every item, once, with what it came to."""
        for item in session.items:
            for report in reports[item]:
                if hasattr(report, "packcheck"):
                    notes: list[Note] = item.stash.get(AFTERWARDS, [])
                    self._carrying.amend(item, report, notes)
            item.ihook.pytest_runtest_logstart(nodeid=item.nodeid, location=item.location)
            for report in reports[item]:
                item.ihook.pytest_runtest_logreport(report=report)
            item.ihook.pytest_runtest_logfinish(nodeid=item.nodeid, location=item.location)
            if session.shouldfail:
                raise session.Failed(session.shouldfail)
        if self._stop.is_set():
            session.shouldstop = "asked to stop: what was not done is said above"
            raise session.Interrupted(session.shouldstop)

    def _undo(self, session: pytest.Session) -> None:
        self.left = self._carrying.undo(self._taken)
        concerned = {taken.intent.scenario for taken in self._taken}
        items = [i for i in session.items if (s := scenario_of(i)) is not None and (s.id in concerned or not concerned)]
        others = [item for item in session.items if item not in items]
        if others:
            session.items[:] = items
            self._config.hook.pytest_deselected(items=others)
        for target in self._targets.values():
            target.store.rise()
        prefetch(self._config, items)
        self._report(session, self._pass(session, items))


LOOP = pytest.StashKey[Loop]()
"""The loop of a run that does more than check."""
