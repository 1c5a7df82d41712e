"""Taking back what a run changed: its journal backwards, each step only where nobody else has changed it since."""

from collections.abc import Callable, Iterable
from pathlib import Path

import msgspec

from domain.conflicts import Step
from domain.plan import Change, Cluster, DeleteObject, EvictPod, PatchObject, Prompt
from domain.run import ChangeState
from fixtures.errors import ReadError, WriteError
from remediations.executor import Executor, Hands, Made, look
from remediations.journal import NAME, Begun, Intent, JournalError, Outcome, read
from remediations.patching import Moved, is_made, reversed_edits


class Taken(msgspec.Struct, frozen=True):
    """One write of a journal that an undo is to take back; `name` is `<run>#<number>`."""

    name: str
    intent: Intent
    cluster: Cluster | None


def journal_of(run: str) -> Path:
    """The journal that `--undo=RUN` names, by a run's folder or the file itself; raises JournalError."""
    path = Path(run).expanduser()
    if path.is_dir():
        path /= NAME
    if not path.exists():
        raise JournalError(f"{path}: there is no journal: that run wrote nothing, or it is another folder")
    return path


def to_take_back(path: Path) -> list[Taken]:
    """The writes of a journal that stand, newest first; those that failed or were taken back already are not there."""
    runs: list[Begun] = []
    intents: dict[str, Taken] = {}
    settled: set[str] = set()
    names: dict[int, str] = {}
    for line in read(path):
        if isinstance(line, Begun):
            runs.append(line)
        elif isinstance(line, Intent):
            name = names[line.number] = f"{runs[-1].run}#{line.number}"
            clusters = {c.id: c for c in runs[-1].clusters}
            intents[name] = Taken(name, line, clusters.get(line.target))
        elif isinstance(line, Outcome) and line.number in names:
            name = names[line.number]
            takes_back = intents[name].intent.takes_back
            if line.state == "failed":
                settled.add(name)
            elif line.state == "applied" and takes_back in intents:
                settled |= {name, takes_back}
    return [taken for name, taken in reversed(intents.items()) if name not in settled]


def opposite(change: Change) -> PatchObject | Prompt:
    """The change that sets what was there before; raises TypeError for one that has no edits."""
    if not isinstance(change, PatchObject | Prompt):
        raise TypeError(f"{change.ref}: only edits have an opposite")
    return msgspec.structs.replace(
        change, edits=reversed_edits(change.edits), reason="takes back what an earlier run changed", command=""
    )


class Undo:
    """Takes back writes through an executor; what it made, left and could not undo are told apart."""

    def __init__(self, executor: Executor, hands: Callable[[str], Hands]) -> None:
        self._executor = executor
        self._hands = hands

    def take_back(self, taken: Iterable[tuple[str, Taken]]) -> list[Made]:
        """Take back each write on the target that is named beside it, in the order given."""
        return [self._one(target, one) for target, one in taken]

    def _one(self, target: str, taken: Taken) -> Made:  # noqa: PLR0911  one return for each way it can end
        change = taken.intent.change
        step = Step(target, change, ())
        if self._executor.stopping:
            return Made(step, ChangeState.LEFT, "left: the run was asked to stop")
        hands = self._hands(target)
        try:
            current = look(hands.reader, change)
            gone = current is None or current["metadata"].get("uid") != change.ref.uid
            if isinstance(change, DeleteObject | EvictPod):
                deleted = gone or "deletionTimestamp" in current["metadata"]  # type: ignore[index]
                said = f"irreversible: {change.irreversible}" if deleted else "it was never deleted"
                return Made(step, ChangeState.KEPT if deleted else ChangeState.UNCHANGED, said)
            if gone:
                return Made(step, ChangeState.UNCHANGED, "the object is gone, and what was changed on it")
            back = opposite(change)
            if is_made(back.edits, current):  # type: ignore[arg-type]
                return Made(step, ChangeState.UNCHANGED, "it is as it was before the run: nothing was sent")
            made = self._executor.change(Step(target, back, ()), taken.intent.scenario, hands, taken.name)
        except Moved as moved:
            return Made(step, ChangeState.LEFT, f"left: somebody else changed it since ({moved})")
        except (WriteError, ReadError) as error:
            return Made(step, ChangeState.LEFT, f"left: {error}")
        return Made(step, ChangeState.TAKEN_BACK, made.message, made.warnings, made.number)
