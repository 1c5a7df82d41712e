"""--diff in real pytest processes: told everywhere, and refused before anything runs where there is nothing to tell it from."""

from pathlib import Path

import pytest

from domain.verdict import Outcome
from reports import record
from tests.reports.conftest import Pytest
from tests.reports.samples import KERNEL, METALLB, MONITORING, result, run


@pytest.fixture
def before(tmp_path: Path) -> Path:
    folder = tmp_path / "before"
    folder.mkdir()
    (folder / "run.json").write_bytes(record.dump(run(result(Outcome.FAILED, findings=(METALLB, MONITORING)))))
    return folder


def test_every_report_tells_what_changed_since(run_pytest: Pytest, before: Path, rootdir: Path) -> None:
    now = run(result(Outcome.FAILED, findings=(METALLB, KERNEL)))
    done = run_pytest(now, f"--diff={before}", "--run-dir=now")
    assert done.returncode == 1
    said = "the run of 2026-11-23T04:31:03Z: 1 new, 1 gone, 1 still open"
    assert f"against {said}" in done.stdout
    assert f"new: packs/namespace-labels on prod-eu: {KERNEL.subject}" in done.stdout
    assert f"gone: packs/namespace-labels on prod-eu: {MONITORING.subject}" in done.stdout
    told = record.load(rootdir / "now" / "run.json").compared
    assert told is not None
    assert [place.subject for place in told.still_open] == [METALLB.subject]
    assert f"Findings against {said}." in (rootdir / "now" / "summary.md").read_text()
    assert said in (rootdir / "now" / "report.html").read_text()


def test_an_earlier_finding_that_was_not_judged_is_said(run_pytest: Pytest, before: Path) -> None:
    done = run_pytest(run(result(target="elsewhere")), f"--diff={before}/run.json")
    assert "0 new, 0 gone, 0 still open, 2 earlier findings not judged in this run" in " ".join(done.stdout.split())


@pytest.mark.parametrize(("content", "said"), [(None, "No such file"), (b"{}", "is no run"), (b"\xff", "is no run")])
def test_what_is_no_run_is_a_usage_error(run_pytest: Pytest, rootdir: Path, content: bytes | None, said: str) -> None:
    if content is not None:
        (rootdir / "run.json").write_bytes(content)
    done = run_pytest(run(result()), "--diff=.")
    assert done.returncode == 4
    assert said in done.stderr
