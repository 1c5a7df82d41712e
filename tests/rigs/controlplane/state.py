"""What a rig's folder says of its rig: who runs it, on which ports, with which programs.

Whether it runs is told by a lock that the supervisor holds, not by a pid that another process may have by now.
"""

import fcntl
import os
from pathlib import Path
from typing import IO

import msgspec

LOCK = "supervisor.lock"
STATE = "state.json"


class State(msgspec.Struct, frozen=True):
    """The contents of ``state.json``, which is there once the control plane is ready."""

    servers: dict[str, int]  # name → pid
    programs: dict[str, str]  # name → path
    server: str  # the API server's URL
    etcd: str
    version: str
    origin: str
    admission: str | None = None


def write(folder: Path, state: State) -> None:
    """Put `state` into `folder` as a whole."""
    partial = folder / f"{STATE}.partial"
    partial.write_bytes(msgspec.json.format(msgspec.json.encode(state)))
    partial.replace(folder / STATE)


def read(folder: Path) -> State | None:
    """Return the state of the rig that runs in `folder`; None where none does."""
    if holder(folder) is None or not (folder / STATE).exists():
        return None
    return msgspec.json.decode((folder / STATE).read_bytes(), type=State)


def hold(folder: Path) -> IO[str] | None:
    """Take the folder's lock and write this process' id into it; None where another process has it.

    It is held until the file is closed or the process ends.
    """
    file = os.fdopen(os.open(folder / LOCK, os.O_RDWR | os.O_CREAT, 0o600), "r+")
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        file.close()
        return None
    file.truncate()
    file.write(f"{os.getpid()}\n")
    file.flush()
    return file


def holder(folder: Path) -> int | None:
    """Return the id of the supervisor that has the folder's lock; None where none does."""
    try:
        with (folder / LOCK).open() as file:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
            return None
    except FileNotFoundError:
        return None
    except BlockingIOError:
        return int((folder / LOCK).read_text() or 0) or None
