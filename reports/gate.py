"""The file of --gate: the scenarios that must have been decided, an id a line, so that a blind run never passes."""

from pathlib import Path

import pytest


def read(path: Path, known: tuple[str, ...] | None) -> tuple[str, ...]:
    """Read the ids that a gate names, one a line, also as a list of YAML; `#` begins a comment.

    Raises UsageError where the file cannot be read, names nothing, or names what is none of `known`.
    """
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except OSError as error:
        raise pytest.UsageError(f"--gate={path}: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise pytest.UsageError(f"--gate={path}: this is no text file (UTF-8)") from error
    named = tuple(
        dict.fromkeys(
            name for line in lines if (name := line.partition("#")[0].strip().removeprefix("- ").strip("'\" "))
        )
    )
    if not named:
        raise pytest.UsageError(f"--gate={path}: it names no scenario: write one id a line")
    if known is not None and (unknown := [name for name in named if name not in known]):
        raise pytest.UsageError(f"--gate={path}: no such scenario: {', '.join(unknown)}; there are: {', '.join(known)}")
    return named
