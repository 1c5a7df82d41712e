"""What a run does about its plan: rehearse it, carry it out, take it back, with hands that are held to the end."""

import os
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path

import msgspec
import pytest

from domain.conflicts import Merged, Step, refuse_all
from domain.plan import Cluster, Plan, WaitFor
from domain.run import ChangeState
from domain.version import VERSION
from fixtures.errors import PackcheckError, ReadError
from fixtures.store import Store
from fixtures.targets import OpenTarget
from remediations.account import Account, Verdicts
from remediations.executor import IS_SO, STOPPED, Executor, Failure, Made
from remediations.hands import Hands, by_target
from remediations.journal import Journal
from remediations.kinds import kind_of, opposite
from remediations.patching import Moved
from remediations.planfile import cluster_of
from remediations.stopping import Stop
from remediations.telling import Telling
from remediations.undo import Taken, Undo, settled

IN_THE_MIDDLE = "the run ended in the middle of it: --undo looks what became of it"


class Carrying:
    """Carries out one plan, or takes one journal back. `account` remembers what became of each step.

    What it opens (writers, locks, the journal) is held until `close`: a run that verifies still has its lock.
    """

    def __init__(self, config: pytest.Config, targets: Mapping[str, OpenTarget], stop: Stop, tell: Telling) -> None:
        self._config, self._targets, self._stop, self._tell = config, targets, stop, tell
        self._folder = Path(config.option.run_dir)
        self._run = f"{self._folder.name}-{os.urandom(3).hex()}"
        self._held = ExitStack()
        self._hands: Hands | None = None
        self._executor: Executor | None = None
        self.account = Account(Merged((), (), ()))
        self.writes = 0

    def close(self) -> None:
        """Release the locks, and let go of what was opened."""
        self._held.close()

    def apply(self, merged: Merged) -> None:
        """Ask for the rights, lock the clusters, and make every step; what stands in the way refuses the whole plan."""
        self.account = Account(merged)
        if not merged.writes:
            return
        if self._stop.is_set():
            self.account = Account(refuse_all(merged, STOPPED))
            return
        targets = by_target(self._targets, merged.steps)
        if all(self._is_so(step) for step in merged.steps if not isinstance(step.change, WaitFor)):
            made = (Made(step, ChangeState.UNCHANGED, IS_SO) for step in merged.steps)
            self.account.made = dict(enumerate(made))
            return
        hands = self._open()
        try:
            clusters = _clusters_of(targets)
            hands.open(targets)
            hands.ask_rights(merged.steps)
            executor = self._begin(hands, clusters)
        except PackcheckError as error:
            self.account = Account(refuse_all(merged, str(error)))
            self._tell(f"nothing was changed: {error}")
            return
        done = iter(executor.carry_out(merged.steps, lambda step: merged.plans[step.plans[0]].scenario))
        for index, step in enumerate(merged.steps):
            self.account.made[index] = Made(step, ChangeState.FAILED, IN_THE_MIDDLE, sent=step.change)
            self.account.made[index] = next(done)

    def _is_so(self, step: Step) -> bool:
        """Whether a change is made already; one that cannot be looked at is left to the executor, which says why."""
        kind = kind_of(step.change)
        try:
            return kind.left_to_do(step.change, kind.look(self._targets[step.target].store, step.change)) is None
        except (*Failure, Moved):
            return False

    def show(self, merged: Merged, *, rehearsed: bool) -> None:
        """Remember a plan that is not carried out, with what the server says of it: it stands whatever that is."""
        self.account = Account(merged)
        if not rehearsed or not merged.writes:
            return
        hands = self._open(dry_run=True)
        for target in by_target(self._targets, merged.steps):
            try:
                hands.open([target])
            except ReadError as error:
                self._tell(f"{target.id}: no rehearsal: {error}")
            else:
                for index, step in enumerate(merged.steps):
                    if step.target == target.id and not isinstance(step.change, WaitFor):
                        self.account.made[index] = _rehearsed(step, hands)

    def judge(self, verdicts: Verdicts) -> None:
        """Compare every scenario before and after, and take back what did not help, by each change's rule."""
        uncleared = self.account.judge(verdicts)
        if self._stop.is_set():
            if uncleared:
                self._tell(f"{STOPPED}: what did not help is not taken back; --undo={self._folder} does")
            return
        for index in self.account.to_take_back(uncleared):
            made = self.account.made[index]
            self._tell(f"take back {made.step.change.ref} on {made.step.target}")
            self.account.made[index] = self._taken_back(made)

    def _taken_back(self, made: Made) -> Made:
        assert self._executor is not None
        assert self._hands is not None
        assert made.sent is not None
        scenario = self.account.merged.plans[made.step.plans[0]].scenario
        back = Step(made.step.target, opposite(made.sent), made.step.plans)
        try:
            hand = self._hands(made.step.target)
            came = self._executor.change(back, scenario, hand, f"{self._run}#{made.number}")
        except (Moved, *Failure) as error:
            return msgspec.structs.replace(made, message=f"it did not help, and could not be taken back: {error}")
        if came.state is ChangeState.FAILED:
            return msgspec.structs.replace(made, message=f"it did not help; whether it was taken back: {came.message}")
        if came.state is ChangeState.UNCHANGED and made.state is ChangeState.FAILED:
            return msgspec.structs.replace(made, message=f"{made.message}; looked up once more: it was not made")
        return msgspec.structs.replace(made, state=ChangeState.TAKEN_BACK, message="it did not help")

    def undo(self, taken: Sequence[Taken]) -> tuple[str, ...]:
        """Take back the writes of a journal on the clusters that this run has; what was left is said."""
        mine, unread = self._clusters()
        here = [(mine[t.cluster.uid], t) for t in taken if t.cluster and t.cluster.uid in mine]
        elsewhere = [t for t in taken if not t.cluster or t.cluster.uid not in mine]
        if elsewhere and not here and not unread:
            ids = ", ".join(sorted({t.intent.target for t in elsewhere}))
            raise pytest.UsageError(
                f"--undo: the journal is about {ids}, and none of the targets is that cluster (by kube-system's uid)"
            )
        why = "; ".join(unread) or "that cluster is none of this run's targets"
        left = [f"{t.intent.change.ref} on {t.intent.target}: {why}" for t in elsewhere]
        if not taken:
            self._tell("undo: there is nothing to take back")
        made = self._undone(here)
        self.account = Account(_as_merged(made, [t for _, t in here]))
        self.account.made = dict(enumerate(made))
        for one in made:
            said = f"{one.state}{one.message and f' ({one.message})'}"
            self._tell(f"undo: {one.step.change.ref} on {one.step.target}: {said}")
            if one.state is ChangeState.LEFT:
                left.append(f"{one.step.change.ref} on {one.step.target}: {one.message.removeprefix('left: ')}")
        return tuple(left)

    def _undone(self, here: Sequence[tuple[str, Taken]]) -> list[Made]:
        """Look first: where nothing is to be sent, nothing is opened or locked."""
        try:
            said = [_settled(name, one, self._targets[name].store) for name, one in here]
            if None not in said:
                return [one for one in said if one is not None]
            targets = [self._targets[name] for name in dict.fromkeys(name for name, _ in here)]
            clusters = _clusters_of(targets)
            hands = self._open()
            hands.open(targets)
            executor = self._begin(hands, clusters)
        except (*Failure, PackcheckError) as error:
            return [Made(Step(name, t.intent.change, ()), ChangeState.LEFT, f"left: {error}") for name, t in here]
        return list(Undo(executor, hands).take_back(here))

    def _open(self, *, dry_run: bool = False) -> Hands:
        """Hands that are let go of by `close`; nothing is reached yet."""
        hands = Hands(
            run=self._run,
            tell=self._tell,
            stop=self._stop,
            lease_namespace=self._config.getoption("lease_namespace"),
            lease_duration_s=self._config.getoption("lease_duration"),
            dry_run=dry_run,
        )
        self._held.callback(self._let_go, hands)
        return hands

    def _let_go(self, hands: Hands) -> None:
        hands.close()
        self.writes += hands.writes

    def _begin(self, hands: Hands, clusters: Sequence[Cluster]) -> Executor:
        """Lock the clusters and begin the journal; raises a PackcheckError."""
        hands.lock(self._config.getoption("wait_lock"), self._stop)
        journal = Journal(self._folder, self._run, VERSION, clusters)
        self._held.callback(journal.close)
        self._hands, self._executor = hands, Executor(hands, journal, self._stop, self._tell)
        return self._executor

    def _clusters(self) -> tuple[dict[str, str], list[str]]:
        """The targets by the uid of their cluster, and why those are not among them that cannot be told."""
        found: dict[str, str] = {}
        unread = []
        for name, target in self._targets.items():
            try:
                found.setdefault(cluster_of(target).uid, name)
            except ReadError as error:
                unread.append(str(error))
        return found, unread


def _settled(name: str, taken: Taken, store: Store) -> Made | None:
    """What there is to say without sending anything; what cannot be looked at is left to the undo, one by one."""
    try:
        return settled(name, taken, store)
    except Failure:
        return None


def _rehearsed(step: Step, hands: Hands) -> Made:
    hand, kind = hands(step.target), kind_of(step.change)
    try:
        current = kind.look(hand.store, step.change)
        change = kind.left_to_do(step.change, current)
        if change is None:
            return Made(step, ChangeState.UNCHANGED, "it is so already: nothing would be sent")
        written = kind.request(change, current or {}, hand)()
    except (Moved, *Failure) as error:
        return Made(step, ChangeState.PLANNED, f"the rehearsal was refused: {error}")
    return Made(step, ChangeState.REHEARSED, "the server would accept it", written.warnings)


def _clusters_of(targets: Sequence[OpenTarget]) -> list[Cluster]:
    """Which clusters the targets are, each another one; raises a ReadError where that cannot be told."""
    return [cluster_of(target) for target in targets]


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
