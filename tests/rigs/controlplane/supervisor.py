"""The process between whoever wants a control plane and its servers: none of them outlives the one that it is for.

It starts the servers in its folder, says on its standard output in one line that they are ready or why they are not,
and ends them all when its standard input ends: that is when its owner closes it, or dies of whatever cause. An owner
that wants the servers to stay (``up`` in a shell) writes LEAVE; then SIGTERM ends them (``down``). Should the
supervisor itself be killed, Linux kills the servers (PR_SET_PDEATHSIG).
"""

import ctypes
import os
import select
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from types import FrameType

import msgspec

from tests.rigs.controlplane import baseline, servers, state
from tests.rigs.controlplane.api import Api
from tests.rigs.controlplane.errors import ApiError, RigError, StartError
from tests.rigs.controlplane.etcd import Etcd
from tests.rigs.controlplane.pki import KeyPair, Pki

LEAVE = b"leave\n"
READY = "ready"
PR_SET_PDEATHSIG = 1
START_SECONDS = 60.0
TICK_SECONDS = 0.1
WATCH_SECONDS = 0.5
SYSTEM_NAMESPACES = ("default", "kube-system", "kube-public", "kube-node-lease")


class Plan(msgspec.Struct, frozen=True):
    """What the supervisor is to run, handed to it as its argument."""

    folder: str
    programs: dict[str, str]
    origin: str
    owner: int
    admission: str | None = None


class Supervisor:
    """The servers of one rig while they run."""

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self.folder = Path(plan.folder)
        self.bound = True
        self._running: dict[str, subprocess.Popen[bytes]] = {}
        self._parents_end = _parents_end()

    def bring_up(self) -> None:
        """Start all servers, wait until each answers and the namespaces are furnished, and write the state."""
        ports = servers.free_ports()
        servers.lay_out(self.folder, ports)
        admission = Path(self.plan.admission) if self.plan.admission else None
        arguments = servers.arguments(ports, admission)
        self._start("etcd", arguments)
        self._start("kube-apiserver", arguments)
        api = self._api(ports.apiserver, "rig")
        self._wait("the API server is ready", lambda: api.text("GET", "/readyz") == "ok")
        for name in ("kube-controller-manager", "kube-scheduler", "kwok"):
            self._start(name, arguments)
        controllers, scheduler = self._api(ports.controllers, "rig"), self._api(ports.scheduler, "rig")
        self._wait("the controllers are ready", lambda: controllers.text("GET", "/healthz") == "ok")
        self._wait("the scheduler is ready", lambda: scheduler.text("GET", "/readyz") == "ok")
        self._wait("the namespaces are furnished", lambda: _furnished(api))
        gateway = self._api(ports.etcd, "etcd-client")
        self._wait("the control plane is at rest", lambda: baseline.take(Etcd(gateway), self.folder))
        state.write(
            self.folder,
            state.State(
                servers={name: process.pid for name, process in self._running.items()},
                programs=self.plan.programs,
                server=api.server,
                etcd=gateway.server,
                version=api.get("/version")["gitVersion"],
                origin=self.plan.origin,
                admission=self.plan.admission,
            ),
        )

    def watch(self) -> None:
        """Return never: raise SystemExit when the owner is gone, StartError when a server ended by itself."""
        while True:
            self._tick(WATCH_SECONDS)

    def end(self) -> None:
        """Kill the servers: nothing of theirs is to last but their logs, and those are written line by line."""
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        (self.folder / state.STATE).unlink(missing_ok=True)
        for process in self._running.values():
            process.kill()
        for process in self._running.values():
            process.wait()
        shutil.rmtree(self.folder / "etcd", ignore_errors=True)

    def _start(self, name: str, arguments: dict[str, list[str]]) -> None:
        with (self.folder / f"{name}.log").open("wb") as log:
            self._running[name] = subprocess.Popen(
                [self.plan.programs[name], *arguments[name]],
                cwd=self.folder,
                # HOME: nothing of the person's own configuration reaches the servers
                env={"PATH": os.environ.get("PATH", os.defpath), "HOME": str(self.folder)},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                preexec_fn=self._parents_end,  # noqa: PLW1509 - this process has one thread
            )

    def _api(self, port: int, client: str) -> Api:
        pki = Pki(self.folder / "pki")
        pair = KeyPair(pki.folder / f"{client}.crt", pki.folder / f"{client}.key")
        return Api(f"https://127.0.0.1:{port}", pki.ca, pair)

    def _wait(self, what: str, condition: Callable[[], bool]) -> None:
        deadline = time.monotonic() + START_SECONDS
        failure = "no"
        while time.monotonic() < deadline:
            try:
                if condition():
                    return
            except ApiError as error:
                failure = str(error)
            self._tick()
        raise StartError(f"not within {START_SECONDS:.0f} s: {what} ({failure})")

    def _tick(self, seconds: float = TICK_SECONDS) -> None:
        """Wait a little; raise if a server has ended, or the owner."""
        orphan = os.getppid() != self.plan.owner  # a process that the owner forked may still hold the pipe's other end
        ready, _, _ = select.select([0] if self.bound else [], [], [], seconds)
        if ready:
            if os.read(0, len(LEAVE)) != LEAVE:
                raise SystemExit(0)
            self.bound = False
        elif self.bound and orphan:
            raise SystemExit(0)
        for name, process in self._running.items():
            if process.poll() is not None:
                raise StartError(f"{name} ended with {process.returncode}: {log_end(self.folder / f'{name}.log')}")


def _furnished(api: Api) -> bool:
    """Tell whether the controllers have made, in each namespace, what a Pod needs to be created and to start."""
    needed = ("serviceaccounts/default", "configmaps/kube-root-ca.crt")
    paths = [f"/api/v1/namespaces/{namespace}/{path}" for namespace in SYSTEM_NAMESPACES for path in needed]
    return all(api.exists(path) for path in paths)


def log_end(log: Path, lines: int = 3) -> str:
    """Return the last lines of a server's log, where it says why it ended."""
    return " | ".join(log.read_text(errors="replace").splitlines()[-lines:])


def _parents_end() -> Callable[[], None] | None:
    """Return what a child calls before it becomes a server, so that the kernel kills it when this process ends."""
    if not sys.platform.startswith("linux"):
        return None
    libc = ctypes.CDLL(None)

    def die_with_parent() -> None:
        libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL)

    return die_with_parent


def _on_signal(_number: int, _frame: FrameType | None) -> None:
    raise SystemExit(0)


def main() -> int:
    """Run one rig from its start to its end; argument: a Plan in JSON."""
    plan = msgspec.json.decode(sys.argv[1], type=Plan)
    signal.signal(signal.SIGTERM, _on_signal)
    lock = state.hold(Path(plan.folder))
    if lock is None:
        say(f"a control plane runs in {plan.folder} already")
        return 1
    supervisor = Supervisor(plan)
    try:
        supervisor.bring_up()
        say(READY)
        supervisor.watch()
    except (RigError, OSError) as error:
        sys.stderr.write(f"{error}\n")
        say(str(error))
        return 1
    finally:
        supervisor.end()
        lock.close()
    return 0


def say(word: str) -> None:
    """Tell the owner, who may be gone."""
    try:
        os.write(1, word.replace("\n", " ").encode() + b"\n")
    except BrokenPipeError:
        sys.stderr.write(f"nobody listened to: {word}\n")


if __name__ == "__main__":
    sys.exit(main())
