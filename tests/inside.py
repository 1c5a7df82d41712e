"""pytest with packcheck's plugins inside this process, on a check that a test writes: for what is decided item by item.

Whole processes are in `tests.commands`; these are a tenth of their cost, and their lines count as covered.
"""

import importlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from tests.commands import ROOT

HEAD = """
import pytest
from domain.facts import Fact, Unread
from domain.resources import JOBS, NAMESPACES, PODS
from domain.scenario import Scenario, Severity
from domain.verdict import Finding, Grade, NotApplicable, Note, Undecided
from fixtures.errors import Garbled

SCENARIO = Scenario("packs/made-up", "Made up", Severity.LOW, "troubleshooting/packs#made-up")
pytestmark = pytest.mark.scenario(SCENARIO)
FOUND = Finding("Namespace/a", Grade.PROVEN, "it is broken")

"""


def plugins() -> list[str]:
    """The plugins that the root conftest.py names."""
    names: dict[str, Any] = {}
    exec((ROOT / "conftest.py").read_text(), names)  # noqa: S102  our own file, which nobody may import by its name
    found: list[str] = names["pytest_plugins"]
    return found


class Ended(NamedTuple):
    """A session that has ended: its exit code, and the reports that tell an outcome."""

    code: int
    reports: list[pytest.TestReport]
    config: pytest.Config

    @property
    def report(self) -> pytest.TestReport:
        """The only report."""
        (found,) = self.reports
        return found

    @property
    def results(self) -> list[dict[str, Any]]:
        """Every scenario's result, as the reports are told it."""
        told: list[Any] = self.reports
        return [report.packcheck for report in told if hasattr(report, "packcheck")]

    @property
    def result(self) -> dict[str, Any]:
        """The only result, as the reports are told it."""
        (found,) = self.results
        return found


class Recorder:
    """Keeps what a session reports."""

    def __init__(self) -> None:
        self.reports: list[pytest.TestReport] = []
        self.config: Any = None

    def pytest_configure(self, config: pytest.Config) -> None:
        self.config = config

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.when == "call" or not report.passed:
            self.reports.append(report)


def inside(folder: Path, source: str, *arguments: str, head: str = HEAD, more: Sequence[object] = ()) -> Ended:
    """Run one check module; by default on the sandbox sandbox-eks alone. `more` are plugins beside packcheck's."""
    path = folder / f"check_{folder.name}.py"  # by which pytest remembers a module that it has loaded
    path.write_text(head + source)
    recorder = Recorder()
    fixed = ["-p", "no:cacheprovider", "-p", "no:cov", "-c", str(ROOT / "pyproject.toml"), f"--rootdir={folder}"]
    selected = arguments or ("--sandbox", "-k", "sandbox-eks")
    modules = [importlib.import_module(name) for name in plugins()]
    code = pytest.main(
        [*fixed, f"--run-dir={folder / 'run'}", *selected, str(path)], plugins=[*modules, *more, recorder]
    )
    return Ended(int(code), recorder.reports, recorder.config)
