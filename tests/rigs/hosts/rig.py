"""Running hosts as tests use them."""

import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Self

from tests.rigs.controlplane import ControlPlane
from tests.rigs.controlplane.errors import RigError
from tests.rigs.controlplane.readiness import until
from tests.rigs.controlplane.state import holder
from tests.rigs.hosts import audit, control, kubelet, lifecycle, snapshot, state
from tests.rigs.hosts.spec import HostSpec

SECONDS = 30.0
Say = Callable[[str], None]
Done = subprocess.CompletedProcess[str]
ALONE = ["-o", "ControlPath=none", "-o", "BatchMode=yes"]  # its own connection, no questions


class Host:
    """One host of a running rig; what it is at present is read anew each time it is asked for."""

    def __init__(self, rig: "HostRig", name: str) -> None:
        self.rig = rig
        self.name = name
        self.ssh_config = rig.ssh_config
        self._commands = rig.folder / f"{name}.commands"
        self._log = rig.folder / f"{name}.log"

    @property
    def state(self) -> state.HostState:
        """Return all that the rig knows of the host at present."""
        return next(host for host in self.rig.state.hosts if host.spec.name == self.name)

    @property
    def spec(self) -> HostSpec:
        """Return what the host was asked to be."""
        return self.state.spec

    @property
    def address(self) -> str:
        """Return its IPv4 address."""
        return self.state.address

    @property
    def address6(self) -> str:
        """Return its IPv6 address."""
        return self.state.address6

    @property
    def machine_id(self) -> str:
        """Return its machine-id."""
        return self.state.machine_id

    @property
    def boot_id(self) -> str:
        """Return the id of its present boot, or of the last one."""
        return self.state.boot_id

    @property
    def kernel(self) -> str:
        """Return the release that is booted, as `uname -r` says it."""
        return self.state.kernel

    @property
    def up(self) -> bool:
        """Tell whether it has come up and has not ended."""
        return self.state.ready

    def run(
        self,
        command: str,
        *,
        check: bool = False,
        input: str = "",  # noqa: A002 - as subprocess.run names it
        seconds: float = SECONDS,
        connect_seconds: int = 10,
    ) -> Done:
        """Execute a command line over a new SSH connection, and return its output as text.

        Raises CalledProcessError with what was said as a note if `check`, TimeoutExpired after `seconds`.
        """
        ssh = ["ssh", "-F", str(self.ssh_config), *ALONE, "-o", f"ConnectTimeout={connect_seconds}", "--", self.name]
        return _completed([*ssh, command], input, seconds, check=check)

    def inside(self, *command: str, check: bool = True) -> Done:
        """Execute a command as root within the host, past sshd: neither connections nor commands tell of it."""
        pid = self._pid()
        enter = ["nsenter", f"--target={pid}", "--mount", "--uts", "--ipc", "--net", "--pid", "--root", "--wd"]
        path = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
        return _completed([*enter, "env", "--ignore-environment", path, *command], "", SECONDS, check=check)

    def mark(self) -> audit.Mark:
        """Return a position for `commands` and `connections`: what happens from now on."""
        return audit.mark(self._commands, self._log)

    def commands(self, since: audit.Mark | None = None) -> list[audit.Command]:
        """Return the commands that sshd executed since a mark."""
        return audit.commands(self._commands, since)

    def connections(self, since: audit.Mark | None = None) -> list[audit.Connection]:
        """Return the connections that sshd accepted since a mark, those that nobody logged in over too."""
        return audit.connections(self._log, since)

    def snapshot(self) -> snapshot.Snapshot:
        """Return all files written on its disk, /run, sysctls, packet filters: `difference` shows what changed."""
        pid = self._pid()
        disk = f"/proc/{self.rig.supervisor}/root{self.rig.folder}/machines/{self.name}/disk/upper"
        run = Path(f"/proc/{pid}/root/run")
        return snapshot.take(Path(disk), run, lambda question: self.inside("sh", "-c", question).stdout)

    def reboot(self) -> None:
        """Reboot it as its own `reboot` does and wait until it is up; RigError if it is not within 30 s."""
        before = self.boot_id
        self.inside("reboot")
        self.wait_up(after=before)

    def wait_up(self, seconds: float = SECONDS, *, after: str = "") -> None:
        """Wait until it is up, in another boot than `after` if that is given; RigError if not within `seconds`."""
        until(lambda: self.up and self.boot_id != after, f"{self.name} is up", seconds)

    def power_cut(self) -> None:
        """Pull its cable: connections to it hang."""
        self.rig.ask("power_cut", self.name)

    def boot(self) -> None:
        """Power it on, and wait until it is up; nothing if it is on."""
        self.rig.ask("boot", self.name)

    def freeze(self) -> None:
        """Stop all its processes: connections stay, new ones are accepted, and nothing answers."""
        self.rig.ask("freeze", self.name)

    def thaw(self) -> None:
        """Let its processes go on."""
        self.rig.ask("thaw", self.name)

    def fill_disk(self) -> None:
        """Leave nothing free on its disk."""
        self.rig.ask("fill_disk", self.name)

    def empty_disk(self) -> None:
        """Make its disk roomy again."""
        self.rig.ask("empty_disk", self.name)

    def configure(self, **changes: Any) -> None:
        """Change options of its HostSpec that can change while it is: LIVE ones at once, AT_BOOT ones at its next."""
        self.rig.ask("configure", self.name, changes)

    def _pid(self) -> int:
        if self.rig.tier != state.FULL:
            raise RigError("hosts of the unprivileged tier have no inside")
        pid = self.state.pid
        if not pid:
            raise RigError(f"{self.name} does not run")
        return pid


