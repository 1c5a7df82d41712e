"""Where a run lands: one folder, named before the run so that the journal can be kept there, made when it is needed."""

import os
import tempfile
from collections.abc import Iterator
from datetime import datetime
from itertools import count
from pathlib import Path

RUNS = Path("reports") / "runs"
"""Where runs land below the rootdir, unless --run-dir says otherwise."""


FILES = ("run.json", "report.html", "junit.xml", "summary.md", "plan.json")
"""What tells of one run alone; the journal and recordings are kept, for an earlier run may be taken back by them."""

_TOLD = ("run.json", "plan.json")


class RunDirError(Exception):
    """The run's folder cannot be made or written to; the message names --run-dir."""


class RunDir:
    """The folder of one run: `wanted` exactly as given, or a new one below `root` named by the time."""

    def __init__(self, wanted: Path | None, root: Path, now: datetime) -> None:
        self._wanted = wanted
        self._candidates = iter([wanted]) if wanted else _names(root / RUNS, now)
        self.path = next(path for path in self._candidates if wanted or not path.exists())
        self._claimed = False

    def claim(self, *, shared: bool = False) -> None:
        """Make the folder; raises RunDirError.

        A default folder that somebody else made meanwhile is another run's and the next name is taken, unless it
        may be `shared`: then it is ours as long as it holds no run.json yet.
        """
        if self._claimed:
            return
        try:
            while not self._make(shared=shared):
                self.path = next(self._candidates)
            if any(_is_ours(self.path / name) for name in _TOLD):
                for name in FILES:  # of an earlier run: who reads them after this one must not take them for its
                    (self.path / name).unlink(missing_ok=True)
        except OSError as error:
            raise RunDirError(_cannot(self.path, error)) from error
        self._claimed = True

    def _make(self, *, shared: bool) -> bool:
        try:
            self.path.mkdir(parents=True)
        except FileExistsError:
            if not self.path.is_dir():
                raise
            return self._wanted is not None or (shared and not (self.path / "run.json").exists())
        return True

    def write(self, name: str, content: bytes) -> None:
        """Write one file of the run whole or not at all; raises RunDirError."""
        try:
            write_atomically(self.path / name, content)
        except OSError as error:
            raise RunDirError(_cannot(self.path, error)) from error


def _names(runs: Path, now: datetime) -> Iterator[Path]:
    name = f"{now:%Y-%m-%dT%H-%M-%SZ}"
    yield runs / name
    yield from (runs / f"{name}-{n}" for n in count(2))


def refuse_unusable(wanted: Path) -> None:
    """Raise RunDirError for a folder that can be seen, before anything is read, to be none or not writable."""
    there = next(path for path in (wanted, *wanted.parents) if path.exists())
    if not there.is_dir():
        raise RunDirError(f"--run-dir={wanted}: {there} is a file, no folder")
    if not os.access(there, os.W_OK | os.X_OK):
        raise RunDirError(f"--run-dir={wanted}: {there} is not writable")


def _is_ours(path: Path) -> bool:
    """Whether a file was written by a run, and not by somebody else under that name."""
    if not path.is_file():
        return False
    with path.open("rb") as file:
        return b'"packcheck.' in file.read(100)


def _cannot(path: Path, error: OSError) -> str:
    return f"{path} cannot be written: {error.strerror or error}; name another folder with --run-dir=DIR"


def write_atomically(path: Path, content: bytes) -> None:
    """Write a file so that no reader ever sees half of it; raises OSError."""
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
        Path(temporary).chmod(0o666 & ~_umask())
        Path(temporary).replace(path)
    except BaseException:
        Path(temporary).unlink()
        raise


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
