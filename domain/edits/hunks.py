"""What differs between two texts, as the lines that go and the lines that come: applied, taken back and put together.

Lines keep their ends, whichever they are, and a byte order mark is part of the first: so that taking a change back
gives the very bytes.
"""

import difflib
import re
from collections.abc import Iterable, Iterator
from typing import Final

import msgspec

from domain.plan import Hunk
from domain.redaction import redact_text

LONG: Final = 300
BESIDE: Final = 12
"""Of a line longer than that, or one that holds a credential, only what differs is written down.

With so many characters on either side, or fewer where one of them is a credential's.
"""

_LINES: Final = re.compile(r"[^\n]*\n|[^\n]+")


def lines_of(text: str) -> list[str]:
    """The lines of a text with their ends; only a line feed ends one, as everywhere else."""
    return _LINES.findall(text)


def hunks_between(before: str, after: str) -> tuple[Hunk, ...]:
    """The hunks that make `after` of `before`; none where they are the same."""
    old, new = lines_of(before), lines_of(after)
    matcher = difflib.SequenceMatcher(None, old, new, autojunk=False)
    return tuple(
        hunk
        for tag, i1, i2, j1, j2 in matcher.get_opcodes()
        if tag != "equal"
        for hunk in _narrowed(Hunk(i1 + 1, tuple(old[i1:i2]), tuple(new[j1:j2])))
    )


def holds_credential(hunk: Hunk) -> bool:
    """Whether what goes or comes would write a credential down that stands in the file or in what is asked for."""
    return hunk.column is None and any(_secret("".join(lines)) for lines in (hunk.before, hunk.after))


def _secret(text: str) -> bool:
    return redact_text(text) != text


def _narrowed(hunk: Hunk) -> Iterator[Hunk]:
    """The same change; of a long line, or one that holds a credential, the part that differs and a little beside."""
    if len(hunk.before) != len(hunk.after) or not (holds_credential(hunk) or len(hunk.before[0]) > LONG):
        yield hunk
    elif len(hunk.before) == 1:
        yield _part(hunk)
    else:
        for at, (old, new) in enumerate(zip(hunk.before, hunk.after, strict=True)):
            if old != new:
                yield from _narrowed(Hunk(hunk.line + at, (old,), (new,)))


def _part(hunk: Hunk) -> Hunk:
    """The widest part of one line that no credential is in; the line as it is where one is what differs."""
    old, new = hunk.before[0], hunk.after[0]
    kept = redact_text(old), redact_text(new)
    for beside in range(BESIDE, -1, -1):
        start = max(0, _same(old, new) - beside)
        end = max(0, min(_same(old[::-1], new[::-1]), len(old) - start, len(new) - start) - beside)
        gone, come = old[start : len(old) - end], new[start : len(new) - end]
        clear = gone in kept[0] and come in kept[1]
        told_apart = not gone.startswith(come) and not come.startswith(gone)
        if clear and (told_apart or kept == (old, new)):
            return Hunk(hunk.line, (gone,), (come,), start)
    return hunk


def _same(one: str, other: str) -> int:
    """How many characters two texts begin with alike."""
    return next((n for n, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other)))


def apply(text: str, hunks: Iterable[Hunk]) -> str | None:
    """The text with every hunk made; None where one of them does not find its lines."""
    lines = lines_of(text)
    for hunk in sorted(hunks, key=lambda one: (one.line, one.column or 0), reverse=True):
        start, end = hunk.line - 1, hunk.line - 1 + len(hunk.before)
        if start > len(lines) or not _has(lines, hunk.line, hunk, hunk.before):
            return None
        if hunk.column is None:
            lines[start:end] = hunk.after
        else:
            line, column = lines[start], hunk.column
            lines[start] = line[:column] + hunk.after[0] + line[column + len(hunk.before[0]) :]
    return "".join(lines)


def _has(lines: list[str], number: int, hunk: Hunk, wanted: tuple[str, ...]) -> bool:
    """Whether the lines from `number` on are the wanted ones, or the part of the one line is."""
    if hunk.column is None:
        return tuple(lines[number - 1 : number - 1 + len(wanted)]) == wanted
    return number <= len(lines) and lines[number - 1].startswith(wanted[0], hunk.column)


def are_made(text: str, hunks: Iterable[Hunk]) -> bool:
    """Whether a text has the new lines of every hunk where they would be, and no longer those that go."""
    lines = lines_of(text)
    return all(
        _has(lines, line, hunk, hunk.after) if hunk.after else not _has(lines, line, hunk, hunk.before)
        for line, hunk in shifted(hunks)
    )


def opposite(hunks: Iterable[Hunk]) -> tuple[Hunk, ...]:
    """The hunks that take these back, at the lines where they are once these were made."""
    return tuple(Hunk(line, hunk.after, hunk.before, hunk.column) for line, hunk in shifted(hunks))


def shifted(hunks: Iterable[Hunk]) -> list[tuple[int, Hunk]]:
    """Each hunk with the line where its new lines are once all were made, and its column where the new part is."""
    found = []
    lines, characters, last = 0, 0, 0
    for hunk in sorted(hunks, key=lambda one: (one.line, one.column or 0)):
        if hunk.column is None:
            found.append((hunk.line + lines, hunk))
            lines += len(hunk.after) - len(hunk.before)
            continue
        characters = characters if hunk.line == last else 0
        last = hunk.line
        found.append((hunk.line + lines, msgspec.structs.replace(hunk, column=hunk.column + characters)))
        characters += len(hunk.after[0]) - len(hunk.before[0])
    return found
