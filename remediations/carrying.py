"""What a run does about its plan, and how each scenario's result tells it: the executor's hands, memory and words."""

import os
import signal
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from threading import Event
from typing import Any

import msgspec
import pytest

from domain.conflicts import Merged, Step, refuse_all
from domain.plan import Plan, Rollback, WaitFor
from domain.remediation import came_of, record, rollback
from domain.run import Change, ChangeState, Result
from domain.verdict import Note, Outcome, Verdict
from domain.version import VERSION
from fixtures.errors import PackcheckError, ReadError, WriteError
from fixtures.targets import OpenTarget
from fixtures.verdict import scenario_of, target_of
from remediations.executor import Executor, Made, look, request_of
from remediations.hands import Hands, by_target
from remediations.journal import Journal
from remediations.patching import Moved
from remediations.planfile import cluster_of
from remediations.telling import Telling
from remediations.undo import Taken, Undo, opposite

Verdicts = Mapping[pytest.Item, tuple[Verdict | None, Verdict | None]]


class Carrying:
    """Carries out one plan, or takes one journal back, and remembers what became of each step."""

    def __init__(self, config: pytest.Config, targets: Mapping[str, OpenTarget], stop: Event, tell: Telling) -> None:
        self._config, self._targets, self._stop, self._tell = config, targets, stop, tell
        self._folder = Path(config.option.run_dir)
        self._run = f"{self._folder.name}-{os.urandom(3).hex()}"
        self._merged = Merged((), (), ())
        self._made: dict[int, Made] = {}
        self._came: dict[tuple[str, str], tuple[Verdict, bool]] = {}
        self.writes = 0

    # what is done

    def note_planned(self, merged: Merged) -> None:
        """Remember a plan that is only shown."""
        self._merged = merged

    def apply(self, merged: Merged) -> None:
        """Ask for the rights, lock the clusters, and make every step; what stands in the way refuses the whole plan."""
        self._merged = merged
        if not merged.writes:
            return
        with self._hands(by_target(self._targets, merged.steps)) as hands:
            try:
                clusters = [cluster_of(t) for t in by_target(self._targets, merged.steps)]
                hands.ask_rights(merged.steps)
                hands.lock(self._config.getoption("wait_lock"), self._stop)
                journal = Journal(self._folder, self._run, VERSION, clusters)
            except (PackcheckError, OSError) as error:
                self._merged = refuse_all(merged, str(error))
                return
            executor = Executor(hands, journal, self._stop, self._tell)
            made = executor.carry_out(merged.steps, lambda step: merged.plans[step.plans[0]].scenario)
            self._made = dict(enumerate(made))
            journal.close()

    def rehearse(self, merged: Merged) -> None:
        """Send every step with dryRun=All, and keep what the server says; the plan stands whatever that is."""
        self._merged = merged
        if not merged.writes:
            return
        with self._hands(by_target(self._targets, merged.steps), dry_run=True) as hands:
            for index, step in enumerate(merged.steps):
                if isinstance(step.change, WaitFor):
                    continue
                hand = hands(step.target)
                try:
                    current = look(hand.reader, step.change)
                    written = request_of(step.change, current or {"metadata": {}}, hand.writer)()
                    self._made[index] = Made(
                        step, ChangeState.REHEARSED, "the server would accept it", written.warnings
                    )
                except (Moved, WriteError, ReadError) as error:
                    self._made[index] = Made(step, ChangeState.PLANNED, f"the rehearsal was refused: {error}")

    def undo(self, taken: Sequence[Taken]) -> tuple[str, ...]:
        """Take back the writes of a journal on the clusters that this run has; what was left is said."""
        mine = self._clusters()
        here = [(mine[t.cluster.uid], t) for t in taken if t.cluster and t.cluster.uid in mine]
        elsewhere = [t for t in taken if not t.cluster or t.cluster.uid not in mine]
        if elsewhere and not here:
            ids = ", ".join(sorted({t.intent.target for t in elsewhere}))
            raise pytest.UsageError(
                f"--undo: the journal is about {ids}, and none of the targets is that cluster (by the uid of kube-system)"
            )
        left = [
            f"{t.intent.change.ref} on {t.intent.target}: that cluster is none of this run's targets" for t in elsewhere
        ]
        if not here:
            self._tell("undo: there is nothing to take back")
            return tuple(left)
        targets = [self._targets[name] for name in dict.fromkeys(name for name, _ in here)]
        with self._hands(targets) as hands:
            try:
                hands.lock(self._config.getoption("wait_lock"), self._stop)
                journal = Journal(self._folder, self._run, VERSION, [cluster_of(t) for t in targets])
            except (PackcheckError, OSError) as error:
                return (*left, *(f"{t.intent.change.ref}: {error}" for _, t in here))
            made = Undo(Executor(hands, journal, self._stop, self._tell), hands).take_back(here)
            journal.close()
        self._merged = _as_merged(made, [t for _, t in here])
        self._made = dict(enumerate(made))
        for one in made:
            self._tell(
                f"undo: {one.step.change.ref} on {one.step.target}: {one.state}{one.message and f' ({one.message})'}"
            )
        return (
            *left,
            *(f"{m.step.change.ref} on {m.step.target}: {m.message}" for m in made if m.state is ChangeState.LEFT),
        )

    @contextmanager
    def _hands(self, targets: list[OpenTarget], *, dry_run: bool = False) -> Iterator[Hands]:
        """Hold the targets' writers; Ctrl-C ends after the current write while they are held."""
        earlier = signal.signal(signal.SIGINT, lambda *_: self._stop.set())
        hands = Hands(
            targets,
            run=self._run,
            tell=self._tell,
            lease_namespace=self._config.getoption("lease_namespace"),
            lease_duration_s=self._config.getoption("lease_duration"),
            dry_run=dry_run,
        )
        try:
            yield hands
        finally:
            hands.close()
            self.writes += hands.writes
            signal.signal(signal.SIGINT, earlier)

    def _clusters(self) -> dict[str, str]:
        found: dict[str, str] = {}
        for name, target in self._targets.items():
            try:
                found[cluster_of(target).uid] = name
            except ReadError as error:
                self._tell(f"undo: {error}")
        return found

    # what came of it

    def touched_targets(self) -> set[str]:
        """The targets on which something was changed, or may have been."""
        done = (ChangeState.APPLIED, ChangeState.FAILED, ChangeState.UNCHANGED)
        return {m.step.target for m in self._made.values() if m.state in done}

    def judge(self, verdicts: Verdicts) -> None:
        """Compare every check before and after, and take back what its plan did not bring about, by each rule."""
        touched = {str(m.step.change.ref) for m in self._made.values() if m.state is ChangeState.APPLIED}
        uncleared: set[int] = set()
        for item, (before, after) in verdicts.items():
            plans = self._plans_of(item)
            if before is None or after is None or not plans:
                continue
            worse = {
                f"{scenario.id}: {f.subject}"
                for other, (was, now) in verdicts.items()
                if other is not item
                and was is not None
                and now is not None
                and target_of(other) == target_of(item)
                and (scenario := scenario_of(other)) is not None
                for f in now.findings
                if f.subject in touched and f.subject not in {g.subject for g in was.findings}
            }
            attempted = {self._merged.plans[index].subject for index in plans}
            came = came_of(before, after, attempted, self._refused(item), worse)
            self._came[_key(item)] = (came.verdict, bool(came.uncleared))
            uncleared |= {index for index in plans if self._merged.plans[index].subject in came.uncleared}
        if uncleared and not self._stop.is_set():
            self._take_back(uncleared)

    def _take_back(self, uncleared: set[int]) -> None:
        """Take back, newest first, what belongs to no plan but those that did not clear their finding."""
        standing = [
            (index, made)
            for index, made in reversed(self._made.items())
            if made.number is not None and made.state is ChangeState.APPLIED and set(made.step.plans) <= uncleared
        ]
        applied = [m.step.change for m in self._made.values() if m.state is ChangeState.APPLIED]
        back: list[tuple[int, Made]] = []
        for index, made in standing:
            plan = self._merged.plans[made.step.plans[0]]
            if rollback(made.step.change, plan.changes, applied) is Rollback.TAKE_BACK:
                back.append((index, made))
            else:
                self._made[index] = msgspec.structs.replace(
                    made, state=ChangeState.KEPT, message="taking it back would not help"
                )
        if not back:
            return
        with self._hands(by_target(self._targets, [made.step for _, made in back])) as hands:
            try:
                hands.lock(self._config.getoption("wait_lock"), self._stop)
                clusters = [cluster_of(t) for t in by_target(self._targets, [made.step for _, made in back])]
                journal = Journal(self._folder, self._run, VERSION, clusters)
            except (PackcheckError, OSError) as error:
                self._tell(f"what did not help could not be taken back: {error}; --undo={self._folder} will")
                return
            executor = Executor(hands, journal, self._stop, self._tell)
            for index, made in back:
                self._made[index] = self._one_back(executor, hands, made)
            journal.close()

    def _one_back(self, executor: Executor, hands: Hands, made: Made) -> Made:
        scenario = self._merged.plans[made.step.plans[0]].scenario
        step = Step(made.step.target, opposite(made.step.change), made.step.plans)
        try:
            executor.change(step, scenario, hands(made.step.target), f"{self._run}#{made.number}")
        except (Moved, WriteError, ReadError) as error:
            return msgspec.structs.replace(made, message=f"did not help, and could not be taken back: {error}")
        return msgspec.structs.replace(made, state=ChangeState.TAKEN_BACK, message="it did not clear the finding")

    # how it is told

    def amend(self, item: pytest.Item, report: pytest.TestReport, afterwards: Sequence[Note]) -> None:
        """Make an item's report tell what was planned or done about its findings."""
        tells: Any = report
        result = msgspec.convert(tells.packcheck, Result)
        changes = tuple(self._changes(item))
        came, failed = self._came.get(_key(item), (None, False))
        if came is not None:
            notes = (*came.notes, *(afterwards if came.outcome is Outcome.FIXED else ()))
            result = msgspec.structs.replace(
                result,
                outcome=came.outcome,
                reason=came.reason,
                skip=came.skip,
                findings=came.findings,
                undecided=came.undecided,
                notes=notes,
            )
        elif self._refused(item):
            reason = "; ".join([result.reason, *self._refused(item)])
            result = msgspec.structs.replace(result, reason=reason)
        remarks = [Note(p.subject, r) for i in self._plans_of(item) for p in [self._merged.plans[i]] for r in p.remarks]
        notes = tuple(dict.fromkeys((*result.notes, *remarks)))
        result = msgspec.structs.replace(result, changes=changes, notes=notes)
        tells.packcheck = msgspec.to_builtins(result)
        report.user_properties = [p for p in report.user_properties if p[0] != "outcome"]
        report.user_properties.append(("outcome", str(result.outcome)))
        report.user_properties.extend((f"change {c.id}", f"{c.state}: {c.action} {c.object}") for c in changes)
        if result.outcome is Outcome.FIXED:
            report.outcome, report.when, report.longrepr = "passed", "call", None
        elif failed:
            report.outcome, report.when, report.longrepr = "failed", "call", result.reason

    def _plans_of(self, item: pytest.Item) -> list[int]:
        return [index for index, plan in enumerate(self._merged.plans) if (plan.scenario, plan.target) == _key(item)]

    def _refused(self, item: pytest.Item) -> list[str]:
        return [str(r) for r in self._merged.refusals if (r.scenario, r.target) == _key(item)]

    def _changes(self, item: pytest.Item) -> Iterator[Change]:
        mine = self._plans_of(item)
        for index, step in enumerate(self._merged.steps):
            for plan in (p for p in step.plans if p in mine):
                made = self._made.get(index, Made(step, ChangeState.PLANNED))
                subject = self._merged.plans[plan].subject
                yield record(step, index + 1, subject, made.state, made.message, made.warnings)


def _key(item: pytest.Item) -> tuple[str, str]:
    scenario = scenario_of(item)
    return (scenario.id if scenario else "", target_of(item))


def _as_merged(made: Sequence[Made], taken: Sequence[Taken]) -> Merged:
    """An undo's steps as if each were a plan of its own, so that results can tell them."""
    plans = tuple(
        Plan(
            target=m.step.target,
            scenario=t.intent.scenario,
            remedy="undo",
            subject=str(m.step.change.ref),
            changes=(m.step.change,),
        )
        for m, t in zip(made, taken, strict=True)
    )
    return Merged(plans, tuple(Step(m.step.target, m.step.change, (index,)) for index, m in enumerate(made)), ())
