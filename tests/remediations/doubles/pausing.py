"""A plugin that holds its own run at a named place, until the test that looks on lets it go.

PAUSE_AT is the place: `check` (the first check has decided), `apply` (planned, and nothing looked at again), `verify` (all was changed, and not read again), or
how a write begins, `patch Namespace/x` (looked at and journaled, and not sent). At PAUSED the run says that it is there,
and goes on once GO is there; or ends, where GO says so.
"""

import os
import time
from functools import wraps
from pathlib import Path
from typing import Any

import pytest

LONGEST_S = 60.0
LOOKS_EVERY_S = 0.02
INTERRUPTED = "as by Ctrl-C a second time"


def pytest_configure() -> None:
    from fixtures.live.writer import LiveWriter  # noqa: PLC0415  plugins of the run itself must be rewritten first
    from remediations.carrying import Carrying  # noqa: PLC0415
    from remediations.loop import Loop  # noqa: PLC0415

    where, patch = os.environ["PAUSE_AT"], pytest.MonkeyPatch()
    apply, verify, write = Carrying.apply, Loop._verify, LiveWriter._write

    @wraps(apply)
    def applied(self: Any, *given: Any) -> Any:
        if where == "apply":
            pause()
        return apply(self, *given)

    @wraps(verify)
    def verified(self: Any, *given: Any) -> Any:
        if where == "verify":
            pause()
        return verify(self, *given)

    @wraps(write)
    def written(self: Any, method: str, path: str, body: Any, what: str, *more: Any) -> Any:
        if what.startswith(where):
            pause()
        return write(self, method, path, body, what, *more)

    judged = Loop.judged

    @wraps(judged)
    def decided(self: Any, *given: Any) -> Any:
        if where == "check":
            pause()
        return judged(self, *given)

    patch.setattr(Loop, "judged", decided)
    patch.setattr(Carrying, "apply", applied)
    patch.setattr(Loop, "_verify", verified)
    patch.setattr(LiveWriter, "_write", written)


def pause() -> None:
    """Say that the run is there, and wait."""
    Path(os.environ["PAUSED"]).touch()
    until = time.monotonic() + LONGEST_S
    while not Path(os.environ["GO"]).exists():
        if time.monotonic() > until:
            raise TimeoutError("nobody let the run go on")
        time.sleep(LOOKS_EVERY_S)
    if Path(os.environ["GO"]).read_text() == INTERRUPTED:
        raise KeyboardInterrupt