class HostRig:
    """The hosts that run in `folder`, by name: ``rig["h1"]``."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder.absolute()
        self.ssh_config = self.folder / "ssh_config"
        self.tier = self.state.tier
        self.hosts = {host.spec.name: Host(self, host.spec.name) for host in self.state.hosts}

    @classmethod
    @contextmanager
    def start(
        cls, folder: Path, *specs: HostSpec, tier: lifecycle.Tier | None = None, say: Say | None = None
    ) -> Iterator[Self]:
        """Yield hosts that end with the block, or with this process; one healthy host where nothing is asked."""
        tell = say or _tell
        got = tier or lifecycle.obtain(tell)
        with lifecycle.running(folder, got, specs or (HostSpec(),), tell):
            yield cls(folder)

    def __getitem__(self, name: str) -> Host:
        return self.hosts[name]

    def __iter__(self) -> Iterator[Host]:
        return iter(self.hosts.values())

    def __len__(self) -> int:
        return len(self.hosts)

    @property
    def state(self) -> state.State:
        """Return what the rig's folder says at present; RigError where nothing runs in it."""
        current = state.read(self.folder)
        if current is None:
            raise RigError(f"no hosts run in {self.folder}")
        return current

    @property
    def supervisor(self) -> int:
        """Return the pid of the process that runs the hosts."""
        pid = holder(self.folder)
        if pid is None:
            raise RigError(f"no hosts run in {self.folder}")
        return pid

    def ask(self, action: control.Action, host: str, changes: Mapping[str, Any] | None = None) -> None:
        """Have something done to a host, to all if none is named; RigError with the reason if it was not."""
        control.ask(self.folder, control.Request(action, host, dict(changes or {})))

    def join(self, plane: ControlPlane) -> None:
        """Make each host a Node of `plane`, Ready, and have its nodeInfo follow its boots."""
        control.ask(self.folder, control.Request("join", controlplane=str(plane.folder)))
        for host in self:
            until(lambda name=host.name: kubelet.ready(plane, name), f"Node {host.name} is Ready")  # type: ignore[misc]


def _completed(command: list[str], text: str, seconds: float, *, check: bool) -> Done:
    done = subprocess.run(command, input=text, capture_output=True, text=True, check=False, timeout=seconds)
    if check and done.returncode:
        error = subprocess.CalledProcessError(done.returncode, command, done.stdout, done.stderr)
        error.add_note(done.stderr)
        raise error
    return done


def _tell(line: str) -> None:
    sys.stderr.write(f"packcheck: {line}\n")
