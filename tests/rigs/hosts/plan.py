"""What a supervisor is to run, handed to it as its argument, and what it promises the loop that it runs in."""

from typing import Protocol

import msgspec

from tests.rigs.hosts.control import Request
from tests.rigs.hosts.spec import HostSpec


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """A rig of one tier: with `sshd` it is the unprivileged one."""

    folder: str
    owner: int
    origin: str
    specs: list[HostSpec]
    cache: str = ""
    layers: list[list[str]] = []  # of each host, topmost first, folders of `cache`
    sshd: str = ""
    library_path: str = ""


class Rig(Protocol):
    """What runs in a supervisor."""

    def bring_up(self) -> None:
        """Start all hosts and wait for them; RigError with the reason where one does not come up."""

    def tick(self) -> None:
        """Do what is due; RigError where the rig is past help."""

    def handle(self, request: Request) -> None:
        """Do what was asked; RigError if it cannot be done."""

    def end(self) -> None:
        """Leave nothing behind but logs."""
