"""A plugin that kills its own run (`kill -9`) at the n-th point at which that could matter, and names the points it passes.

KILL_AT is n, 0 for none; POINTS is the file to which each point's name goes. Points lie around everything that the run
writes, to the cluster and to its journal; the renewals of its Lease come when they come, and are none.
"""

import os
import signal
import threading
from functools import wraps
from pathlib import Path
from typing import Any

import pytest


def pytest_configure() -> None:
    from fixtures.live.writer import LiveWriter  # noqa: PLC0415  plugins of the run itself must be rewritten first
    from remediations.journal import Journal, Outcome  # noqa: PLC0415

    points = Points(Path(os.environ["POINTS"]), int(os.environ["KILL_AT"]))
    patch = pytest.MonkeyPatch()
    write, append = LiveWriter._write, Journal._append

    @wraps(write)
    def written(self: Any, method: str, where: str, body: Any, what: str, *more: Any) -> Any:
        points.reached(f"{what}: before it is sent")
        done = write(self, method, where, body, what, *more)
        points.reached(f"{what}: accepted")
        return done

    @wraps(append)
    def appended(self: Any, line: Any) -> None:
        if not isinstance(line, Outcome):
            append(self, line)
            return
        if points.passed(f"its result #{line.number}: half of the line is journaled"):
            self._file.write(b'{"line":"result","numb')
            self._file.flush()
            points.die()
        append(self, line)

    patch.setattr(LiveWriter, "_write", written)
    patch.setattr(Journal, "_append", appended)


class Points:
    """The points passed, in a file."""

    def __init__(self, file: Path, kill_at: int) -> None:
        self._file, self._kill_at, self._count = file, kill_at, 0

    def passed(self, name: str) -> bool:
        """Pass a point; whether it is the one to die at."""
        if threading.current_thread() is not threading.main_thread():
            return False
        self._count += 1
        with self._file.open("a") as file:
            file.write(f"{name}\n")
        return self._count == self._kill_at

    def reached(self, name: str) -> None:
        """Pass a point, or die at it."""
        if self.passed(name):
            self.die()

    @staticmethod
    def die() -> None:
        os.kill(os.getpid(), signal.SIGKILL)
