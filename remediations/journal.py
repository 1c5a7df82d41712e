"""What a run changed, remembered so that it can be taken back: an intention before each write, its result after.

`changes.jsonl` is only ever appended to, and each line is on the disk before the next thing happens; so after a crash
at any point the journal says what may have been sent. A last line that was cut short is a crash, not an error.
"""

import contextlib
import os
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal

import msgspec

from domain.plan import Change, Cluster
from fixtures.errors import PackcheckError

SCHEMA: Literal["packcheck.journal/1"] = "packcheck.journal/1"
NAME = "changes.jsonl"


class JournalError(PackcheckError):
    """A journal that cannot be read as one, so that nothing is taken back from it; or that cannot be written to."""


class Begun(msgspec.Struct, frozen=True, kw_only=True, tag="run", tag_field="line"):
    """A run that is about to write: the first line of its part of the journal."""

    schema: str = SCHEMA
    run: str
    version: str
    at: str
    clusters: tuple[Cluster, ...]


class Intent(msgspec.Struct, frozen=True, kw_only=True, tag="intent", tag_field="line"):
    """A write that is about to be sent, with what was there; `takes_back` names the one it undoes: `<run>#<number>`."""

    number: int
    at: str
    target: str
    scenario: str
    change: Change
    before: dict[str, Any]
    takes_back: str | None = None


class Outcome(msgspec.Struct, frozen=True, kw_only=True, tag="result", tag_field="line"):
    """What became of a write."""

    number: int
    at: str
    state: Literal["applied", "failed", "unknown"]
    message: str = ""
    after: dict[str, Any] = {}


Line = Begun | Intent | Outcome


class Journal:
    """The journal of one run, open for appending; the file is made with its first line.

    Every method but `close` raises JournalError where the line does not get onto the disk.
    """

    def __init__(self, folder: Path, run: str, version: str, clusters: Sequence[Cluster]) -> None:
        self.path = folder / NAME
        self.run = run
        self._number = max((line.number for line in _earlier(self.path) if isinstance(line, Intent)), default=0)
        try:
            folder.mkdir(parents=True, exist_ok=True)
            self._file = self.path.open("ab")
            if self._file.tell() and not self.path.read_bytes().endswith(b"\n"):
                self._file.write(b"\n")  # an earlier run died in the middle of a line
        except OSError as error:
            raise self._unwritable(error) from error
        self._append(Begun(run=run, version=version, at=_now(), clusters=tuple(clusters)))

    def intend(
        self, target: str, scenario: str, change: Change, before: dict[str, Any], takes_back: str | None = None
    ) -> int:
        """Write down what is about to be sent; its number goes into `result`."""
        self._number += 1
        self._append(
            Intent(
                number=self._number,
                at=_now(),
                target=target,
                scenario=scenario,
                change=change,
                before=before,
                takes_back=takes_back,
            )
        )
        return self._number

    def result(
        self, number: int, state: Literal["applied", "failed", "unknown"], message: str = "", after: Any = None
    ) -> None:
        """Write down what became of it."""
        self._append(Outcome(number=number, at=_now(), state=state, message=message, after=after or {}))

    def close(self) -> None:
        """Let go of the file; what could not be written to it was said before."""
        with contextlib.suppress(OSError):
            self._file.close()

    def _append(self, line: Line) -> None:
        try:
            self._file.write(msgspec.json.encode(line) + b"\n")
            self._file.flush()
            os.fsync(self._file.fileno())
        except OSError as error:
            raise self._unwritable(error) from error

    def _unwritable(self, error: OSError) -> JournalError:
        return JournalError(f"the journal {self.path} cannot be written: {error.strerror}")


def read(path: Path) -> list[Line]:
    """Every line of a journal; raises JournalError with the line's number for anything but a cut last line."""
    try:
        lines = path.read_bytes().split(b"\n")
    except OSError as error:
        raise JournalError(f"{path} cannot be read: {error.strerror}") from error
    read_lines: list[Line] = []
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        schema = _schema(line)
        if schema is not None and schema != SCHEMA:
            raise JournalError(f"{path}:{number}: the journal is of version {schema!r}; this packcheck reads {SCHEMA}")
        try:
            read_lines.append(_DECODER.decode(line))
        except msgspec.MsgspecError as error:
            torn = number == len(lines) or _begins_anew(lines[number:])
            if not torn:
                raise JournalError(f"{path}:{number}: this is no line of a journal: {error}") from error
    if not read_lines or not isinstance(read_lines[0], Begun):
        raise JournalError(f"{path}: this is no journal of packcheck: it does not begin with a run")
    return read_lines


def _begins_anew(rest: list[bytes]) -> bool:
    """Whether a torn line is the end of a run that died: nothing follows it, or another run begins."""
    following = next((line for line in rest if line.strip()), None)
    return following is None or _schema(following) is not None


class _Versioned(msgspec.Struct):
    schema: str | None = None


def _schema(line: bytes) -> str | None:
    try:
        return msgspec.json.decode(line, type=_Versioned).schema
    except msgspec.MsgspecError:
        return None


def _earlier(path: Path) -> list[Line]:
    return read(path) if path.is_file() and path.stat().st_size else []


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds")


_DECODER: msgspec.json.Decoder[Line] = msgspec.json.Decoder(Line)
