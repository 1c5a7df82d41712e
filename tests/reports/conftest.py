"""Real pytest processes over a fake of the plugins that run scenarios."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from domain.run import Run
from reports import record

ROOT = Path(__file__).parents[2]

Pytest = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def rootdir(tmp_path: Path) -> Path:
    (tmp_path / "pytest.ini").write_text("[pytest]\naddopts = -p no:cacheprovider\n")
    (tmp_path / "conftest.py").write_text('pytest_plugins = ["tests.reports.fake_plugin", "reports.plugin"]\n')
    (tmp_path / "test_scenarios.py").write_text("def test_scenario(scenario):\n    pass\n")
    return tmp_path


@pytest.fixture
def run_pytest(rootdir: Path) -> Pytest:
    def run_it(fake: Run, *arguments: str, left: str = "", columns: int = 100) -> subprocess.CompletedProcess[str]:
        (rootdir / "fake.json").write_bytes(record.dump(fake))
        environment = {
            **{name: value for name, value in os.environ.items() if not name.startswith("PYTEST")},
            "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1",
            "PYTHONPATH": str(ROOT),
            "PACKCHECK_FAKE": str(rootdir / "fake.json"),
            "PACKCHECK_LEFT": left,
            "COLUMNS": str(columns),
        }
        command = [sys.executable, "-m", "pytest", *arguments]
        return subprocess.run(command, cwd=rootdir, env=environment, capture_output=True, text=True, check=False)

    return run_it


@pytest.fixture
def the_run(rootdir: Path) -> Callable[[], Path]:
    def find() -> Path:
        (path,) = (rootdir / "reports" / "runs").iterdir()
        return path

    return find
