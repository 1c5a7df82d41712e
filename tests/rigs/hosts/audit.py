"""What a host was asked to do over SSH: each connection that sshd took, each command that it executed.

Connections are in sshd's own log (LogLevel VERBOSE); commands are written down by the user's login shell
(recipe/shell.c), for sshd does not log them. Both files are in the rig's folder and stay after its end.
"""

import re
from dataclasses import dataclass
from pathlib import Path

FIELDS = 4
CONNECTION = re.compile(r"^Connection from (\S+) port (\d+) on (\S+)", re.MULTILINE)
LOGIN = re.compile(r"^Accepted publickey for (\S+) from (\S+) port (\d+)", re.MULTILINE)


@dataclass(frozen=True)
class Mark:
    """A position in a host's records: what comes from now on."""

    commands: int
    log: int


@dataclass(frozen=True)
class Command:
    """What sshd executed: `text` is empty for an interactive login."""

    at: float  # seconds since the epoch, by the host's clock
    connection: str  # SSH_CONNECTION: the client's address and port, the server's
    text: str
    asked: str = ""  # under a forced command, what the client wanted instead


@dataclass(frozen=True)
class Connection:
    """A TCP connection that sshd accepted, and as whom its client logged in; empty if it did not."""

    address: str
    port: int
    user: str = ""


def mark(commands: Path, log: Path) -> Mark:
    """Return the present end of both files."""
    return Mark(_size(commands), _size(log))


def commands(path: Path, since: Mark | None = None) -> list[Command]:
    """Return the commands executed since a mark, in order; raises ValueError if the record is damaged."""
    fields = _text(path, since.commands if since else 0).split("\0")
    if len(fields) % FIELDS != 1 or fields[-1]:
        raise ValueError(f"{path} does not end with a whole record")
    records = zip(*(fields[start:-1:FIELDS] for start in range(FIELDS)), strict=True)
    return [Command(int(at) / 1e9, connection, text, asked) for at, connection, text, asked in records]


def connections(path: Path, since: Mark | None = None) -> list[Connection]:
    """Return the connections accepted since a mark, in order."""
    text = _text(path, since.log if since else 0).replace("\r", "")
    users = {(address, port): user for user, address, port in LOGIN.findall(text)}
    found = CONNECTION.findall(text)
    return [Connection(address, int(port), users.get((address, port), "")) for address, port, _ in found]


def _text(path: Path, start: int) -> str:
    with path.open("rb") as file:
        file.seek(start)
        return file.read().decode(errors="replace")


def _size(path: Path) -> int:
    return path.stat().st_size
