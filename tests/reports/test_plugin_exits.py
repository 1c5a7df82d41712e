"""The plugin in real pytest processes: what they exit with, what is refused, and where nothing is done."""

import re
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from domain.run import Mode
from domain.verdict import Outcome, Skip
from reports import record
from tests.reports.samples import METALLB, UNREAD, full, result, run

Pytest = Callable[..., subprocess.CompletedProcess[str]]
TheRun = Callable[[], Path]

FILES = {"run.json", "junit.xml", "summary.md", "report.html"}


@pytest.mark.parametrize("quiet", ["-q", "-qq", "-v"])
def test_a_run_that_decides_nothing_ends_with_how_to_name_a_target(run_pytest: Pytest, quiet: str) -> None:
    nothing = run(result(Outcome.SKIPPED, skip=Skip.NOT_ASKED, reason="no target was named", target="none"), targets=())
    done = run_pytest(nothing, quiet)
    assert done.returncode == 5
    assert done.stdout.splitlines()[-1] == (
        "nothing was decided: no target was named; name what to check with --sandbox or --hosts=HOSTS"
    )


def test_a_run_without_results_says_so(run_pytest: Pytest) -> None:
    done = run_pytest(run(result(Outcome.SKIPPED, skip=Skip.NOT_ASKED)), "-q")
    assert "nothing was decided: no scenario was asked; " in done.stdout.splitlines()[-1]
    done = run_pytest(run(result()), "-q", "-k", "nothing-like-it")
    assert done.returncode == 5
    assert "nothing was decided: no scenario was run; " in done.stdout.splitlines()[-1]


def test_tests_that_are_no_scenarios_keep_pytests_behaviour(run_pytest: Pytest, rootdir: Path) -> None:
    (rootdir / "test_plain.py").write_text("def test_it(): assert False\ndef test_other(): pass\n")
    done = run_pytest(run(), "test_plain.py")
    assert done.returncode == 1
    assert "packcheck" not in done.stdout
    assert not (rootdir / "reports").exists()
    done = run_pytest(run(), "test_plain.py", "-k", "nothing-like-it")
    assert done.returncode == 5
    assert "nothing was decided" not in done.stdout


def test_a_failing_test_beside_the_scenarios_is_not_lost(run_pytest: Pytest, rootdir: Path) -> None:
    (rootdir / "test_plain.py").write_text("def test_it(): assert False\n")
    done = run_pytest(run(result()))
    assert done.returncode == 1
    assert "exit code 1: a test that is no scenario failed" in done.stdout
    (rootdir / "test_plain.py").write_text("import nothing_of_that_name\n")
    assert run_pytest(run(result()), "--continue-on-collection-errors").returncode == 1


def test_nothing_is_written_where_nothing_runs(run_pytest: Pytest, rootdir: Path) -> None:
    assert run_pytest(full(), "--collect-only").returncode == 0
    assert not (rootdir / "reports").exists()


def test_an_interrupted_run_leaves_what_there_is(run_pytest: Pytest, rootdir: Path, the_run: TheRun) -> None:
    (rootdir / "test_zz.py").write_text("def test_stop(): raise KeyboardInterrupt\n")
    done = run_pytest(run(result(Outcome.FAILED, findings=(METALLB,))))
    assert done.returncode == 2
    left = record.load(the_run() / "run.json")
    assert left.exit_code == 2
    assert [r.outcome for r in left.results] == [Outcome.FAILED]
    assert "exit code 2: interrupted: not everything was checked" in done.stdout


def test_an_internal_error_stays_one(run_pytest: Pytest, rootdir: Path, the_run: TheRun) -> None:
    with (rootdir / "conftest.py").open("a") as conftest:
        conftest.write("def pytest_runtest_teardown(item):\n    import os\n    os.no_such_thing()\n")
        conftest.write("def pytest_runtest_logfinish(): raise ValueError\n")
    assert run_pytest(run(result())).returncode == 3
    assert record.load(the_run() / "run.json").exit_code == 3


