"""Changes of the API's objects: patches that test what they touch, deletions and evictions pinned to a uid."""

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

import msgspec

from domain.plan import Change, DeleteObject, EvictPod, PatchObject, Prompt, Ref, Rollback
from domain.resources import Query, Resource
from fixtures.errors import NotFound
from fixtures.store import Store
from fixtures.writing import Writer, Written
from remediations.patching import not_made, operations, reversed_edits, uid_of, value_at

if TYPE_CHECKING:
    from remediations.kinds import Hand

Edits = PatchObject | Prompt
Deletion = DeleteObject | EvictPod
GONE = "the object is gone, and what was changed on it"


class Objects:
    """How objects are patched, deleted and evicted (a Kind)."""

    def look(self, store: Store, change: Edits | Deletion) -> dict[str, Any] | None:
        """The object as it is now; None where none of its name is there."""
        ref = change.ref
        try:
            found = store.reader.get(Query(ref.resource, ref.namespace, ref.name))
        except NotFound:
            return None
        return msgspec.json.decode(found, type=dict[str, Any])

    def left_to_do(self, change: Edits | Deletion, current: dict[str, Any] | None) -> Change | None:
        """The edits that are not made yet; a deletion until the very object is gone, or on its way out."""
        if isinstance(change, DeleteObject | EvictPod):
            deleted = uid_of(current) != change.ref.uid or value_at(current, "/metadata/deletionTimestamp") is not None
            return None if deleted else change
        if current is None or uid_of(current) != change.ref.uid:
            return change
        edits = not_made(change.edits, current)
        return msgspec.structs.replace(change, edits=edits) if edits else None

    def touched(self, change: Edits | Deletion, current: dict[str, Any]) -> dict[str, Any]:
        """The values at the paths that a change touches; of an object that it deletes, which one it was."""
        if isinstance(change, PatchObject | Prompt):
            return {e.path: value_at(current, e.path) for e in change.edits}
        return {"/metadata/uid": change.ref.uid}

    def request(self, change: Edits | Deletion, current: dict[str, Any], hand: "Hand") -> Callable[[], Written]:
        """The request that makes a change on the object as it is now; raises Moved where somebody changed that."""
        ref, writer = change.ref, _writer(hand)
        if isinstance(change, PatchObject | Prompt):
            patch = operations(change.edits, current, ref.uid)
            return lambda: writer.patch(ref.resource, ref.namespace, ref.name, patch)
        if isinstance(change, EvictPod):
            return lambda: writer.evict(ref.namespace or "", ref.name, ref.uid)
        return lambda: writer.delete(ref.resource, ref.namespace, ref.name, ref.uid)

    def opposite(self, change: Edits | Deletion) -> Change | None:
        """The edits that set what was there before; nothing brings back what was deleted."""
        if isinstance(change, DeleteObject | EvictPod):
            return None
        return msgspec.structs.replace(
            change,
            edits=reversed_edits(change.edits),
            reason="takes back what a run changed",
            command="",
            rollback=Rollback.TAKE_BACK,
        )

    def vanished(self, change: Edits | Deletion, current: dict[str, Any] | None) -> str:
        """Why there are no edits to take back: their object is gone."""
        return GONE if uid_of(current) != change.ref.uid else ""

    def check(self, change: Edits | Deletion, current: dict[str, Any] | None, earlier: Iterable[Change]) -> None:
        """Raise Moved where a path is not at its value from before; what is to be deleted is there, or gone."""
        if isinstance(change, DeleteObject | EvictPod):
            return
        ours = {path for one in earlier for path in _paths(one, change.ref)}
        edits = tuple(e for e in change.edits if e.path not in ours)
        operations(not_made(edits, current or {}), current or {}, change.ref.uid)

    def rights(self, change: Edits | Deletion) -> Iterable[tuple[str, Resource, str]]:
        """The verb that the change is, beside the reading of what it changes."""
        resource = change.ref.resource
        if isinstance(change, PatchObject | Prompt):
            yield "patch", resource, ""
        elif isinstance(change, DeleteObject):
            yield "delete", resource, ""
        else:
            yield "create", resource, "eviction"
        yield "get", resource, ""


def _writer(hand: "Hand") -> Writer:
    writer: Writer = hand.writer
    return writer


def _paths(change: Change, ref: Ref) -> Iterable[str]:
    return [e.path for e in change.edits] if isinstance(change, PatchObject | Prompt) and change.ref == ref else []
