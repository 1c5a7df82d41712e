"""One host as the supervisor has it: its file system, its power, its disk.

The file system is an overlay over the shared layers, on a tmpfs of its own, so that it can be full without any other
being so; it outlives the host's reboots and goes with the supervisor's mount namespace. All paths are in that one.
"""

import os
import signal
import subprocess
import time
import uuid
from collections.abc import Callable
from pathlib import Path

from tests.rigs.controlplane.errors import StartError
from tests.rigs.hosts import bootloader, debian, kernels, processes, provision
from tests.rigs.hosts.base import RECIPE
from tests.rigs.hosts.network import Network
from tests.rigs.hosts.spec import HostSpec, changed
from tests.rigs.hosts.sshfiles import Reached
from tests.rigs.hosts.state import HostState

DISK_MEGABYTES = 256
NAMESPACES = ["--mount", "--uts", "--ipc", "--net", "--pid", "--fork", "--kill-child"]
REBOOT = -signal.SIGHUP  # how PID 1 ends by reboot(2), and `unshare` after it


class Machine:
    """A host and the process of its present boot, if it is powered on."""

    def __init__(self, folder: Path, index: int, spec: HostSpec, network: Network, preexec: Callable[[], None]) -> None:
        self.spec = spec
        self.index = index
        self.boots = 0
        self.kernel = ""
        self.boot_id = ""
        self.due = 0.0  # when it is to be powered on again; 0: it is not
        self.process: subprocess.Popen[bytes] | None = None
        self.frozen = False
        self.machine_id = ""
        self._key = ""
        self._network = network
        self._preexec = preexec
        self.home = folder / "machines" / spec.name
        self.root = self.home / "root"
        self.rig = self.home / "rig"
        self.commands = folder / f"{spec.name}.commands"
        self.log = folder / f"{spec.name}.log"

    def make(self, lowers: str, identity: Path) -> None:
        """Mount the host's disk over `lowers`, relative to its folder, and furnish it."""
        for path in (self.home / "disk", self.root, self.rig):
            path.mkdir(parents=True)
        self._run("mount", "-t", "tmpfs", "-o", f"mode=755,size={DISK_MEGABYTES}m", "tmpfs", "disk")
        for name in ("upper", "work"):
            (self.home / "disk" / name).mkdir()
        options = f"lowerdir={lowers},upperdir=disk/upper,workdir=disk/work"
        self._run("mount", "-t", "overlay", "-o", options, "overlay", "root")
        (self.rig / "commands").touch()  # the file itself is bound over it
        self.commands.touch()
        self.commands.chmod(0o666)
        self.machine_id, self._key = provision.provision(self.root, self.spec, identity)
        self.kernel = self.spec.running

    def power_on(self) -> None:
        """Start the host's namespaces; `ready` tells when sshd listens."""
        self.due = 0.0
        self.frozen = False
        if self.boots or not self.spec.running:
            self.kernel = bootloader.choose(self.root) or self.kernel
        self.boots += 1
        self.boot_id = str(uuid.uuid4())
        provision.configure(self.root, self.spec)
        for name in ("ready", "pid"):
            (self.rig / name).unlink(missing_ok=True)
        version = kernels.uname_version(self.kernel)
        pending = self.boots == 1 and self.spec.kernels and kernels.newest(self.spec.kernels) != self.kernel
        files = {
            "uname": f"{self.kernel}\n{version}\n",
            "osrelease": f"{self.kernel}\n",
            "version": f"{version}\n",
            "proc_version": f"{kernels.proc_version(self.kernel)}\n",
            "boot_id": f"{self.boot_id}\n",
            "pending": "yes" if pending else "",
            "fault": self.spec.fault,
        }
        for name, text in files.items():
            (self.rig / name).write_text(text)
        self.apply()
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                ["unshare", *NAMESPACES, "sh", str(RECIPE / "boot.sh")],
                cwd=self.home,
                env={"PATH": debian.environment()["PATH"], **self._environment()},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                preexec_fn=self._preexec,  # noqa: PLW1509 - the supervisor has one thread
            )

    def apply(self) -> None:
        """Write what the host's programs read each time."""
        auto = "sound" if kernels.has_mark(self.kernel) else "broken"
        files = {
            "probe": auto if self.spec.probe == "auto" else self.spec.probe,
            "freeze_on": self.spec.freeze_on,
            "initramfs_seconds": str(self.spec.initramfs_seconds),
        }
        for name, text in files.items():
            partial = self.rig / f"{name}.partial"
            partial.write_text(text)
            partial.replace(self.rig / name)

    def power_cut(self) -> None:
        """End the host as if its cable were pulled: nobody is told, connections hang."""
        self.due = 0.0
        if self.process:
            self._network.unplug(self._port())
            processes.send(self.pid or self.process.pid, signal.SIGKILL)
            self.process.wait()  # all of the host's processes are gone when its PID 1 is
            self.process = None

    def ended(self) -> bool:
        """Take note if the host has ended by itself; it is due again after a reboot, if it comes back."""
        if self.process is None or self.process.poll() is None:
            return False
        if self.process.returncode == REBOOT and self.spec.comes_back:
            self.due = time.monotonic() + self.spec.boot_seconds
        self._network.unplug(self._port())
        self.process = None
        return True

    @property
    def pid(self) -> int:
        """Return the pid of the host's PID 1 here; 0 where it has none yet, or no more."""
        path = self.rig / "pid"
        return int(path.read_text() or 0) if self.process and path.exists() else 0

    @property
    def ready(self) -> bool:
        """Tell whether the host has come up as far as its fault lets it."""
        return self.process is not None and (self.rig / "ready").exists()

    def freeze(self) -> None:
        """Stop every process of the host: connections stay, and nothing answers."""
        self.frozen = True
        self._signal(signal.SIGSTOP)

    def thaw(self) -> None:
        """Let every process go on."""
        self.frozen = False
        self._signal(signal.SIGCONT)

    def fill(self) -> None:
        """Leave nothing free on the host's disk."""
        usage = os.statvfs(self.home / "disk")
        used = (usage.f_blocks - usage.f_bfree) * usage.f_frsize
        self._run("mount", "-o", f"remount,size={used}", "disk")

    def empty(self) -> None:
        """Give the disk its size again."""
        self._run("mount", "-o", f"remount,size={DISK_MEGABYTES}m", "disk")

    def state(self) -> HostState:
        """Return what others are told of the host."""
        return HostState(
            spec=self.spec,
            address=self._network.address(self.index),
            address6=self._network.address6(self.index),
            machine_id=self.machine_id,
            boot_id=self.boot_id,
            kernel=self.kernel,
            pid=self.pid,
            boots=self.boots,
            ready=self.ready,
        )

    def reached(self) -> Reached:
        """Return the host as ssh's files have it."""
        state = self.state()
        return Reached(self.spec, state.address, state.address6, self._key)

    def change(self, changes: dict[str, object]) -> None:
        """Make the host another; RigError for what is decided when it is made."""
        self.spec = changed(self.spec, changes)
        self.apply()

    def _signal(self, number: signal.Signals) -> None:
        """Send a signal to every process of the host, until none of them is new."""
        sent: set[int] = set()
        while new := processes.in_pid_namespace(self.pid) - sent:
            for pid in new:
                processes.send(pid, number)
            sent |= new

    def _port(self) -> str:
        return f"h{self.index}b{self.boots}"

    def _environment(self) -> dict[str, str]:
        return {
            "ROOT": str(self.root),
            "RIG": str(self.rig),
            "COMMANDS": str(self.commands),
            "NAME": self.spec.name,
            "SWITCH": self._network.namespace,
            "PORT": self._port(),
            "MAC": self._network.mac(self.index),
            "ADDRESS": f"{self._network.address(self.index)}/24",
            "ADDRESS6": f"{self._network.address6(self.index)}/64",
            "IMMUTABLE": "yes" if self.spec.os == "kairos" else "",
        }

    def _run(self, *command: str) -> None:
        done = subprocess.run(
            command, cwd=self.home, env=debian.environment(), capture_output=True, text=True, check=False
        )
        if done.returncode:
            raise StartError(f"{self.spec.name}: {' '.join(command)}: {debian.last_words(done.stderr)}")