def test_the_run_dir_is_used_as_given(run_pytest: Pytest, rootdir: Path) -> None:
    with (rootdir / "conftest.py").open("a") as conftest:
        conftest.write("def pytest_runtest_setup(item):\n    assert item.config.option.run_dir.endswith('/out/x')\n")
    for _ in range(2):
        assert run_pytest(run(result()), "--run-dir=out/x").returncode == 0
    assert {file.name for file in (rootdir / "out" / "x").iterdir()} == FILES
    assert run_pytest(run(result()), "--run-dir=out/x", "-p", "xdist.plugin", "-n1").returncode == 0


@pytest.mark.parametrize(
    ("argument", "said"),
    [
        ("--run-dir=fake.json", "fake.json is a file, no folder"),
        ("--run-dir=fake.json/x", "fake.json is a file, no folder"),
        ("--run-dir=", "--run-dir= names no folder"),
        ("--gate=nowhere", "No such file or directory"),
        ("--gate=gate", "no such scenario: packs/b; there are: packs/namespace-labels"),
        ("--fail-on=worst", "invalid choice: 'worst'"),
    ],
)
def test_what_cannot_be_is_refused_before_anything_runs(
    run_pytest: Pytest, rootdir: Path, argument: str, said: str
) -> None:
    (rootdir / "gate").write_text("packs/namespace-labels # ours\npacks/b\n")
    done = run_pytest(run(result()), argument)
    assert done.returncode == 4
    assert said in done.stderr
    assert "test session starts" not in done.stdout
    assert not (rootdir / "reports").exists()


def test_a_folder_for_runs_that_cannot_be_made_is_refused_before_the_first_check(
    run_pytest: Pytest, rootdir: Path
) -> None:
    (rootdir / "reports").write_text("")
    done = run_pytest(run(result()))
    assert done.returncode == 4
    assert "name another folder with --run-dir=DIR" in done.stderr
    assert "1 passed" not in done.stdout


def test_reports_that_cannot_be_written_are_told(run_pytest: Pytest, rootdir: Path) -> None:
    (rootdir / "out" / "run.json").mkdir(parents=True)
    done = run_pytest(run(result(Outcome.FAILED, findings=(METALLB,))), "--run-dir=out", "-qq")
    assert done.returncode == 4
    assert "1 finding open (1 high)" in done.stdout
    assert "report: " not in done.stdout
    assert re.match(r"the reports were not written: .*--run-dir=DIR", done.stdout.splitlines()[-1])


def test_fail_on_and_gate_change_the_exit_code(run_pytest: Pytest, rootdir: Path) -> None:
    fake = run(
        result(Outcome.FAILED, findings=(METALLB,)),
        result(Outcome.SKIPPED, scenario="packs/b", skip=Skip.NOT_ASKED, reason="no hosts"),
    )
    done = run_pytest(fake, "--fail-on=critical")
    assert done.returncode == 0
    assert "exit code 0: what is open is less severe than --fail-on" in done.stdout
    (rootdir / "gate").write_text("# both\npacks/b\npacks/namespace-labels\n")
    done = run_pytest(fake, "--fail-on=critical", "--gate=gate")
    assert done.returncode == 6
    assert "--gate: not decided: packs/b\n" in done.stdout


def test_an_undo_exits_with_what_it_left(run_pytest: Pytest) -> None:
    undo = run(result(Outcome.FAILED, findings=(METALLB,)), mode=Mode.UNDO)
    done = run_pytest(undo)
    assert done.returncode == 0
    assert "exit code 0: everything was taken back" in done.stdout
    done = run_pytest(undo, left="Namespace/metallb-system")
    assert done.returncode == 7
    assert "left: Namespace/metallb-system" in done.stdout


def test_an_undecided_run_exits_with_6(run_pytest: Pytest) -> None:
    done = run_pytest(run(result(Outcome.ERROR, undecided=(UNREAD,), reason="1 undecided"), result(scenario="packs/b")))
    assert done.returncode == 6
    assert "1 error" in done.stdout.splitlines()[-1]
