"""Whose kernel it is: a release string means nothing before that is known.

A host says it in os-release, a node in `status.nodeInfo.osImage`, which is os-release's PRETTY_NAME.
"""

import re
import shlex
from typing import Final

import msgspec

from domain.kernels.tables import Kernels, tables

_WORDS: Final = re.compile(r"[^a-z0-9]+")
_VERSION: Final = re.compile(r"[0-9]{1,6}(?:\.[0-9]{1,6})*")
_UBUNTU: Final = "ubuntu"


class Distribution(msgspec.Struct, frozen=True):
    """A Linux distribution: os-release's ID, ID_LIKE, VERSION_ID and UBUNTU_CODENAME, and its name for sentences."""

    id: str = ""
    id_like: tuple[str, ...] = ()
    version_id: str = ""
    ubuntu_codename: str = ""
    name: str = ""

    @classmethod
    def from_os_release(cls, text: str) -> "Distribution":
        """Read /etc/os-release: lines of KEY=value with the shell's quotes; a line that is none is passed over."""
        said: dict[str, str] = {}
        for line in text.splitlines():
            key, equals, value = line.strip().partition("=")
            if equals and not key.startswith("#"):
                said[key] = _unquoted(value)
        return cls(
            id=said.get("ID", "").lower(),
            id_like=tuple(said.get("ID_LIKE", "").lower().split()),
            version_id=said.get("VERSION_ID", ""),
            ubuntu_codename=said.get("UBUNTU_CODENAME", ""),
            name=said.get("PRETTY_NAME") or said.get("NAME", ""),
        )

    @classmethod
    def from_os_image(cls, text: str) -> "Distribution":
        """Read a node's osImage: `Ubuntu 24.04.2 LTS`, `Talos (v1.8.2)`; the longest known beginning names it."""
        name = text.strip()
        known = [row for row in tables().distributions if _begins(name, row.image)]
        row = max(known, key=lambda one: len(one.image), default=None)
        if row is None:
            return cls(name=name)
        version = _VERSION.search(name, len(row.image))
        return cls(id=row.id, version_id=version[0] if version else "", name=name)

    @property
    def kernels(self) -> Kernels:
        """How this distribution numbers its kernels.

        Derivatives of Ubuntu boot its kernels and say so (UBUNTU_CODENAME, ID_LIKE); of others, ID_LIKE says nothing of
        the kernel.
        """
        known = next((row.kernels for row in tables().distributions if row.id == self.id), None)
        if known is not None:
            return known
        return Kernels.UBUNTU if self.ubuntu_codename or _UBUNTU in self.id_like else Kernels.UNTOLD

    @property
    def names_ubuntu(self) -> bool:
        """Whether Ubuntu is named anywhere: `kairos-core-ubuntu-24.04 v3.1.3` is an image of Kairos made from it."""
        said = " ".join((self.id, *self.id_like, self.name)).lower()
        return bool(self.ubuntu_codename) or _UBUNTU in _WORDS.split(said)

    def __str__(self) -> str:
        return self.name or self.id or "a distribution that is not known"


def _begins(name: str, with_: str) -> bool:
    """Whether a name begins with these words, in any case: `Void` begins `Void Linux`, not `Voidable`."""
    rest = name[len(with_) :]
    return name.lower().startswith(with_.lower()) and (not rest or not rest[0].isalnum())


def _unquoted(value: str) -> str:
    """A value without the shell's quotes; one whose quotes do not end stays as it is."""
    try:
        return " ".join(shlex.split(value, comments=False))
    except ValueError:
        return value.strip()
