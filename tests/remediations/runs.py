"""Runs of packcheck as processes of their own, which can be watched, signalled and killed while they last.

They are forked from a process that has the slow imports behind it (pytest, the client), which halves the time of each;
what a run is asked, what it sends and how it ends is as `python -m pytest` has it. Whatever a test is about, what each
run leaves is looked at: no traceback, and a run.json that fits its schema.
"""

import multiprocessing
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from multiprocessing.context import ForkServerContext, ForkServerProcess
from pathlib import Path
from typing import Any, NamedTuple

import jsonschema

from tests.commands import ROOT, Done, clean, schema
from tests.rigs.controlplane.readiness import until

LONGEST_S = 90.0
IMPORTED = (
    "pytest",
    "_pytest.runner",
    "jinja2",
    "jsonpatch",
    "junitparser",
    "kubernetes.client.rest",
    "kubernetes.config",
    "packaging.version",
)


class Running:
    """A run that was started."""

    def __init__(self, process: ForkServerProcess, folder: Path, said: Path) -> None:
        self._process, self._said = process, said
        self.folder = folder

    @property
    def out(self) -> str:
        """What it has said by now."""
        return self._said.read_text(errors="replace")

    def until(self, condition: Callable[[], Any], what: str) -> None:
        """Wait until something has come about, while the run lasts."""

        def come() -> bool:
            assert self._process.is_alive() or condition(), f"it ended before {what}\n{self.out}"
            return bool(condition())

        until(come, f"{what}\n{self.out}", LONGEST_S)

    def until_said(self, words: str) -> None:
        """Wait until it says these words, wherever the terminal breaks them."""
        self.until(lambda: words in " ".join(self.out.split()), f"it says {words!r}")

    def signal(self, number: signal.Signals) -> None:
        """Send a signal to it, and to nothing else."""
        assert self._process.pid is not None
        os.kill(self._process.pid, number)

    def ended(self) -> Done:
        """Wait for its end, whatever that is."""
        self._process.join(LONGEST_S)
        assert self._process.exitcode is not None, f"it has not ended\n{self.out}"
        done = Done(subprocess.CompletedProcess([], self._process.exitcode, self.out, ""), self.folder)
        assert "Traceback" not in self.out, done
        assert "INTERNALERROR" not in self.out, done
        if self._process.exitcode >= 0 and (self.folder / "run.json").exists():
            jsonschema.validate(done.run, schema())
            assert done.run["exit_code"] == done.code, done
        return done

    def end(self) -> None:
        """End it, if it has not ended."""
        if self._process.is_alive():
            self._process.kill()
            self._process.join()


class Paused(NamedTuple):
    """A run that holds at a place until it is let go."""

    running: Running
    go: Path

    def ended(self, how: str = "") -> Done:
        """Let it go, and wait for its end."""
        self.go.with_suffix(".partial").write_text(how)
        self.go.with_suffix(".partial").replace(self.go)
        return self.running.ended()


class Runs:
    """Starts runs, each with a folder of its own below `folder`."""

    def __init__(self, folder: Path, context: ForkServerContext) -> None:
        self._folder, self._context = folder, context
        self._started: list[Running] = []

    def start(
        self, *arguments: str | Path, folder: Path | None = None, doubles: Iterable[str] = (), **environment: str
    ) -> Running:
        """Start a run on the checks; `doubles` are plugins of tests/remediations/doubles that it gets."""
        own = folder or self._folder / f"run{len(self._started)}"
        said = self._folder / f"said{len(self._started)}.txt"
        plugins = [part for name in doubles for part in ("-p", f"tests.remediations.doubles.{name}")]
        command = [
            "-p",
            "no:cacheprovider",
            "-p",
            "no:hypothesispytest",
            *plugins,
            f"--run-dir={own}",
            *map(str, arguments),
            "checks/",
        ]
        variables = clean(os.environ) | {"COLUMNS": "120"} | environment
        process = self._context.Process(target=_run, args=(command, str(said), variables))
        said.touch()
        process.start()
        running = Running(process, own, said)
        self._started.append(running)
        return running

    def __call__(
        self, *arguments: str | Path, folder: Path | None = None, doubles: Iterable[str] = (), **environment: str
    ) -> Done:
        """Start a run and wait for its end."""
        return self.start(*arguments, folder=folder, doubles=doubles, **environment).ended()

    def paused(self, at: str, *arguments: str | Path) -> "Paused":
        """Start a run that holds at a place (doubles/pausing.py), and wait until it is there."""
        paused, go = (self._folder / f"{word}{len(self._started)}" for word in ("paused", "go"))
        running = self.start(*arguments, doubles=["pausing"], PAUSE_AT=at, PAUSED=str(paused), GO=str(go))
        running.until(paused.exists, f"it holds at {at}")
        return Paused(running, go)

    def end(self) -> None:
        """End what still runs."""
        for running in self._started:
            running.end()


@contextmanager
def runs_below(folder: Path) -> Iterator[Runs]:
    """Runs whose folders lie below `folder`; none outlives this."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(list(IMPORTED))
    runs = Runs(folder, context)
    try:
        yield runs
    finally:
        runs.end()


def _run(arguments: list[str], said: str, environment: Mapping[str, str]) -> None:
    """What the forked process does: be `python -m pytest` in the repository's folder."""
    to = os.open(said, os.O_WRONLY | os.O_APPEND)
    os.dup2(to, 1)
    os.dup2(to, 2)
    os.environ.clear()
    os.environ.update(environment)
    os.chdir(ROOT)
    sys.path.insert(0, str(ROOT))
    sys.argv = ["pytest", *arguments]
    signal.signal(signal.SIGINT, signal.default_int_handler)  # a fork server has it ignored
    import pytest  # noqa: PLC0415  the process that starts runs has its own

    code = int(pytest.main(arguments))
    sys.stdout.flush()
    _keep_coverage()
    sys.exit(code)


def _keep_coverage() -> None:
    """Write down what was covered, where that is measured: such a process ends without its atexit functions."""
    coverage = sys.modules.get("coverage")
    measuring = coverage.Coverage.current() if coverage else None
    if measuring is not None:
        measuring.stop()
        measuring.save()
