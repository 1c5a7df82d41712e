"""The plugin in real pytest processes: what a run leaves, and what a person sees of it."""

import json
import re
import subprocess
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest

from domain.run import Mode
from domain.verdict import Finding, Grade, Outcome
from reports import record
from tests.reports.samples import EDGE, METALLB, UNREAD, full, hostile, result, run

Pytest = Callable[..., subprocess.CompletedProcess[str]]
TheRun = Callable[[], Path]

HTML = ("-p", "pytest_metadata.plugin", "-p", "pytest_html.plugin")
FILES = {"run.json", "junit.xml", "summary.md", "report.html"}


def test_a_run_leaves_its_reports_and_its_exit_code(run_pytest: Pytest, the_run: TheRun) -> None:
    done = run_pytest(full())
    assert done.returncode == 7, done.stdout + done.stderr
    path = the_run()
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d-\d\d-\d\dZ", path.name)
    assert {file.name for file in path.iterdir()} == FILES
    left = record.load(path / "run.json")
    assert left.exit_code == 7
    assert left.writes == 4
    assert left.mode is Mode.REMEDIATE
    assert left.targets == full().targets
    assert sorted(r.scenario for r in left.results) == sorted(r.scenario for r in full().results)
    assert [r for r in full().results if r not in left.results] == []
    assert [r.target for r in left.results] == ["prod-eu"] * 6 + ["sandbox-edge"] * 5
    assert left.started < left.finished


def test_the_terminal_tells_the_run(run_pytest: Pytest, the_run: TheRun) -> None:
    done = run_pytest(full())
    assert "1 finding: Pod/default/upgrade-pod" not in done.stdout.partition("= FAILURES =")[0]
    for said in (
        "prod-eu: cluster, as ops@example",
        "sandbox-edge: sandbox: a simulation",
        "would help: --hosts=nodes",
        "FIX FAILED medium   packs/upgrade-pod",
        "4 findings open (1 critical, 2 high, 1 medium), 1 fixed, 1 waived, 3 undecided, 3 notes, writes: 4",
        "exit code 7: a fix failed, or an undo left something",
        f"report: reports/runs/{the_run().name}/report.html",
    ):
        assert said in done.stdout
    failures = done.stdout.partition("= FAILURES =")[2].partition("= short test summary")[0]
    assert "      kubectl delete pods --namespace metallb-system --all\n" in failures
    assert "Traceback" not in done.stdout
    assert "test_scenarios.py:" not in failures
    assert re.search(
        r"FAILED test_scenarios.py::test_scenario\[packs/namespace-labels-prod-eu\] - 2 findings: ", done.stdout
    )
    assert re.search(r"1 fixed.*1 fix failed|1 fix failed.*1 fixed", done.stdout.splitlines()[-1])


@pytest.mark.parametrize(
    ("option", "there", "gone"),
    [
        ("-q", "  FAILED     critical packs/calico-ipv6-kernel  (1 finding)", "would help: --hosts=nodes\n  WAIVED"),
        ("-qq", "4 findings open", "prod-eu: cluster"),
        ("-v", "controllers kept out:", "not asked: packs/kernel-pin"),
    ],
)
def test_verbosity(run_pytest: Pytest, option: str, there: str, gone: str) -> None:
    done = run_pytest(full(), option, "--tb=no")
    assert there in done.stdout
    assert gone not in done.stdout


def test_workers_results_arrive_in_the_controller(run_pytest: Pytest, rootdir: Path, the_run: TheRun) -> None:
    done = run_pytest(full(), "-p", "xdist.plugin", "-n", "2")
    assert done.returncode == 7, done.stdout + done.stderr
    assert [p.name for p in (rootdir / "reports" / "runs").iterdir()] == [the_run().name]
    assert record.load(the_run() / "run.json").results == tuple(
        sorted(full().results, key=lambda r: (r.target == EDGE.id, r.scenario))
    )
    assert "      kubectl delete pods --namespace metallb-system --all\n" in done.stdout


def test_outcomes_that_pytest_does_not_know_have_names_and_colours(run_pytest: Pytest) -> None:
    done = run_pytest(full(), "-v", "--color=yes")
    assert "\x1b[32mFIXED\x1b[0m" in done.stdout
    assert "\x1b[31mFIX FAILED\x1b[0m" in done.stdout
    assert "\x1b[33mWAIVED\x1b[0m" in done.stdout


