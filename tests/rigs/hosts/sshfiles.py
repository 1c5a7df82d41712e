"""What a person or a test gives to ssh: a configuration with every host, the keys that are known, an identity.

ControlMaster and ControlPath are left out: whether connections are shared is for the one who connects.
"""

import subprocess
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from tests.rigs.hosts.spec import HostSpec

USER = "ops"


@dataclass(frozen=True)
class Reached:
    """A host as ssh meets it."""

    spec: HostSpec
    address: str
    address6: str
    key: str  # its public host key


def identity(folder: Path) -> Path:
    """Return the identity of the rig's user, made if it is not there."""
    path = folder / "identity"
    if not path.exists():
        generate(path, "packcheck's rig")
    return path


def generate(path: Path, comment: str) -> str:
    """Make a key pair at `path`, in place of one that is there, and return its public half."""
    path.unlink(missing_ok=True)
    command = ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", comment, "-f", str(path)]
    subprocess.run(command, check=True, stdin=subprocess.DEVNULL)
    kind, key, _ = path.with_name(f"{path.name}.pub").read_text().split(maxsplit=2)
    return f"{kind} {key}"


def write(folder: Path, hosts: Iterable[Reached], other_key: str) -> None:
    """Write ``ssh_config`` and ``known_hosts``; `other_key` is what is known of a host with a changed key."""
    reached = list(hosts)
    lines = []
    for host in reached:
        name = f"{host.spec.name}.invalid" if host.spec.fault == "unresolvable" else host.address
        lines += [f"Host {host.spec.name}", f"  HostName {name}"]
    patterns = [pattern for host in reached for pattern in (host.spec.name, host.address, host.address6)]
    shared: Mapping[str, str] = {
        "User": USER,
        "IdentityFile": quoted(folder / "identity"),
        "IdentitiesOnly": "yes",
        "UserKnownHostsFile": quoted(folder / "known_hosts"),
        "GlobalKnownHostsFile": "/dev/null",
        "StrictHostKeyChecking": "yes",
        "UpdateHostKeys": "no",
    }
    lines += [f"Host {' '.join(patterns)}", *(f"  {key} {value}" for key, value in shared.items())]
    put(folder / "ssh_config", lines)
    known = []
    for host in reached:
        key = {"unknown-key": "", "changed-key": other_key}.get(host.spec.fault, host.key)
        known += [f"{host.spec.name},{host.address},{host.address6} {key}"] if key else []
    put(folder / "known_hosts", known)


def quoted(path: Path) -> str:
    """Return `path` as ssh_config takes it: quoted, and with nothing in it that is a token of ssh's."""
    text = str(path).replace("\\", "\\\\").replace('"', '\\"').replace("%", "%%")
    return f'"{text}"'


def put(path: Path, lines: Iterable[str]) -> None:
    """Write `lines` as a whole: a reader sees what was there before or all of it."""
    partial = path.with_name(f"{path.name}.partial")
    partial.write_text("".join(f"{line}\n" for line in lines))
    partial.replace(path)
