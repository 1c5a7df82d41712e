"""Taking back what a run changed: its journal backwards, each step only where nobody else has changed it since."""

from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

import msgspec

from domain.conflicts import Step
from domain.plan import Cluster, DeleteObject, EvictPod, Rollback, irreversible, undo_text
from domain.run import ChangeState
from fixtures.store import Store
from remediations.executor import STOPPED, Executor, Failure, Made
from remediations.journal import NAME, Begun, Intent, JournalError, Outcome, read
from remediations.kinds import Hand, kind_of, opposite
from remediations.patching import Moved

UNDER_WAY = "what of it was under way is over"
UNDER_IT = (
    "pods were deleted under what is taken back here: admission may now keep out those that their controllers make anew"
)


class Taken(msgspec.Struct, frozen=True):
    """One write of a journal that an undo is to take back: `<run>#<number>`; `deleted` is whether pods went with it."""

    name: str
    intent: Intent
    cluster: Cluster | None
    deleted: bool = False


def journal_of(run: str) -> Path:
    """The journal that `--undo=RUN` names, by a run's folder or the file itself; raises JournalError."""
    path = Path(run).expanduser()
    if path.is_dir():
        path /= NAME
    if not path.exists():
        raise JournalError(f"--undo={run}: there is no {path}: that run wrote nothing, or it is another folder")
    return path


def to_take_back(path: Path) -> list[Taken]:
    """The writes of a journal that stand, newest first; those that failed or were taken back already are not there.

    A write that was taking another one of this journal back, and of which no result is known, is left to that one:
    the object itself tells which of the two stands.
    """
    begun: Begun | None = None
    intents: dict[str, Taken] = {}
    done: set[str] = set()
    names: dict[int, str] = {}
    for line in read(path):
        if isinstance(line, Begun):
            begun = line
        elif isinstance(line, Intent) and begun is not None:
            name = names[line.number] = f"{begun.run}#{line.number}"
            cluster = next((c for c in begun.clusters if c.id == line.target), None)
            intents[name] = Taken(name, line, cluster)
            if line.takes_back in intents:
                done.add(name)
        elif isinstance(line, Outcome) and line.number in names:
            name = names[line.number]
            takes_back = intents[name].intent.takes_back
            if line.state == "failed":
                done.add(name)
            elif line.state == "applied" and takes_back is not None:
                done.add(takes_back)
    standing = [taken for name, taken in reversed(intents.items()) if name not in done]
    return [msgspec.structs.replace(one, deleted=_deleted(one, standing)) for one in standing]


def _deleted(one: Taken, standing: Iterable[Taken]) -> bool:
    """Whether the journal deletes pods where this write let them in."""
    ref, rule = one.intent.change.ref, one.intent.change.rollback
    return rule is Rollback.KEEP_IF_DELETED and any(
        isinstance(other.intent.change, DeleteObject | EvictPod)
        and other.cluster == one.cluster
        and other.intent.change.ref.namespace == (ref.namespace or ref.name)
        for other in standing
    )


def settled(target: str, taken: Taken, store: Store) -> Made | None:
    """What there is to say of a write without sending anything: it is irreversible, or as it was. None: it stands.

    Raises a ReadError where what it was about cannot be looked at.
    """
    change = taken.intent.change
    kind, step = kind_of(change), Step(target, change, ())
    current, back = kind.look(store, change), kind.opposite(change)
    if back is None or (irreversible(change) and kind.left_to_do(back, current) is None):
        if kind.left_to_do(change, current) is None:
            return Made(step, ChangeState.KEPT, undo_text(change))
        return Made(step, ChangeState.UNCHANGED, "it was never done")
    if vanished := kind.vanished(change, current):
        return Made(step, ChangeState.UNCHANGED, vanished)
    if kind.left_to_do(back, current) is None:
        return Made(step, ChangeState.UNCHANGED, "it is as it was before the run: nothing was sent")
    return None


class Undo:
    """Takes back writes through an executor; what it made, left and could not undo are told apart."""

    def __init__(self, executor: Executor, hands: Callable[[str], Hand]) -> None:
        self._executor = executor
        self._hands = hands

    def take_back(self, taken: Sequence[tuple[str, Taken]]) -> Iterable[Made]:
        """Take back each write on the target that is named beside it, in the order given."""
        for target, one in taken:
            yield self._one(target, one)

    def _one(self, target: str, taken: Taken) -> Made:
        step = Step(target, taken.intent.change, ())
        if self._executor.stopping:
            return Made(step, ChangeState.LEFT, f"left: {STOPPED}")
        hand = self._hands(target)
        try:
            said = settled(target, taken, hand.store)
            if said is not None:
                return said
            back = Step(target, opposite(taken.intent.change), ())
            made = self._executor.change(back, taken.intent.scenario, hand, taken.name)
        except Moved as moved:
            return Made(step, ChangeState.LEFT, f"left: somebody else changed it since ({moved})")
        except Failure as error:
            return Made(step, ChangeState.LEFT, f"left: {error}")
        if made.state is ChangeState.FAILED:
            return Made(step, ChangeState.LEFT, f"left: {made.message}")
        stays = [undo_text(taken.intent.change), UNDER_WAY] if irreversible(taken.intent.change) else []
        message = "; ".join(filter(None, [*stays, made.message, UNDER_IT if taken.deleted else ""]))
        state = ChangeState.KEPT if stays else ChangeState.TAKEN_BACK
        return Made(step, state, message, made.warnings, made.number)
