"""What differs between two texts, as the lines that go and the lines that come: applied, taken back and put together.

Lines keep their ends, whichever they are, and a byte order mark is part of the first: so that taking a change back
gives the very bytes.
"""

import difflib
import re
from collections.abc import Iterable
from typing import Final

from domain.plan import Hunk

_LINES: Final = re.compile(r"[^\n]*\n|[^\n]+")


def lines_of(text: str) -> list[str]:
    """The lines of a text with their ends; only a line feed ends one, as everywhere else."""
    return _LINES.findall(text)


def hunks_between(before: str, after: str) -> tuple[Hunk, ...]:
    """The hunks that make `after` of `before`; none where they are the same."""
    old, new = lines_of(before), lines_of(after)
    matcher = difflib.SequenceMatcher(None, old, new, autojunk=False)
    return tuple(
        Hunk(i1 + 1, tuple(old[i1:i2]), tuple(new[j1:j2]))
        for tag, i1, i2, j1, j2 in matcher.get_opcodes()
        if tag != "equal"
    )


def apply(text: str, hunks: Iterable[Hunk]) -> str | None:
    """The text with every hunk made; None where one of them does not find its lines."""
    lines = lines_of(text)
    for hunk in sorted(hunks, key=lambda one: one.line, reverse=True):
        start, end = hunk.line - 1, hunk.line - 1 + len(hunk.before)
        if tuple(lines[start:end]) != hunk.before or start > len(lines):
            return None
        lines[start:end] = hunk.after
    return "".join(lines)


def are_made(text: str, hunks: Iterable[Hunk]) -> bool:
    """Whether a text has the new lines of every hunk where they would be, and no longer those that go."""
    lines = lines_of(text)
    return all(
        tuple(lines[line - 1 : line - 1 + len(hunk.after)]) == hunk.after
        if hunk.after
        else tuple(lines[line - 1 : line - 1 + len(hunk.before)]) != hunk.before
        for line, hunk in shifted(hunks)
    )


def opposite(hunks: Iterable[Hunk]) -> tuple[Hunk, ...]:
    """The hunks that take these back, at the lines where they are once these were made."""
    return tuple(Hunk(line, hunk.after, hunk.before) for line, hunk in shifted(hunks))


def shifted(hunks: Iterable[Hunk]) -> list[tuple[int, Hunk]]:
    """Each hunk with the line where its new lines are once all were made."""
    found = []
    moved = 0
    for hunk in sorted(hunks, key=lambda one: one.line):
        found.append((hunk.line + moved, hunk))
        moved += len(hunk.after) - len(hunk.before)
    return found
