"""Starting and ending rigs: for as long as a test session lasts, or until a person says `down`."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import msgspec

from tests.rigs.controlplane.errors import RigError, StartError, UnavailableError
from tests.rigs.controlplane.readiness import until
from tests.rigs.controlplane.state import holder
from tests.rigs.controlplane.supervisor import LEAVE, READY, log_end
from tests.rigs.hosts import base, debian, sshd
from tests.rigs.hosts.base import Base
from tests.rigs.hosts.layers import layers
from tests.rigs.hosts.plan import Plan
from tests.rigs.hosts.spec import HostSpec, numbered
from tests.rigs.hosts.sshd import Server
from tests.rigs.hosts.state import FULL, PLAIN

REPOSITORY = Path(__file__).parents[3]
END_SECONDS = 15.0


@dataclass(frozen=True)
class Tier:
    """What hosts this machine can have: of the full tier with a `base`, else the one sshd."""

    base: Base | None = None
    sshd: Server | None = None
    reason: str = ""  # why it is not the full one

    @property
    def name(self) -> str:
        """Return the tier's name."""
        return FULL if self.base else PLAIN


def obtain(say: Callable[[str], None]) -> Tier:
    """Return the best tier that can be had, having built what it takes; UnavailableError with both reasons if none."""
    try:
        return Tier(base=base.obtain(say))
    except UnavailableError as error:
        return obtain_plain(say, str(error))


def obtain_plain(say: Callable[[str], None], reason: str) -> Tier:
    """Return the second tier, taken for `reason`; UnavailableError with both reasons where it cannot be had."""
    try:
        return Tier(sshd=sshd.obtain(say), reason=reason)
    except UnavailableError as error:
        raise UnavailableError(f"{reason}; and no unprivileged sshd: {error}") from error


@contextmanager
def running(folder: Path, tier: Tier, specs: tuple[HostSpec, ...], say: Callable[[str], None]) -> Iterator[None]:
    """Run hosts in `folder` that end with the block, or with this process, whatever ends it."""
    supervisor = _launch(folder, _plan(folder, tier, specs, say))
    try:
        yield
    finally:
        _end(supervisor)


def leave_running(folder: Path, tier: Tier, specs: tuple[HostSpec, ...], say: Callable[[str], None]) -> None:
    """Start hosts that stay when this process ends."""
    supervisor = _launch(folder, _plan(folder, tier, specs, say))
    if supervisor.stdin:
        supervisor.stdin.write(LEAVE)
    for pipe in (supervisor.stdin, supervisor.stdout):
        if pipe:
            pipe.close()


def end(folder: Path) -> bool:
    """End the hosts that run in `folder`; false where none did."""
    supervisor = holder(folder)
    if supervisor is None:
        return False
    os.kill(supervisor, signal.SIGTERM)
    until(lambda: holder(folder) is None, f"the hosts in {folder} have ended", END_SECONDS)
    return True


def _plan(folder: Path, tier: Tier, specs: tuple[HostSpec, ...], say: Callable[[str], None]) -> Plan:
    named = numbered(specs)
    if tier.base:
        return Plan(
            folder=str(folder.absolute()),
            owner=os.getpid(),
            origin=tier.base.origin,
            specs=list(named),
            cache=str(tier.base.cache),
            layers=[list(layers(tier.base, spec, say)) for spec in named],
        )
    assert tier.sshd
    if len(named) != 1 or named[0] != HostSpec(name=named[0].name):
        raise RigError(f"several hosts, or hosts with options, need the full tier: {tier.reason}")
    return Plan(
        folder=str(folder.absolute()),
        owner=os.getpid(),
        origin=tier.reason,
        specs=[HostSpec(name=named[0].name, kernels=(), running=os.uname().release)],
        sshd=tier.sshd.program,
        library_path=tier.sshd.library_path,
    )


def _launch(folder: Path, plan: Plan) -> subprocess.Popen[bytes]:
    folder.mkdir(parents=True, exist_ok=True)
    own_mounts = [] if plan.sshd else ["unshare", "--mount", "--propagation", "private", "--"]
    with (folder / "supervisor.log").open("ab") as log:
        supervisor = subprocess.Popen(
            [*own_mounts, sys.executable, "-m", "tests.rigs.hosts.supervisor", msgspec.json.encode(plan).decode()],
            cwd=REPOSITORY,
            env=debian.environment(),
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
