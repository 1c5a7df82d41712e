"""The full tier: hosts that have everything but a kernel of their own.

Runs in a mount namespace of its own (`unshare --mount`): the machine sees none of the mounts, and they go with it.
"""

import subprocess
import sys
import time
from pathlib import Path

from tests.rigs.controlplane import ApiError, ControlPlane
from tests.rigs.controlplane.errors import RigError, StartError
from tests.rigs.controlplane.supervisor import log_end
from tests.rigs.hosts import debian, kubelet, processes, sshfiles, state
from tests.rigs.hosts.control import Request
from tests.rigs.hosts.machine import Machine
from tests.rigs.hosts.network import Network
from tests.rigs.hosts.plan import Plan

START_SECONDS = 30.0
TICK_SECONDS = 0.02
LAYERS = ".layers"


class FullRig:
    """The hosts of one rig while they run."""

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self.folder = Path(plan.folder)
        self.stage = self.folder / "machines"
        self.machines: dict[str, Machine] = {}
        self._preexec = processes.ending_with_parent()
        self._network: Network | None = None
        self._plane: ControlPlane | None = None
        self._told: dict[str, int] = {}  # of which boot the API server was told
        self._read: dict[str, int] = {}  # how much of a host's commands was looked at for what freezes it
        self._other_key = ""
        self._written: state.State | None = None

    def bring_up(self) -> None:
        """Make the hosts, start them all at once and wait until each has come as far as its fault lets it."""
        identity = sshfiles.identity(self.folder)
        self.stage.mkdir(exist_ok=True)
        self._run("mount", "-t", "tmpfs", "-o", "mode=755", "tmpfs", self.stage.name)
        (self.stage / LAYERS).mkdir()
        self._run("mount", "--bind", self.plan.cache, f"{self.stage.name}/{LAYERS}")
        self._other_key = sshfiles.generate(self.stage / "other_key", "another host")
        self._network = Network(self._preexec)
        for index, (spec, layers) in enumerate(zip(self.plan.specs, self.plan.layers, strict=True)):
            machine = Machine(self.folder, index, spec, self._network, self._preexec)
            self.machines[spec.name] = machine
            machine.make(":".join(f"../{LAYERS}/{layer}" for layer in layers), identity)
        self._write_ssh()
        for machine in self.machines.values():
            if machine.spec.fault != "no-route":
                machine.power_on()
        for machine in self.machines.values():
            self._await(machine)
            if machine.spec.disk == "full":
                machine.fill()
        self._write_state()

    def tick(self) -> None:
        """Start what has been rebooted, stop what is to freeze, tell the API server what has come up."""
        for machine in self.machines.values():
            machine.ended()
            if machine.due and time.monotonic() >= machine.due:
                machine.power_on()
            self._freeze_if_asked(machine)
            if self._plane and machine.ready and self._told.get(machine.spec.name) != machine.boots:
                self._tell(machine)
        self._write_state()

    def handle(self, request: Request) -> None:
        """Do what was asked, to one host or to all."""
        if request.host and request.host not in self.machines:
            raise RigError(f"no host is named {request.host}; there are {', '.join(self.machines)}")
        if request.action == "join":
            self._join(Path(request.controlplane))
        for name, machine in self.machines.items():
            if request.host in {"", name}:
                self._act(machine, request)
        if request.action == "configure":
            self._write_ssh()
        self._write_state()

    def end(self) -> None:
        """End the hosts; with this process their mounts go, and with the bridge's holder their network."""
        (self.folder / state.STATE).unlink(missing_ok=True)
        for machine in self.machines.values():
            machine.power_cut()
        if self._network:
            self._network.end()
        if self.stage.is_dir():
            subprocess.run(["umount", "--recursive", self.stage], capture_output=True, check=False)
            subprocess.run(["umount", "--lazy", self.stage], capture_output=True, check=False)
            self.stage.rmdir()

    def _act(self, machine: Machine, request: Request) -> None:
        match request.action:
            case "boot":
                if machine.process is None:
                    machine.power_on()
                    self._await(machine)
            case "power_cut":
                machine.power_cut()
            case "freeze":
                machine.freeze()
            case "thaw":
                self._read[machine.spec.name] = machine.commands.stat().st_size
                machine.thaw()
            case "fill_disk":
                machine.fill()
            case "empty_disk":
                machine.empty()
            case "configure":
                machine.change(request.changes)

    def _await(self, machine: Machine) -> None:
        deadline = time.monotonic() + START_SECONDS
        while machine.spec.fault != "no-route" and not machine.ready:
            if machine.ended() or time.monotonic() > deadline:
                raise StartError(f"{machine.spec.name} does not come up: {log_end(machine.log)}")
            time.sleep(TICK_SECONDS)

    def _freeze_if_asked(self, machine: Machine) -> None:
        """Stop the host once its shell has stopped the user's own processes for a command (recipe/shell.c)."""
        if not machine.spec.freeze_on or machine.frozen:
            return
        with machine.commands.open("rb") as file:
            file.seek(self._read.get(machine.spec.name, 0))
            if machine.spec.freeze_on.encode() in file.read():
                machine.freeze()

    def _join(self, folder: Path) -> None:
        self._plane = ControlPlane.attach(folder)
        self._told = {}
        for machine in self.machines.values():
            try:
                kubelet.register(self._plane, machine.state())
            except ApiError as error:
                raise RigError(f"Node {machine.spec.name}: {error}") from error
            self._told[machine.spec.name] = machine.boots

    def _tell(self, machine: Machine) -> None:
        assert self._plane
        self._told[machine.spec.name] = machine.boots
        try:
            there = kubelet.refresh(self._plane, machine.state())
        except ApiError as error:  # the control plane may have ended before the hosts
            sys.stderr.write(f"Node {machine.spec.name}: {error}\n")
            return
        if not there:
            sys.stderr.write(f"Node {machine.spec.name} is gone\n")

    def _write_ssh(self) -> None:
        sshfiles.write(self.folder, (machine.reached() for machine in self.machines.values()), self._other_key)

    def _write_state(self) -> None:
        assert self._network
        current = state.State(
            tier=state.FULL,
            origin=self.plan.origin,
            hosts=[machine.state() for machine in self.machines.values()],
            network=f"{self._network.prefix}.0/24",
            controlplane=str(self._plane.folder) if self._plane else "",
        )
        if current != self._written:
            state.write(self.folder, current)
            self._written = current

    def _run(self, *command: str) -> None:
        done = subprocess.run(
            command, cwd=self.folder, env=debian.environment(), capture_output=True, text=True, check=False
        )
        if done.returncode:
            raise StartError(f"{' '.join(command)}: {debian.last_words(done.stderr)}")
