"""The network of a rig: a bridge in a network namespace of its own, and one link from the machine to it.

All of it goes with the process that holds the namespace, which Linux kills when the supervisor ends. The addresses
are of 198.18.0.0/15, which is for tests of networks (RFC 2544), a /24 for each rig; the machine is its .1.
"""

import fcntl
import os
import random
import select
import subprocess
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import IO

from tests.rigs.controlplane.errors import StartError
from tests.rigs.hosts import debian
from tests.rigs.hosts.locks import cache_folder

NETWORKS = 512
FIRST = 10  # the number of the first host; below it the machine's own, and addresses where nobody is
SECONDS = 10
HOLDER = """set -eu
ip link add name bridge type bridge mcast_snooping 0
ip link set bridge up
ip link add name uplink type veth peer name "$LINK" netns "$MACHINE"
ip link set uplink master bridge up
echo ready
exec sleep infinity"""


class Network:
    """A rig's addresses and the namespace that its hosts are connected in."""

    def __init__(self, preexec: Callable[[], None]) -> None:
        self.number, self._lock = _reserve()
        self.link = f"packcheck{self.number}"
        self.prefix = f"198.{18 + self.number // 256}.{self.number % 256}"
        self.prefix6 = f"fd70:6163:6b63:{self.number:x}:"
        _ip(f"link delete {self.link}", check=False)  # of a rig that was killed a moment ago
        self.holder = subprocess.Popen(
            ["unshare", "--net", "sh", "-c", HOLDER],
            env={**debian.environment(), "LINK": self.link, "MACHINE": f"/proc/{os.getpid()}/ns/net"},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            preexec_fn=preexec,  # noqa: PLW1509 - the supervisor has one thread
        )
        assert self.holder.stdout
        ready, _, _ = select.select([self.holder.stdout], [], [], SECONDS)
        if not ready or self.holder.stdout.readline() != b"ready\n":
            self.end()
            raise StartError("the rig's bridge cannot be made; supervisor.log says why")
        _ip(f"address add {self.prefix}.1/24 dev {self.link}", f"link set {self.link} up")
        with suppress(OSError):  # a machine without IPv6, or a container whose settings are not its own
            Path(f"/proc/sys/net/ipv6/conf/{self.link}/disable_ipv6").write_text("0")
        _ip(f"address add {self.prefix6}:1/64 dev {self.link} nodad", check=False)

    @property
    def namespace(self) -> str:
        """Return the path of the namespace that has the bridge."""
        return f"/proc/{self.holder.pid}/ns/net"

    def address(self, index: int) -> str:
        """Return the IPv4 address of the host with this index, counted from 0."""
        return f"{self.prefix}.{FIRST + index}"

    def address6(self, index: int) -> str:
        """Return its IPv6 address."""
        return f"{self.prefix6}:{FIRST + index:x}"

    def mac(self, index: int) -> str:
        """Return its hardware address, the same after each boot: neighbours remember it."""
        return f"02:70:6b:{self.number // 256:02x}:{self.number % 256:02x}:{FIRST + index:02x}"

    def unplug(self, port: str) -> None:
        """Take away a host's link, if it is there: what is on its way is lost."""
        command = ["nsenter", f"--net={self.namespace}", "ip", "link", "delete", port]
        subprocess.run(command, env=debian.environment(), capture_output=True, check=False)

    def end(self) -> None:
        """Take the link, the bridge and the reservation away."""
        _ip(f"link delete {self.link}", check=False)
        self.holder.kill()
        self.holder.wait()
        if self.holder.stdout:
            self.holder.stdout.close()
        self._lock.close()


def _reserve() -> tuple[int, IO[str]]:
    """Return a number that no other rig of this user has and no route of the machine's leads to, with its lock."""
    folder = cache_folder() / "networks"
    folder.mkdir(parents=True, exist_ok=True)
    for number in random.sample(range(NETWORKS), NETWORKS):
        file = _lock(folder / str(number))
        if file is None:
            continue
        network = f"198.{18 + number // 256}.{number % 256}.0/24"
        if not _ip(f"route show root {network}", check=False).strip():
            return number, file
        file.close()
    raise StartError("each /24 of 198.18.0.0/15 is in use on this machine")


def _lock(path: Path) -> IO[str] | None:
    file = path.open("w")
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        file.close()
        return None
    return file


def _ip(*lines: str, check: bool = True) -> str:
    done = subprocess.run(
        ["ip", "-batch", "-"],
        input="".join(f"{line}\n" for line in lines),
        capture_output=True,
        text=True,
        check=False,
        env=debian.environment(),
    )
    if check and done.returncode:
        raise StartError(f"ip {' / '.join(lines)}: {debian.last_words(done.stderr)}")
    return done.stdout
