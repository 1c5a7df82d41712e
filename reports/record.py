"""run.json: written from a Run and read back, byte for byte the same record."""

from pathlib import Path
from typing import Any

import msgspec

from domain.run import Run
from reports.text import visible


def dump(run: Run) -> bytes:
    """Write a run as JSON that a person can read too.

    Names that are no UTF-8 (files may have them) cannot stand in JSON: they are written as escapes.
    """
    try:
        encoded = msgspec.json.encode(run)
    except UnicodeEncodeError:
        encoded = msgspec.json.encode(_encodable(msgspec.to_builtins(run)))
    return msgspec.json.format(encoded, indent=2) + b"\n"


def _encodable(value: Any) -> Any:
    if isinstance(value, dict):
        return {_encodable(k): _encodable(v) for k, v in value.items()}
    if isinstance(value, list | tuple):
        return [_encodable(v) for v in value]
    if isinstance(value, str) and not _is_utf8(value):
        return visible(value)
    return value


def _is_utf8(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def load(path: Path) -> Run:
    """Read a run.json; raises OSError, or msgspec.MsgspecError where it is none of packcheck's."""
    return msgspec.json.decode(path.read_bytes(), type=Run)
