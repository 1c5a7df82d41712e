"""Waiting for what a control plane does in its own time, always with a bound and a name for what did not come."""

import time
from collections.abc import Callable
from typing import TypeVar

from tests.rigs.controlplane.errors import RigError

Found = TypeVar("Found")
TICK_SECONDS = 0.1


def until(find: Callable[[], Found | None], what: str, seconds: float = 30.0) -> Found:
    """Return the first answer of `find` that is true; RigError naming `what` if none is within `seconds`."""
    deadline = time.monotonic() + seconds
    while True:
        found = find()
        if found:
            return found
        if time.monotonic() > deadline:
            raise RigError(f"not within {seconds:.0f} s: {what}")
        time.sleep(TICK_SECONDS)
