"""A person's or a scheduler's wish that the run may end: Ctrl-C and SIGTERM, heard without losing what was written."""

import contextlib
import signal
from collections.abc import Iterator
from queue import Empty, SimpleQueue
from types import FrameType


class Stop:
    """Whether the run was asked to stop, and a wait that ends when it is.

    A threading.Event would not do: its lock is not reentrant, and a signal's handler may come upon itself in it.
    """

    def __init__(self) -> None:
        self._asked = False
        self._woken: SimpleQueue[None] = SimpleQueue()

    def set(self) -> None:
        """Ask to stop; may be called from a signal's handler."""
        self._asked = True
        self._woken.put(None)

    def is_set(self) -> bool:
        """Whether the run was asked to stop."""
        return self._asked

    def wait(self, seconds: float) -> bool:
        """Wait so long, or until the run is asked to stop; says whether it was."""
        if not self._asked and seconds > 0:
            with contextlib.suppress(Empty):
                self._woken.get(timeout=seconds)
        return self._asked


@contextlib.contextmanager
def heard(stop: Stop, *signals: signal.Signals) -> Iterator[None]:
    """Have `signals` ask to stop while this lasts; Ctrl-C a second time ends at once, as it does elsewhere."""

    def ask(number: int, _frame: FrameType | None) -> None:
        again = stop.is_set()
        stop.set()
        if again and number == signal.SIGINT:
            raise KeyboardInterrupt

    earlier = {number: signal.signal(number, ask) for number in signals}
    try:
        yield
    finally:
        for number, handler in earlier.items():
            signal.signal(number, handler)
