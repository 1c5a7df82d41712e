"""Where in a file something stands, and how what could not be read there is said."""

from typing import Final

import msgspec

from domain.facts import Unread
from domain.resources import Resource

FILES: Final = Resource("", "", "files", "", namespaced=False)
"""What a read of a file is a read of: its subject is the place alone."""


class Place(msgspec.Struct, frozen=True, order=True):
    """A line of a file, by the file's path relative to what --artifacts names."""

    path: str
    line: int = 1

    def __str__(self) -> str:
        """`profiles/edge.yaml:12`."""
        return f"{self.path}:{self.line}"


def unread(place: Place, reason: str, would_help: str | None = None) -> Unread:
    """What could not be read at a place."""
    return Unread(FILES, None, str(place), reason, would_help)
