"""What a rig's folder says of its hosts; ``state.json`` is there once all of them have been started.

Whether the rig runs is told by the lock that its supervisor holds (tests.rigs.controlplane.state).
"""

from pathlib import Path

import msgspec

from tests.rigs.controlplane.state import holder
from tests.rigs.hosts.spec import HostSpec

STATE = "state.json"
FULL = "full"
PLAIN = "unprivileged"


class HostState(msgspec.Struct, frozen=True):
    """One host at present."""

    spec: HostSpec
    address: str
    address6: str
    machine_id: str
    boot_id: str
    kernel: str
    pid: int  # of its PID 1, on the machine; 0 where it does not run
    boots: int
    ready: bool  # it has come up as far as its fault lets it


class State(msgspec.Struct, frozen=True):
    """The contents of ``state.json``."""

    tier: str
    origin: str  # how the base was had
    hosts: list[HostState]
    network: str = ""
    controlplane: str = ""  # the folder of the control plane that the hosts are Nodes of


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
