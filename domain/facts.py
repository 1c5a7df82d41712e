"""What was read, beside what could not be: one forbidden namespace or odd object never hides the others."""

from collections.abc import Callable, Iterable
from typing import Generic, TypeVar

import msgspec

from domain.resources import PACK_GROUP, Resource
from domain.verdict import Undecided

T = TypeVar("T")


class Unread(msgspec.Struct, frozen=True):
    """A read without an answer: of `resource`, in one namespace or (None) in all, of one object or (None) of all."""

    resource: Resource
    namespace: str | None
    name: str | None
    reason: str
    would_help: str | None = None

    @property
    def subject(self) -> str:
        """What cannot be judged, as far as the read itself tells."""
        if self.name is not None:
            return "/".join(part for part in (self.resource.kind, self.namespace, self.name) if part)
        return f"Namespace/{self.namespace}" if self.namespace else f"{self.resource.kind}/*"


class Fact(msgspec.Struct, Generic[T], frozen=True):
    """Records of one kind, in the order read, and what could not be read of them."""

    items: tuple[T, ...] = ()
    unread: tuple[Unread, ...] = ()

    @property
    def first(self) -> T | None:
        """The only item of a fact that has one or none."""
        return self.items[0] if self.items else None


def undecided(unread: Iterable[Unread], subject: Callable[[Unread], str] = lambda u: u.subject) -> list[Undecided]:
    """Say once for each subject why it cannot be judged, and what would help."""
    reasons: dict[str, dict[str, None]] = {}
    helps: dict[str, dict[str, None]] = {}
    for u in unread:
        reasons.setdefault(subject(u), {})[u.reason] = None
        if u.would_help:
            helps.setdefault(subject(u), {})[u.would_help] = None
    return [Undecided(s, "; ".join(r), "; ".join(helps.get(s, {})) or None) for s, r in reasons.items()]


def by_namespace(unread: Unread) -> str:
    """The subject of scenarios that judge namespaces: the one that was not read, or all."""
    if unread.resource.kind == "Namespace" and unread.name:
        return f"Namespace/{unread.name}"
    if unread.resource.group == PACK_GROUP:
        return "Namespace/*"  # a pack lies in Palette's own namespace and speaks of others
    return f"Namespace/{unread.namespace or '*'}"
