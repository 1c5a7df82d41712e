"""Changes of files: lines that become others, pinned to the file's digest; taken back by the lines themselves."""

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

import msgspec

from domain.edits import apply, are_made, opposite
from domain.plan import Change, Rollback, WriteFile
from domain.resources import Resource
from fixtures.artifacts.targets import ArtifactStore
from fixtures.artifacts.writing import FileWriter
from fixtures.errors import NotFound, ReadError
from fixtures.store import Store
from fixtures.writing import Written
from remediations.patching import Moved

if TYPE_CHECKING:
    from remediations.kinds import Hand


class InFiles:
    """How lines of files are changed (a Kind)."""

    def look(self, store: Store, change: WriteFile) -> dict[str, Any] | None:
        """The file as it is now: its digest and its text; None where it is not there."""
        if not isinstance(store, ArtifactStore):
            raise ReadError(f"{change.ref} is a file, and this target has none", "--artifacts=PATH")
        try:
            text, sha256 = store.text_of(change.ref.name)
        except NotFound:
            return None
        return {"sha256": sha256, "text": text}

    def left_to_do(self, change: WriteFile, current: dict[str, Any] | None) -> Change | None:
        """All of it, until every line is as it should be: a file is written as a whole."""
        if current is None or current["sha256"] == change.ref.uid or not are_made(current["text"], change.hunks):
            return change
        return None

    def touched(self, change: WriteFile, current: dict[str, Any]) -> dict[str, Any]:
        """The digest, which tells the file from any other; the lines stand in the change itself."""
        del change
        return {"sha256": current["sha256"]}

    def request(self, change: WriteFile, current: dict[str, Any], hand: "Hand") -> Callable[[], Written]:
        """Write the file with the lines changed; raises Moved where it is not what was planned on."""
        text = self._edited(change, current)
        writer: FileWriter = hand.writer
        return lambda: writer.write(change.ref.name, current["sha256"], text)

    def opposite(self, change: WriteFile) -> Change | None:
        """The lines that were there, at the lines where they are now, whatever else the file has become."""
        return msgspec.structs.replace(
            change,
            ref=msgspec.structs.replace(change.ref, uid=""),
            hunks=opposite(change.hunks),
            reason="takes back what a run changed",
            command="",
            rollback=Rollback.TAKE_BACK,
        )

    def vanished(self, change: WriteFile, current: dict[str, Any] | None) -> str:
        """Why there is nothing left to take back: the file is gone."""
        del change
        return "the file is gone, and what was changed in it" if current is None else ""

    def check(self, change: WriteFile, current: dict[str, Any] | None, earlier: Iterable[Change]) -> None:
        """Raise Moved where the file is not what it was, and not what it should become either."""
        del earlier
        if current is None:
            raise Moved("it is gone")
        if self.left_to_do(change, current) is not None:
            self._edited(change, current)

    def rights(self, change: WriteFile) -> Iterable[tuple[str, Resource, str]]:
        """None of a cluster's."""
        del change
        return ()

    @staticmethod
    def _edited(change: WriteFile, current: dict[str, Any]) -> str:
        text = apply(current["text"], change.hunks)
        if text is None or change.ref.uid not in ("", current["sha256"]):
            raise Moved(f"{change.ref} is not what it was")
        return text
