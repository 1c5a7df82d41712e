"""The one place that writes: each change of a plan is looked at again, journaled, sent, and its result journaled.

It stops at the first failure and at the first request to stop. A write whose answer was lost is looked up, and sent
again only where it provably was not made.
"""

from collections.abc import Callable, Iterable
from threading import Event
from typing import Any, Protocol

import msgspec

from domain.conflicts import Step
from domain.plan import Change, DeleteObject, EvictPod, PatchObject, Prompt, WaitFor, action
from domain.resources import Query
from domain.run import ChangeState
from fixtures.errors import AnswerLost, NotFound, ObjectGone, ReadError, WriteError
from fixtures.reading import Reader
from fixtures.writing import Writer, Written
from remediations.journal import Journal
from remediations.patching import Moved, is_made, operations, value_at
from remediations.waits import wait

LOOK_UPS = 5
"""How often a write whose answer was lost is looked for before it stays unknown."""

LOOK_UP_EVERY_S = 1.0


class Made(msgspec.Struct, frozen=True):
    """What became of one step."""

    step: Step
    state: ChangeState
    message: str = ""
    warnings: tuple[str, ...] = ()
    number: int | None = None
    """The number of its intention in the journal, where one was written down."""


class Hands(Protocol):
    """What the executor needs of a target: what reads it afresh, and what writes to it."""

    reader: Reader
    writer: Writer


class Executor:
    """Carries out steps on targets, one after the other, through one journal."""

    def __init__(
        self,
        hands: Callable[[str], Hands],
        journal: Journal,
        stop: Event,
        tell: Callable[[str], None],
    ) -> None:
        self._hands = hands
        self._journal = journal
        self._stop = stop
        self._tell = tell

    @property
    def stopping(self) -> bool:
        """Whether the run was asked to stop."""
        return self._stop.is_set()

    def carry_out(self, steps: Iterable[Step], scenario_of: Callable[[Step], str]) -> list[Made]:
        """Make every change in order; after a failure or a request to stop the rest is not done, and said so."""
        made: list[Made] = []
        because = ""
        for step in steps:
            if not because and self._stop.is_set():
                because = "the run was asked to stop"
            if because:
                made.append(Made(step, ChangeState.NOT_DONE, because))
                continue
            self._tell(f"{action(step.change)} {step.change.ref} on {step.target}")
            made.append(self._one(step, scenario_of(step)))
            if made[-1].state is ChangeState.FAILED:
                because = f"{action(step.change)} {step.change.ref} failed"
        return made

    def _one(self, step: Step, scenario: str) -> Made:
        hands = self._hands(step.target)
        try:
            if isinstance(step.change, WaitFor):
                now = wait(step.change, hands.reader, hands.writer, self._stop, self._tell)
                return Made(step, ChangeState.APPLIED, now)
            return self.change(step, scenario, hands)
        except (Moved, WriteError, ReadError, msgspec.MsgspecError) as error:
            return Made(step, ChangeState.FAILED, str(error))

    def change(self, step: Step, scenario: str, hands: Hands, takes_back: str | None = None) -> Made:
        """Make one change that writes; raises Moved, a ReadError or a WriteError where it was not made."""
        change = step.change
        current = look(hands.reader, change)
        if _already(change, current):
            return Made(step, ChangeState.UNCHANGED, "it is so already: nothing was sent")
        if current is None:
            raise ObjectGone(f"{change.ref} is not there any more")
        before = touched(change, current)
        request = request_of(change, current, hands.writer)
        number = self._journal.intend(step.target, scenario, change, before, takes_back)
        try:
            written, message = self._send(change, request, hands.reader)
        except (WriteError, Moved, ReadError) as error:
            state = "unknown" if isinstance(error, AnswerLost) else "failed"
            self._journal.result(number, state, str(error))  # type: ignore[arg-type]
            raise
        self._journal.result(number, "applied", message, touched(change, written.object))
        return Made(step, ChangeState.APPLIED, message, written.warnings, number)

    def _send(self, change: Change, request: Callable[[], Written], reader: Reader) -> tuple[Written, str]:
        try:
            return request(), ""
        except AnswerLost as lost:
            found = self._look_up(change, reader, lost)
            if found is not None:
                return Written(found), "the answer was lost; it was looked up and found made"
        return request(), "the answer was lost; it was looked up, found not made, and sent again"

    def _look_up(self, change: Change, reader: Reader, lost: AnswerLost) -> dict[str, Any] | None:
        for attempt in range(LOOK_UPS):
            try:
                current = look(reader, change)
            except ReadError:
                if attempt + 1 < LOOK_UPS:
                    self._stop.wait(LOOK_UP_EVERY_S)
                continue
            return (current or {"metadata": {}}) if _already(change, current) else None
        raise AnswerLost(f"{lost}; it could not be looked up either: whether it was made is not known") from lost


def look(reader: Reader, change: Change) -> dict[str, Any] | None:
    """The object of a change as it is now, as plain JSON; None where it is not there."""
    ref = change.ref
    try:
        found: dict[str, Any] = msgspec.json.decode(reader.get(Query(ref.resource, ref.namespace, ref.name)))
    except NotFound:
        return None
    return found


def touched(change: Change, current: dict[str, Any]) -> dict[str, Any]:
    """The values at the paths that a change touches; of an object that it deletes, which one it was."""
    if isinstance(change, PatchObject | Prompt):
        return {e.path: value_at(current, e.path) for e in change.edits}
    return {"/metadata/uid": change.ref.uid}


def _already(change: Change, current: dict[str, Any] | None) -> bool:
    if isinstance(change, DeleteObject | EvictPod):
        gone = current is None or current["metadata"].get("uid") != change.ref.uid
        return gone or "deletionTimestamp" in current["metadata"]  # type: ignore[index]
    mine = current is not None and current["metadata"].get("uid") == change.ref.uid
    return mine and isinstance(change, PatchObject | Prompt) and is_made(change.edits, current)  # type: ignore[arg-type]


def request_of(change: Change, current: dict[str, Any], writer: Writer) -> Callable[[], Written]:
    """The request that makes a change on the object as it is now; raises Moved where somebody changed that."""
    ref = change.ref
    if isinstance(change, PatchObject | Prompt):
        patch = operations(change.edits, current, ref.uid)
        return lambda: writer.patch(ref.resource, ref.namespace, ref.name, patch)
    if isinstance(change, EvictPod):
        return lambda: writer.evict(ref.namespace or "", ref.name, ref.uid)
    return lambda: writer.delete(ref.resource, ref.namespace, ref.name, ref.uid)
