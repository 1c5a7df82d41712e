"""The plugin in real pytest processes, over a fake of the plugins that run scenarios."""

import json
import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest

from domain.run import Mode, Run
from domain.verdict import Finding, Grade, Outcome, Skip
from reports import record
from tests.reports.samples import EDGE, METALLB, UNREAD, full, hostile, result, run

ROOT = Path(__file__).parents[2]
HTML = ("-p", "pytest_metadata.plugin", "-p", "pytest_html.plugin")
FILES = {"run.json", "junit.xml", "summary.md", "report.html"}

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


def the_run(rootdir: Path) -> Path:
    (path,) = (rootdir / "reports" / "runs").iterdir()
    return path


def test_a_run_leaves_its_reports_and_its_exit_code(run_pytest: Pytest, rootdir: Path) -> None:
    done = run_pytest(full())
    assert done.returncode == 7, done.stdout + done.stderr
    path = the_run(rootdir)
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


def test_the_terminal_tells_the_run(run_pytest: Pytest, rootdir: Path) -> None:
    done = run_pytest(full())
    assert "1 finding: Pod/default/upgrade-pod" not in done.stdout.partition("= FAILURES =")[0]
    for said in (
        "prod-eu: cluster, as ops@example",
        "sandbox-edge: sandbox: a simulation",
        "would help: --hosts=nodes",
        "FIX FAILED medium   packs/upgrade-pod",
        "4 findings open (1 critical, 2 high, 1 medium), 1 fixed, 1 waived, 3 undecided, 3 notes, writes: 4",
        "exit code 7: a fix failed, or an undo left something",
        f"report: reports/runs/{the_run(rootdir).name}/report.html",
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


def test_workers_results_arrive_in_the_controller(run_pytest: Pytest, rootdir: Path) -> None:
    done = run_pytest(full(), "-p", "xdist.plugin", "-n", "2")
    assert done.returncode == 7, done.stdout + done.stderr
    assert [p.name for p in (rootdir / "reports" / "runs").iterdir()] == [the_run(rootdir).name]
    assert record.load(the_run(rootdir) / "run.json").results == tuple(
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


def test_the_last_result_of_an_item_wins(run_pytest: Pytest, rootdir: Path) -> None:
    done = run_pytest(run(result(Outcome.FIXED, findings=(METALLB,), reason="again")))
    assert done.returncode == 0, done.stdout
    (left,) = record.load(the_run(rootdir) / "run.json").results
    assert left.outcome is Outcome.FIXED


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


def test_other_reporters_get_the_findings_too(run_pytest: Pytest, rootdir: Path) -> None:
    told = run(result(Outcome.FAILED, findings=(METALLB,), reason="1 finding: Namespace/metallb-system"))
    done = run_pytest(told, "--junitxml=out.xml", "--tb=line", "-qq")
    assert "1 finding: Namespace/metallb-system\n" in done.stdout
    written = (rootdir / "out.xml").read_text()
    assert '<failure message="1 finding: Namespace/metallb-system">' in written
    assert METALLB.by_hand[1] in written


def test_without_a_terminal_the_run_is_left_all_the_same(run_pytest: Pytest, rootdir: Path) -> None:
    done = run_pytest(full(), "-p", "no:terminal")
    assert done.returncode == 7
    assert {file.name for file in the_run(rootdir).iterdir()} == FILES


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


def test_an_interrupted_run_leaves_what_there_is(run_pytest: Pytest, rootdir: Path) -> None:
    (rootdir / "test_zz.py").write_text("def test_stop(): raise KeyboardInterrupt\n")
    done = run_pytest(run(result(Outcome.FAILED, findings=(METALLB,))))
    assert done.returncode == 2
    left = record.load(the_run(rootdir) / "run.json")
    assert left.exit_code == 2
    assert [r.outcome for r in left.results] == [Outcome.FAILED]
    assert "exit code 2: interrupted: not everything was checked" in done.stdout


def test_an_internal_error_stays_one(run_pytest: Pytest, rootdir: Path) -> None:
    with (rootdir / "conftest.py").open("a") as conftest:
        conftest.write("def pytest_runtest_teardown(item):\n    import os\n    os.no_such_thing()\n")
        conftest.write("def pytest_runtest_logfinish(): raise ValueError\n")
    assert run_pytest(run(result())).returncode == 3
    assert record.load(the_run(rootdir) / "run.json").exit_code == 3


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
