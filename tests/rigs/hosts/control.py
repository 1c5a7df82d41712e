"""How a rig's supervisor is asked for something: one request in JSON, one answer, over a socket in its folder.

The socket's path may be longer than such a path can be (108 bytes on Linux), so it is reached through the folder's
descriptor.
"""

import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Literal

import msgspec

from tests.rigs.controlplane.errors import RigError

SOCKET = "control"
SECONDS = 60.0
Action = Literal["boot", "power_cut", "freeze", "thaw", "fill_disk", "empty_disk", "configure", "join"]


class Request(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What is to be done to one host, or to all where none is named."""

    action: Action
    host: str = ""
    changes: dict[str, Any] = {}
    controlplane: str = ""


class Answer(msgspec.Struct, frozen=True):
    """Nothing, or why it was not done."""

    error: str = ""


def ask(folder: Path, request: Request) -> None:
    """Have `request` done by the supervisor of `folder`; RigError with its reason if it was not."""
    try:
        with _address(folder) as address, socket.socket(socket.AF_UNIX) as connection:
            connection.settimeout(SECONDS)
            connection.connect(address)
            connection.sendall(msgspec.json.encode(request))
            connection.shutdown(socket.SHUT_WR)
            answer = msgspec.json.decode(_all(connection), type=Answer)
    except (OSError, msgspec.DecodeError) as error:
        raise RigError(f"the hosts of {folder} do not answer: {error}") from error
    if answer.error:
        raise RigError(answer.error)


def listen(folder: Path) -> socket.socket:
    """Return a socket that takes requests for the rig in `folder`."""
    (folder / SOCKET).unlink(missing_ok=True)
    listening = socket.socket(socket.AF_UNIX)
    with _address(folder) as address:
        listening.bind(address)
    (folder / SOCKET).chmod(0o600)
    listening.listen()
    return listening


@contextmanager
def accept(listening: socket.socket) -> Iterator[tuple[Request, list[Answer]]]:
    """Yield the next request and a list that takes its answer, which is sent when the block ends."""
    connection, _ = listening.accept()
    with connection:
        connection.settimeout(SECONDS)
        answers: list[Answer] = []
        yield msgspec.json.decode(_all(connection), type=Request), answers
        connection.sendall(msgspec.json.encode(answers[0] if answers else Answer()))


@contextmanager
def _address(folder: Path) -> Iterator[str]:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        yield f"/proc/self/fd/{descriptor}/{SOCKET}"
    finally:
        os.close(descriptor)


def _all(connection: socket.socket) -> bytes:
    return b"".join(iter(lambda: connection.recv(65536), b""))
