"""The run that --diff names: an earlier one's folder or its run.json, to tell what changed since."""

from pathlib import Path

import msgspec
import pytest

from domain.run import Comparison, Run
from reports import record
from reports.text import counted


def read(path: Path) -> Run:
    """Read an earlier run; raises UsageError where there is none, or it is none of packcheck's."""
    file = path / "run.json" if path.is_dir() else path
    try:
        return record.load(file)
    except OSError as error:
        raise pytest.UsageError(f"--diff={path}: {file}: {error.strerror}") from error
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise pytest.UsageError(f"--diff={path}: {file} is no run of packcheck: {error}") from error


def headline(compared: Comparison) -> str:
    """`against the run of 2026-11-22T10:00:00Z: 1 new, 2 gone, 3 still open`."""
    parts = [f"{len(compared.new)} new", f"{len(compared.gone)} gone", f"{len(compared.still_open)} still open"]
    if compared.unjudged:
        parts.append(f"{counted(len(compared.unjudged), 'earlier finding')} not judged in this run")
    return f"against the run of {compared.against}: {', '.join(parts)}"


def sentences(compared: Comparison) -> list[str]:
    """What is new, what is gone and what nobody can say, a sentence each; what is still open stands in the results."""
    groups = (("new", compared.new), ("gone", compared.gone), ("not judged in this run", compared.unjudged))
    return [f"{word}: {place}" for word, places in groups for place in places]
