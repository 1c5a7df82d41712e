"""The loop that takes pytest's place where something is planned, changed or taken back.

check all → plan over all findings → (rehearse | lock, apply) → check all again → settle → take back what did not
help → report each item once, with what it came to

From the first write on, nothing that goes wrong costs the report: a request to stop, a check that breaks, a target that
does not answer any more all end in verification as far as it goes, and in results that tell what was changed.
"""

import signal
from collections.abc import Mapping
from itertools import zip_longest
from pathlib import Path

import msgspec
import pytest
from _pytest.runner import runtestprotocol

from domain.conflicts import Merged
from domain.plan import PlanFile
from domain.run import Mode, Result, TargetKind
from domain.verdict import Note, Outcome, Undecided, Verdict
from fixtures.errors import ReadError
from fixtures.plugin import TARGETS, prefetch
from fixtures.targets import NO_TARGET, OpenTarget
from fixtures.verdict import VERDICT, attach, scenario_of, target_of
from remediations import planfile
from remediations.account import Key, key_of
from remediations.carrying import Carrying
from remediations.planning import AFTERWARDS, PLANNED, Planner, changed_since, from_file, held_against, together
from remediations.stopping import Stop, heard
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
        self._stop = Stop()
        self._tell = Telling(config)
        self._carrying = Carrying(config, self._targets, self._stop, self._tell)
        self._before: dict[Key, Verdict] = {}
        self.left: tuple[str, ...] = ()

    @property
    def undoes(self) -> bool:
        """Whether the run takes another one back, which it does whatever is selected, or says why it does not."""
        return self._mode is Mode.UNDO

    @property
    def writes(self) -> int:
        """How many requests were sent that change anything."""
        return self._carrying.writes

    def judged(self, item: pytest.Item) -> None:
        """Plan for an item that was just judged, or look at what its remedy left, while its facts are at hand."""
        if target_of(item) == NO_TARGET or self._mode is Mode.UNDO:
            return
        if self._verifying:
            self._planner.look_after(item)
        elif self._given is None:
            self._planner.plan(item)

    def run(self, session: pytest.Session) -> None:
        """Run every item, and do what was asked for."""
        with heard(self._stop, signal.SIGTERM):
            if self._mode is Mode.UNDO:
                self._undo(session)
            else:
                self._run(session)
        if self._stop.is_set():
            session.shouldstop = "asked to stop: what was not done is said above"
            raise session.Interrupted(session.shouldstop)

    def _run(self, session: pytest.Session) -> None:
        reports = self._pass(session, session.items)
        if self._stop.is_set():  # nothing was changed yet, and not everything judged: nothing is planned
            self._report(session, reports)
            return
        self._before = {key_of(item): item.stash[VERDICT] for item in session.items if VERDICT in item.stash}
        merged = self._plan(session.items)
        if self._mode is Mode.PLAN:
            with heard(self._stop, signal.SIGINT):
                try:
                    self._carrying.show(merged, rehearsed=self._config.getoption("dry_run"))
                finally:
                    self._carrying.close()
                    self._report(session, reports)
            return
        with heard(self._stop, signal.SIGINT):
            try:
                self._carrying.apply(merged)
                reports |= self._verify(session)
            finally:
                self._carrying.close()
                self._report(session, reports)

    def _plan(self, items: list[pytest.Item]) -> Merged:
        planned = [one for item in items for one in item.stash.get(PLANNED, [])]
        if self._given is not None:
            planned = from_file(self._given, self._targets, {key_of(item) for item in items if scenario_of(item)})
        merged = together(planned)
        if self._given is not None:
            merged = changed_since(merged, self._targets)
        merged = held_against(merged, self._config, self._targets)
        clusters = []
        for name in dict.fromkeys(plan.target for plan in merged.plans):
            try:
                clusters.append(planfile.cluster_of(self._targets[name]))
            except ReadError as error:
                self._tell(f"{error}: {planfile.NAME} cannot be applied there")
        folder = Path(self._config.option.run_dir)
        try:
            folder.mkdir(parents=True, exist_ok=True)
            (folder / planfile.NAME).write_bytes(planfile.encode(merged.plans, merged.refusals, clusters))
        except OSError as error:
            raise pytest.UsageError(f"nothing is changed: {planfile.NAME} cannot be written: {error}") from error
        shown = {key_of(item) for item in items}
        for refusal in merged.refusals:
            if (refusal.scenario, refusal.target) not in shown:
                self._tell(f"{refusal.target}: {refusal}")
        return merged

    def _pass(self, session: pytest.Session, items: list[pytest.Item]) -> Reports:
        """Run items once; what they say is kept, and told when all is done."""
        reports: Reports = {}
        for item, following in zip_longest(items, items[1:]):
            if self._stop.is_set() and not self._verifying:
                break
            reports[item] = runtestprotocol(item, nextitem=following, log=False)
            if session.shouldstop and not self._verifying:
                raise session.Interrupted(session.shouldstop)
        return reports

    def _verify(self, session: pytest.Session) -> Reports:
        touched = self._carrying.account.touched_targets()
        items = [item for item in session.items if scenario_of(item) and target_of(item) in touched]
        if not items:
            return {}
        self._verifying = True
        reports = self._again(session, items)
        settle = self._settle(touched)
        if settle and not self._stop.is_set() and self._anything_cleared(items):
            self._tell(f"verified; looking again in {settle:.0f} s, for what was changed may be taken back")
            self._stop.wait(settle)
            reports = self._again(session, items)
        self._carrying.judge({key_of(item): (self._was(item), _is(item, reports[item])) for item in items})
        return reports

    def _was(self, item: pytest.Item) -> Verdict:
        """What an item came to before anything was changed; nothing can be said of one that broke."""
        broke = Undecided(f"Target/{target_of(item)}", "the check came to no verdict")
        return self._before.get(key_of(item)) or Verdict(Outcome.ERROR, broke.reason, undecided=(broke,))

    def _again(self, session: pytest.Session, items: list[pytest.Item]) -> Reports:
        for name in {target_of(item) for item in items}:
            self._targets[name].store.rise()
        prefetch(self._config, items)
        return self._pass(session, items)

    def _settle(self, touched: set[str]) -> float:
        asked: float | None = self._config.getoption("settle")
        live = any(self._targets[name].kind is TargetKind.CLUSTER for name in touched)
        return asked if asked is not None else 10.0 * live

    def _anything_cleared(self, items: list[pytest.Item]) -> bool:
        """Whether a finding for which something was changed is gone: else there is nothing that could come back."""
        gone = {
            (key, f.subject)
            for item in items
            if VERDICT in item.stash and (key := key_of(item)) in self._before
            for f in self._before[key].findings
            if f.subject not in {g.subject for g in item.stash[VERDICT].findings}
        }
        return any(((p.scenario, p.target), p.subject) in gone for p in self._carrying.account.merged.plans)

    def _report(self, session: pytest.Session, reports: Reports) -> None:
        """Tell pytest of every item that was run, once, with what it came to."""
        for item in session.items:
            if item not in reports:
                continue
            item.ihook.pytest_runtest_logstart(nodeid=item.nodeid, location=item.location)
            properties = item.user_properties
            for report in reports[item]:
                if hasattr(report, "packcheck"):
                    self._amend(item, report)
                    properties = report.user_properties
                elif report.when == "teardown":
                    report.user_properties = properties
                item.ihook.pytest_runtest_logreport(report=report)
            item.ihook.pytest_runtest_logfinish(nodeid=item.nodeid, location=item.location)
            if session.shouldfail and self._mode is Mode.PLAN:
                raise session.Failed(session.shouldfail)

    def _amend(self, item: pytest.Item, report: pytest.TestReport) -> None:
        """Make an item's report tell what was planned or done about its findings."""
        result = msgspec.convert(report.packcheck, Result)
        key, account = key_of(item), self._carrying.account
        left = account.left(key)
        came = account.came(key, self._before.get(key), self._config.option.run_dir)
        if came is not None:
            verdict = came.verdict
            afterwards = item.stash.get(AFTERWARDS, []) if verdict.outcome is Outcome.FIXED else []
            result = msgspec.structs.replace(
                result,
                outcome=verdict.outcome,
                reason=verdict.reason,
                skip=verdict.skip,
                findings=verdict.findings,
                undecided=verdict.undecided,
                notes=(*verdict.notes, *afterwards),
                fixed=came.fixed,
            )
        elif left:
            result = msgspec.structs.replace(result, reason="; ".join(filter(None, [result.reason, *left])))
        remarks = [Note(subject, remark) for subject, remark in account.remarks(key)]
        changes = tuple(account.changes(key))
        notes = tuple(dict.fromkeys((*result.notes, *remarks)))
        result = msgspec.structs.replace(result, changes=changes, notes=notes, left=tuple(left))
        attach(report, result)
        if result.outcome is Outcome.FIXED:
            report.outcome, report.when, report.longrepr = "passed", "call", None
        elif result.outcome is Outcome.FIX_FAILED:
            report.outcome, report.when, report.longrepr = "failed", "call", result.reason

    def _undo(self, session: pytest.Session) -> None:
        concerned = {taken.intent.scenario for taken in self._taken}
        if left_out := concerned - {s.id for item in session.items if (s := scenario_of(item)) is not None}:
            raise pytest.UsageError(
                f"--undo: that run changed something for {', '.join(sorted(left_out))}, which this selection leaves "
                "out: nothing is taken back, for nothing would show what it comes to"
            )
        items = [i for i in session.items if (s := scenario_of(i)) is not None and (s.id in concerned or not concerned)]
        others = [item for item in session.items if item not in items]
        if others:
            session.items[:] = items
            self._config.hook.pytest_deselected(items=others)
        with heard(self._stop, signal.SIGINT):
            reports: Reports = {}
            try:
                self.left = self._carrying.undo(self._taken)
                self._carrying.close()
                self._verifying = True
                reports = self._again(session, items)
            finally:
                self._carrying.close()
                self._report(session, reports)


def _is(item: pytest.Item, reports: list[pytest.TestReport]) -> Verdict:
    """What an item came to when it was run again, also where its check never got to decide."""
    if VERDICT in item.stash:
        return item.stash[VERDICT]
    told = next(msgspec.convert(r.packcheck, Result) for r in reports if hasattr(r, "packcheck"))
    return Verdict(told.outcome, told.reason, told.skip, told.findings, told.undecided, told.notes)


LOOP = pytest.StashKey[Loop]()
"""The loop of a run that does more than check."""