def test_a_failed_fix_alone_makes_the_line_red(run_pytest: Pytest) -> None:
    done = run_pytest(run(result(Outcome.FIX_FAILED, findings=(METALLB,))), "--color=yes")
    assert "\x1b[31m=" in done.stdout.splitlines()[-1]
    assert "1 fix failed" in done.stdout.splitlines()[-1]
    assert " failed, " not in done.stdout.splitlines()[-1]
    assert done.returncode == 7


def test_the_last_result_of_an_item_wins(run_pytest: Pytest, the_run: TheRun) -> None:
    done = run_pytest(run(result(Outcome.FIXED, findings=(METALLB,), reason="again")))
    assert done.returncode == 0, done.stdout
    (left,) = record.load(the_run() / "run.json").results
    assert left.outcome is Outcome.FIXED


def test_other_reporters_get_the_findings_too(run_pytest: Pytest, rootdir: Path) -> None:
    told = run(result(Outcome.FAILED, findings=(METALLB,), reason="1 finding: Namespace/metallb-system"))
    done = run_pytest(told, "--junitxml=out.xml", "--tb=line", "-qq")
    assert "1 finding: Namespace/metallb-system\n" in done.stdout
    written = (rootdir / "out.xml").read_text()
    assert '<failure message="1 finding: Namespace/metallb-system">' in written
    assert METALLB.by_hand[1] in written


def test_without_a_terminal_the_run_is_left_all_the_same(run_pytest: Pytest, the_run: TheRun) -> None:
    done = run_pytest(full(), "-p", "no:terminal")
    assert done.returncode == 7
    assert {file.name for file in the_run().iterdir()} == FILES


def test_a_broken_check_keeps_its_traceback(run_pytest: Pytest, rootdir: Path) -> None:
    (rootdir / "test_scenarios.py").write_text("def test_scenario(scenario):\n    raise ValueError('a defect')\n")
    done = run_pytest(run(result(Outcome.ERROR, undecided=(UNREAD,), reason="the check broke")))
    assert "ValueError: a defect" in done.stdout
    assert "test_scenarios.py:2" in done.stdout


def test_a_terminal_is_never_obeyed(run_pytest: Pytest) -> None:
    finding = Finding("Namespace/\x1b[2J", Grade.PROVEN, "\x1b]0;owned\x07 \x9b31m \u202e", {}, ("echo \x1b[8m",))
    fake = run(result(Outcome.FAILED, findings=(finding,), reason="\x1b[2J", title="\x1b[2J"))
    done = run_pytest(fake, "-v", "--color=no")
    assert "\x1b" not in done.stdout
    assert not re.search("[\x07\x9b\u202e]", done.stdout)
    assert "Namespace/\\x1b[2J" in done.stdout


def test_pytest_html_shows_our_columns_and_runs_nothing(run_pytest: Pytest, rootdir: Path) -> None:
    attack = "<img src=x onerror=alert(1)>"
    done = run_pytest(hostile(attack), *HTML, "--html=out.html", "--self-contained-html")
    assert done.returncode == 7, done.stdout
    page = (rootdir / "out.html").read_text()
    for column in ("Scenario", "Target", "Severity", "Outcome"):
        assert f'data-column-type="{column.lower()}">{column}</th>' in page
    blob = re.search(r'data-jsonblob="([^"]*)"', page)
    assert blob is not None
    tests = json.loads(
        blob[1]
        .replace("&#34;", '"')
        .replace("&lt;", "<")
        .replace("&gt;", ">")
        .replace("&#39;", "'")
        .replace("&amp;", "&")
    )["tests"]
    drawn = [text for rows in tests.values() for row in rows for text in [*row["resultsTableRow"], row["log"]]]
    assert any("&lt;img src=x onerror=alert(1)&gt;" in text for text in drawn)
    assert not any("<img" in text for text in drawn)
    assert any('<td class="col-outcome">FIX FAILED</td>' in text for text in drawn)
    assert any("<table><tr><td>" in text for text in drawn)


def test_pytest_html_keeps_captured_output_and_tests_that_are_no_scenarios(run_pytest: Pytest, rootdir: Path) -> None:
    (rootdir / "test_scenarios.py").write_text("def test_scenario(scenario):\n    print('captured words')\n")
    (rootdir / "test_plain.py").write_text("def test_it():\n    print('other words')\n")
    fake = run(
        result(Outcome.FIXED, findings=(METALLB,)), msgspec.structs.replace(result(), scenario="packs/nothing-to-show")
    )
    assert run_pytest(fake, *HTML, "--html=out.html").returncode == 0
    page = (rootdir / "out.html").read_text()
    for said in ("captured words", "other words", "col-severity", "metallb-system"):
        assert said in page
