"""The second tier, where the full one cannot be had: one sshd on the loopback, as this user, on this very machine.

There is nothing to be faked or broken then: its kernel, its boot and its files are the machine's. It shows that a
connection, a command and a host key are what packcheck takes them for.
"""

import os
import pwd
import shlex
import signal
import socket
import subprocess
import time
from pathlib import Path

from tests.rigs.controlplane.errors import RigError, StartError
from tests.rigs.controlplane.supervisor import log_end
from tests.rigs.hosts import processes, sshfiles, state
from tests.rigs.hosts.control import Request
from tests.rigs.hosts.plan import Plan
from tests.rigs.hosts.sshd import Server, environment

NAME = "h1"
START_SECONDS = 10.0
TICK_SECONDS = 0.02
RECORD = """#!/bin/sh
# Writes down what sshd was asked to execute, as recipe/shell.c does, and executes it.
printf '%s\\0%s\\0%s\\0\\0' "$(date +%s%N)" "$SSH_CONNECTION" "$SSH_ORIGINAL_COMMAND" >>"$1"
[ "$SSH_ORIGINAL_COMMAND" ] || exec "$SHELL" -l
exec "$SHELL" -c "$SSH_ORIGINAL_COMMAND"
"""


class PlainRig:
    """One sshd while it runs."""

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self.folder = Path(plan.folder)
        self._process: subprocess.Popen[bytes] | None = None

    def bring_up(self) -> None:
        """Start sshd, wait until it listens, and write the files for ssh."""
        identity = sshfiles.identity(self.folder)
        key = sshfiles.generate(self.folder / "host_key", NAME)
        port, user = _free_port(), pwd.getpwuid(os.geteuid()).pw_name
        self._configure(port, identity)
        log, running = self.folder / f"{NAME}.log", self.folder / "sshd.pid"
        running.unlink(missing_ok=True)  # of an earlier one in this folder
        with log.open("ab") as written:
            self._process = subprocess.Popen(
                [self.plan.sshd, "-D", "-e", "-f", str(self.folder / "sshd_config")],
                env=environment(Server(self.plan.sshd, self.plan.library_path)),
                stdin=subprocess.DEVNULL,
                stdout=written,
                stderr=subprocess.STDOUT,
                preexec_fn=processes.ending_with_parent(),  # noqa: PLW1509 - the supervisor has one thread
            )
        deadline = time.monotonic() + START_SECONDS
        while not running.exists():
            if self._process.poll() is not None or time.monotonic() > deadline:
                raise StartError(f"sshd does not come up: {log_end(log)}")
            time.sleep(TICK_SECONDS)
        self._write_ssh(port, user, key)
        machine_id = Path("/etc/machine-id")
        host = state.HostState(
            spec=self.plan.specs[0],
            address="127.0.0.1",
            address6="",
            machine_id=machine_id.read_text().strip() if machine_id.exists() else "",
            boot_id=Path("/proc/sys/kernel/random/boot_id").read_text().strip(),
            kernel=os.uname().release,
            pid=self._process.pid,
            boots=1,
            ready=True,
        )
        state.write(self.folder, state.State(tier=state.PLAIN, origin=self.plan.origin, hosts=[host]))

    def tick(self) -> None:
        """Raise StartError if sshd has ended."""
        if self._process and self._process.poll() is not None:
            raise StartError(f"sshd ended with {self._process.returncode}")

    def handle(self, request: Request) -> None:
        """Refuse: it is this machine that would be rebooted or frozen."""
        raise RigError(f"{request.action} needs the full tier of hosts")

    def end(self) -> None:
        """End sshd and its sessions."""
        (self.folder / state.STATE).unlink(missing_ok=True)
        if self._process:
            for pid in processes.descendants(self._process.pid):
                processes.send(pid, signal.SIGKILL)
            self._process.wait()

    def _configure(self, port: int, identity: Path) -> None:
        record, commands = self.folder / "record", self.folder / f"{NAME}.commands"
        sshfiles.put(record, RECORD.splitlines())
        commands.touch()
        lines = {
            "Port": str(port),
            "ListenAddress": "127.0.0.1",
            "HostKey": sshfiles.quoted(self.folder / "host_key"),
            "PidFile": sshfiles.quoted(self.folder / "sshd.pid"),
            "AuthorizedKeysFile": sshfiles.quoted(identity.with_name(f"{identity.name}.pub")),
            "StrictModes": "no",  # the folder may lie in one that others can write, such as /tmp
            "KexAlgorithms": "curve25519-sha256",  # see provision.SSHD
            "UsePAM": "no",
            "PasswordAuthentication": "no",
            "KbdInteractiveAuthentication": "no",
            "LogLevel": "VERBOSE",
            "ForceCommand": f"sh {shlex.quote(str(record))} {shlex.quote(str(commands))}",
        }
        sshfiles.put(self.folder / "sshd_config", [f"{key} {value}" for key, value in lines.items()])

    def _write_ssh(self, port: int, user: str, key: str) -> None:
        lines = [
            f"Host {NAME}",
            "  HostName 127.0.0.1",
            f"  Port {port}",
            f"  User {user}",
            f"  IdentityFile {sshfiles.quoted(self.folder / 'identity')}",
            "  IdentitiesOnly yes",
            f"  UserKnownHostsFile {sshfiles.quoted(self.folder / 'known_hosts')}",
            "  GlobalKnownHostsFile /dev/null",
            "  StrictHostKeyChecking yes",
            "  UpdateHostKeys no",
        ]
        sshfiles.put(self.folder / "ssh_config", lines)
        sshfiles.put(self.folder / "known_hosts", [f"[127.0.0.1]:{port} {key}"])


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
