"""From an edit of a file to the change that makes it: the lines that differ, pinned to the file as it is read now."""

from collections.abc import Callable

import msgspec

from domain.artifacts import FILES
from domain.edits.hunks import holds_credential, hunks_between
from domain.edits.places import Unwritable
from domain.plan import Ref, WriteFile


class FileTexts(msgspec.Struct, frozen=True):
    """Gives the text of a file and its sha256 by its path; `read` raises Unwritable where it cannot be read."""

    read: Callable[[str], tuple[str, str]] | None = None

    def written(self, path: str, edit: Callable[[str], str], reason: str, command: str) -> WriteFile | None:
        """The change that an edit of a file comes to; None where it changes nothing. Raises Unwritable."""
        if self.read is None:
            raise Unwritable("there are no files to edit on this target")
        text, sha256 = self.read(path)
        hunks = hunks_between(text, edit(text))
        if not hunks:
            return None
        if any(holds_credential(hunk) for hunk in hunks):
            raise Unwritable(
                f"what would change in {path} holds a credential, which no plan writes down: do it by hand"
            )
        ref = Ref(FILES, None, path, sha256)
        return WriteFile(ref=ref, hunks=hunks, reason=reason, command=command)
