"""The one place that writes: each change of a plan is looked at again, journaled, sent, and its result journaled.

It stops at the first failure and at the first request to stop. A write whose answer was lost is looked up, and sent
again only where it was not made; its preconditions keep it from being made twice. Nothing is written that is not
journaled before, nor once the cluster's lock is lost.
"""

from collections.abc import Callable, Iterable
from typing import Any, Literal

import msgspec

from domain.conflicts import Step
from domain.plan import Change, WaitFor, action
from domain.run import ChangeState
from fixtures.errors import AnswerLost, ObjectGone, PreconditionFailed, ReadError, WriteError
from fixtures.store import Store
from fixtures.writing import Written
from remediations.journal import Journal, JournalError
from remediations.kinds import Hand, kind_of
from remediations.patching import Moved
from remediations.stopping import Stop
from remediations.waits import Stopped, wait

TRIES = 3
"""How often a write is sent whose answer is lost and that then is found not made."""

LOOK_UPS = 5
"""How often a write whose answer was lost is looked for before it stays unknown."""

LOOK_UP_EVERY_S = 1.0

IS_SO = "it is so already: nothing was sent"
STOPPED = "the run was asked to stop"
FOUND_MADE = "the answer was lost; it was looked up and found made"
SENT_AGAIN = "the answer was lost; it was looked up, found not made, and sent again"

Failure = (WriteError, ReadError, JournalError, msgspec.MsgspecError)
"""Everything but Moved that can keep a change from being made."""


class LockLost(WriteError):
    """The cluster's Lease is another run's, or may be: this one writes no more."""


class Made(msgspec.Struct, frozen=True):
    """What became of one step.

    `sent` is the change as it was journaled under `number`: without what was so already. Where the state is FAILED
    and there is a `sent`, nobody knows whether it was made.
    """

    step: Step
    state: ChangeState
    message: str = ""
    warnings: tuple[str, ...] = ()
    number: int | None = None
    sent: Change | None = None


class Executor:
    """Carries out steps on targets, one after the other, through one journal."""

    def __init__(self, hands: Callable[[str], Hand], journal: Journal, stop: Stop, tell: Callable[[str], None]) -> None:
        self._hands = hands
        self._journal = journal
        self._stop = stop
        self._tell = tell

    @property
    def stopping(self) -> bool:
        """Whether the run was asked to stop."""
        return self._stop.is_set()

    def carry_out(self, steps: Iterable[Step], scenario_of: Callable[[Step], str]) -> Iterable[Made]:
        """Make every change in order; after a failure or a request to stop the rest is not done, and said so."""
        because = ""
        for step in steps:
            if not because and self.stopping:
                because = STOPPED
                self._tell(f"{because}: what was done is verified, the rest is not done")
            if because:
                yield Made(step, ChangeState.NOT_DONE, because)
                continue
            self._tell(f"{action(step.change)} {step.change.ref} on {step.target}")
            made = self._one(step, scenario_of(step))
            if made.state in (ChangeState.FAILED, ChangeState.REFUSED):
                because = f"{action(step.change)} {step.change.ref} {made.state}"
                self._tell(f"{because}: {made.message}")
            yield made

    def _one(self, step: Step, scenario: str) -> Made:
        hand = self._hands(step.target)
        try:
            if isinstance(step.change, WaitFor):
                now = wait(step.change, hand.store.reader, hand.writer, self._stop, self._tell)
                return Made(step, ChangeState.APPLIED, now)
            return self.change(step, scenario, hand)
        except Stopped as stopped:
            return Made(step, ChangeState.NOT_DONE, str(stopped))
        except (Moved, PreconditionFailed, ObjectGone) as moved:
            return Made(step, ChangeState.REFUSED, f"somebody else changed it since it was planned: {moved}")
        except Failure as error:
            return Made(step, ChangeState.FAILED, str(error))

    def change(self, step: Step, scenario: str, hand: Hand, takes_back: str | None = None) -> Made:
        """Make one change that writes; raises Moved or a Failure where it surely was not made.

        FAILED is answered where nobody knows whether it was.
        """
        kind = kind_of(step.change)
        current = kind.look(hand.store, step.change)
        change = kind.left_to_do(step.change, current)
        if change is None:
            return Made(step, ChangeState.UNCHANGED, IS_SO)
        if current is None:
            raise ObjectGone(f"{change.ref} is not there any more")
        request = kind.request(change, current, hand)
        _check_lock(hand)
        number = self._journal.intend(step.target, scenario, change, kind.touched(change, current), takes_back)
        try:
            written, message = self._send(change, request, hand)
        except AnswerLost as error:
            unheard = self._result(number, "unknown", str(error))
            return Made(step, ChangeState.FAILED, f"{error}{unheard}", (), number, change)
        except WriteError as error:
            self._result(number, "failed", str(error))
            raise
        message += self._result(number, "applied", message, kind.touched(change, written.object))
        return Made(step, ChangeState.APPLIED, message.strip(), written.warnings, number, change)

    def _result(
        self, number: int, state: Literal["applied", "failed", "unknown"], message: str, after: Any = None
    ) -> str:
        """Journal what became of a write, or say that this failed: an undo looks for itself what it came to."""
        try:
            self._journal.result(number, state, message, after)
        except JournalError as error:
            return f" ({error}: --undo will look what became of it)"
        return ""

    def _send(self, change: Change, request: Callable[[], Written], hand: Hand) -> tuple[Written, str]:
        """Send a write until it is answered; raises AnswerLost once nobody can tell any more whether it was made."""
        lost: AnswerLost | None = None
        for _ in range(TRIES):
            try:
                return request(), SENT_AGAIN if lost else ""
            except AnswerLost as error:
                lost = error
            except WriteError as error:
                if lost is None:
                    raise
                lost = AnswerLost(f"{lost}; sent again: {error}")  # refused, perhaps, because the first did arrive
            found = self._look_up(change, hand.store, lost)
            if found is not None:
                return Written(found), FOUND_MADE
            _check_lock(hand, lost)
        raise AnswerLost(f"{lost}; looked up and found not made, {TRIES} times")

    def _look_up(self, change: Change, store: Store, lost: AnswerLost) -> dict[str, Any] | None:
        """The object where the change is found made, None where it is not; raises AnswerLost where none can tell."""
        why: ReadError | None = None
        kind = kind_of(change)
        for attempt in range(1, LOOK_UPS + 1):
            try:
                current = kind.look(store, change)
            except ReadError as error:
                why = error
                if attempt < LOOK_UPS:
                    self._stop.wait(LOOK_UP_EVERY_S)
            else:
                return (current or {}) if kind.left_to_do(change, current) is None else None
        raise AnswerLost(f"{lost}; it could not be looked up either: {why}") from lost


def _check_lock(hand: Hand, lost: AnswerLost | None = None) -> None:
    """Raise LockLost where the cluster's lock is not ours any more, or AnswerLost where something was sent before."""
    why = hand.lost()
    if why and lost is not None:
        raise AnswerLost(f"{lost}; {why}")
    if why:
        raise LockLost(f"nothing more is sent: {why}")
