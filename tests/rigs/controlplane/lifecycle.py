"""Starting and ending rigs: for as long as a test session lasts, or until a person says `down`."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec

from tests.rigs.controlplane import state
from tests.rigs.controlplane.binaries import Binaries
from tests.rigs.controlplane.cluster import ControlPlane
from tests.rigs.controlplane.errors import StartError
from tests.rigs.controlplane.readiness import until
from tests.rigs.controlplane.supervisor import LEAVE, READY, Plan, log_end

REPOSITORY = Path(__file__).parents[3]
PORT_TAKEN = "address already in use"
END_SECONDS = 15.0


@contextmanager
def running(folder: Path, binaries: Binaries, admission: Path | None = None) -> Iterator[ControlPlane]:
    """Yield a control plane that ends with the block, or with this process, whatever ends it."""
    supervisor = _launch(folder, binaries, admission)
    try:
        yield ControlPlane.attach(folder)
    finally:
        _end(supervisor)


def leave_running(folder: Path, binaries: Binaries, admission: Path | None = None) -> ControlPlane:
    """Start a control plane that stays when this process ends."""
    supervisor = _launch(folder, binaries, admission)
    for pipe in (supervisor.stdin, supervisor.stdout):
        if pipe:
            if pipe is supervisor.stdin:
                pipe.write(LEAVE)
            pipe.close()
    return ControlPlane.attach(folder)


def end(folder: Path) -> bool:
    """End the control plane that runs in `folder`; false where none did."""
    supervisor = state.holder(folder)
    if supervisor is None:
        return False
    os.kill(supervisor, signal.SIGTERM)
    until(lambda: state.holder(folder) is None, f"the control plane in {folder} has ended", END_SECONDS)
    return True


def _launch(folder: Path, binaries: Binaries, admission: Path | None) -> subprocess.Popen[bytes]:
    try:
        return _launch_once(folder, binaries, admission)
    except StartError as error:
        if PORT_TAKEN not in str(error):
            raise
        return _launch_once(folder, binaries, admission)  # somebody was quicker; it chooses others


def _launch_once(folder: Path, binaries: Binaries, admission: Path | None) -> subprocess.Popen[bytes]:
    folder = folder.absolute()
    folder.mkdir(parents=True, exist_ok=True)
    plan = Plan(
        folder=str(folder),
        programs={name: str(path) for name, path in binaries.paths.items()},
        origin=binaries.origin,
        owner=os.getpid(),
        admission=str(admission.absolute()) if admission else None,
    )
    with (folder / "supervisor.log").open("ab") as log:
        supervisor = subprocess.Popen(
            [sys.executable, "-m", "tests.rigs.controlplane.supervisor", msgspec.json.encode(plan).decode()],
            cwd=REPOSITORY,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=log,
            bufsize=0,
            start_new_session=True,  # Ctrl-C in a terminal is for the owner alone
        )
    word = ""
    try:
        word = supervisor.stdout.readline().decode().strip() if supervisor.stdout else ""
    finally:
        if word != READY:
            _end(supervisor)
    if word != READY:
        raise StartError(word or f"the supervisor ended: {log_end(folder / 'supervisor.log')}")
    return supervisor


def _end(supervisor: subprocess.Popen[bytes]) -> None:
    for pipe in (supervisor.stdin, supervisor.stdout):
        if pipe:
            pipe.close()
    try:
        supervisor.wait(END_SECONDS)
    except subprocess.TimeoutExpired:
        supervisor.kill()
        supervisor.wait()
