"""The processes of a host: found from outside by their PID namespace, and gone when the supervisor is."""

import ctypes
import os
import signal
from collections.abc import Callable
from pathlib import Path

PR_SET_PDEATHSIG = 1


def ending_with_parent() -> Callable[[], None]:
    """Return what a child calls before it becomes a program, so that Linux kills it when this process ends."""
    libc = ctypes.CDLL(None)

    def die_with_parent() -> None:
        libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL)

    return die_with_parent


def in_pid_namespace(init: int) -> set[int]:
    """Return the pids, as this process sees them, of all in the PID namespace of `init`; none where that is gone."""
    wanted = _namespace(init) if init else None
    if wanted is None:
        return set()
    return {pid for pid in _all() if _namespace(pid) == wanted}


def descendants(top: int) -> set[int]:
    """Return `top` and the pids of all that it started, and they started."""
    parents = {pid: _parent(pid) for pid in _all()}
    found = {top}
    while more := {pid for pid, parent in parents.items() if parent in found} - found:
        found |= more
    return found


def send(pid: int, number: signal.Signals) -> None:
    """Send a signal to a process that may be gone by now."""
    try:
        os.kill(pid, number)
    except ProcessLookupError:
        return


def _namespace(pid: int) -> str | None:
    try:
        return str(Path(f"/proc/{pid}/ns/pid").readlink())
    except OSError:  # it ended while it was looked at, or is a zombie
        return None


def _parent(pid: int) -> int:
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except OSError:  # it ended
        return 0
    return int(stat.rpartition(")")[2].split()[1])


def _all() -> list[int]:
    return [int(path.name) for path in Path("/proc").iterdir() if path.name.isdigit()]
