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
    from remediations.journal import Journal  # noqa: PLC0415

    points = Points(Path(os.environ["POINTS"]), int(os.environ["KILL_AT"]))
    patch = pytest.MonkeyPatch()
    write, append = LiveWriter._write, Journal._append

    @wraps(write)
    def written(self: Any, method: str, where: str, body: Any, what: str, *more: Any) -> Any:
        points.reached(f"{what}: before it is sent")
        done = write(self, method, where, body, what, *more)
        points.reached(f"{what}: accepted, and its result not journaled")
        return done

    @wraps(append)
    def appended(self: Any, line: Any) -> None:
        if type(line).__name__ == "Outcome" and points.torn(f"result of #{line.number}: half of its line is on the disk"):
            self._file.write(b'{"line":"result","numb')
            self._file.flush()
            points.die()
        append(self, line)
        points.reached(f"{type(line).__name__.lower()} {getattr(line, 'number', '')}: on the disk".replace(" :", ":"))

    patch.setattr(LiveWriter, "_write", written)
    patch.setattr(Journal, "_append", appended)


class Points:
    """The points passed, in a file."""

    def __init__(self, file: Path, kill_at: int) -> None:
        self._file, self._kill_at, self._passed = file, kill_at, 0

    def torn(self, name: str) -> bool:
        """Pass a point; whether it is the one to die at."""
        if threading.current_thread() is not threading.main_thread():
            return False
        self._passed += 1
        with self._file.open("a") as file:
            file.write(f"{name}\n")
        return self._passed == self._kill_at

    def reached(self, name: str) -> None:
        """Pass a point, or die at it."""
        if self.torn(name):
            self.die()

    @staticmethod
    def die() -> None:
        os.kill(os.getpid(), signal.SIGKILL)
