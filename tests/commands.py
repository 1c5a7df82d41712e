"""packcheck as a person calls it: whole processes in the repository, and what they leave.

Nothing of a run may hold a credential, a traceback or a run.json that is not what its schema says: that is looked at
after every run, whatever a test is about.
"""

import base64
import json
import os
import subprocess
import sys
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import jsonschema

ROOT = Path(__file__).parents[1]
LONGEST_S = 120.0
LEFT_OUT = ("PYTEST", "COV_", "KUBE", "PYTHONDONTWRITEBYTECODE")
"""Environment variables that begin so are of the tests' own process, or of the person who runs them."""


class Done:
    """A run that has ended: its exit code, what it said, and the files in its folder."""

    def __init__(self, process: subprocess.CompletedProcess[str], folder: Path) -> None:
        self.code = process.returncode
        self.out = process.stdout
        self.err = process.stderr
        self.folder = folder

    def __repr__(self) -> str:
        """What a failed assertion shows."""
        return f"exit code {self.code}\n{self.out}\n--- stderr\n{self.err}"

    @property
    def said(self) -> str:
        """Both streams, on one line: where the terminal breaks lines is none of a test's concern."""
        return " ".join(f"{self.out} {self.err}".split())

    @property
    def run(self) -> dict[str, Any]:
        """The run's record."""
        found: dict[str, Any] = json.loads((self.folder / "run.json").read_text())
        return found

    @property
    def left_nothing(self) -> bool:
        """Whether there is no run's folder: nothing was checked."""
        return not self.folder.exists()

    def target(self, name: str) -> dict[str, Any]:
        """The record of one target."""
        (found,) = [each for each in self.run["targets"] if each["id"] == name]
        return dict(found)

    @property
    def judged(self) -> list[dict[str, Any]]:
        """The results of the targets that were named, without what none of them can tell."""
        ids = {target["id"] for target in self.run["targets"]}
        return [result for result in self.run["results"] if result["target"] in ids]

    def result(self, target: str, scenario: str = "packs/namespace-labels") -> dict[str, Any]:
        """The record of one scenario on one target."""
        (found,) = [r for r in self.run["results"] if (r["target"], r["scenario"]) == (target, scenario)]
        return dict(found)

    def findings(self, target: str, scenario: str = "packs/namespace-labels") -> dict[str, dict[str, Any]]:
        """One scenario's findings on one target, by subject."""
        return {finding["subject"]: finding for finding in self.result(target, scenario)["findings"]}


def packcheck(
    folder: Path,
    *arguments: str | Path,
    checks: str = "checks/",
    secrets: Iterable[str] = (),
    cwd: Path = ROOT,
    python: Iterable[str] = (),
    cache: Path | None = None,
    **environment: str,
) -> Done:
    """Run pytest with these arguments on the checks, with the run's `folder`, and look at what every run must keep."""
    cached = ["-o", f"cache_dir={cache}"] if cache else ["-p", "no:cacheprovider"]
    command = [sys.executable, *python, "-m", "pytest", *cached, f"--run-dir={folder}"]
    process = subprocess.run(
        [*command, *map(str, arguments), *checks.split()],
        cwd=cwd,
        env=clean(os.environ) | {"COLUMNS": "120"} | environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
        timeout=LONGEST_S,
    )
    done = Done(process, folder)
    assert "Traceback (most recent" not in process.stdout + process.stderr, done
    assert "INTERNALERROR" not in process.stdout + process.stderr, done
    for where, text in texts(done):
        for secret in secrets:
            assert secret not in text, f"a credential stands in {where}"
            assert base64.b64encode(secret.encode()).decode().rstrip("=") not in text, f"a credential stands in {where}"
    if (folder / "run.json").exists():
        jsonschema.validate(done.run, schema())
        assert done.run["exit_code"] == done.code
    return done


def texts(done: Done) -> Iterator[tuple[str, str]]:
    """Everything that a run wrote, by where it did."""
    yield from (("stdout", done.out), ("stderr", done.err))
    for path in done.folder.rglob("*"):
        if path.is_file():
            yield str(path.relative_to(done.folder)), path.read_text(errors="replace")


def clean(environment: Mapping[str, str]) -> dict[str, str]:
    """The environment without what would reach into a run: proxies, kubeconfigs, pytest's own variables."""
    return {
        name: value
        for name, value in environment.items()
        if not (name.startswith(LEFT_OUT) or name.lower().endswith("_proxy"))
    }


@cache
def schema() -> dict[str, Any]:
    """The contract of run.json."""
    found: dict[str, Any] = json.loads((ROOT / "reports" / "run.schema.json").read_text())
    return found
