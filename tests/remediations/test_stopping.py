"""A run that is asked to stop, or that breaks, ends in order: what it changed is verified as far as it goes, and told."""

import os
import signal
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from remediations.journal import Outcome, read
from remediations.stopping import Stop, heard
from remediations.telling import Telling
from tests.broken import NAMESPACE
from tests.commands import Done
from tests.remediations.bench import ENFORCE, LABELS, LEFT, Bench
from tests.remediations.doubles.pausing import INTERRUPTED


def states(done: Done, scenario: str = "packs/namespace-labels") -> list[tuple[str, str]]:
    return [(change["action"], change["state"]) for change in done.result("rig", scenario)["changes"]]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_asked_to_stop_it_ends_after_the_current_write_and_says_what_was_not_done(
    bench: Bench, number: signal.Signals
) -> None:
    run = bench.runs.paused("delete Pod/default/upgrade-pod", *bench.both, "--remediate", "--max-changes=3")
    run.running.signal(number)
    done = run.ended()
    assert done.code == 2, done
    assert done.result("rig")["outcome"] == "fixed", "what was done is verified"
    assert states(done, "packs/upgrade-pod") == [("delete", "applied"), ("wait", "not-done")]
    assert "the run was asked to stop: what was done is verified, the rest is not done" in done.said
    assert not bench.plane.api.exists(LEFT)
    assert bench.lease() == {}
    assert {path.name for path in done.folder.iterdir()} >= {"run.json", "report.html", "junit.xml", "changes.jsonl"}


def test_asked_to_stop_between_two_plans_the_second_is_not_begun_and_no_fix_failed(bench: Bench) -> None:
    run = bench.runs.paused("patch DaemonSet", *bench.both, "--remediate")
    run.running.signal(signal.SIGTERM)
    done = run.ended()
    assert done.code == 2, done
    pod = done.result("rig", "packs/upgrade-pod")
    assert pod["outcome"] == "failed"
    assert pod["reason"].endswith(
        "delete-upgrade-pod was not carried out for Pod/default/upgrade-pod: the run was asked to stop"
    )
    assert states(done, "packs/upgrade-pod") == [("delete", "not-done"), ("wait", "not-done")]
    assert [line.state for line in read(done.folder / "changes.jsonl") if isinstance(line, Outcome)] == ["applied"] * 2


def test_asked_to_stop_before_anything_is_changed_it_changes_nothing(bench: Bench) -> None:
    mark = bench.plane.audit_mark()
    run = bench.runs.paused("apply", *bench.both, "--remediate")
    run.running.signal(signal.SIGTERM)
    done = run.ended()
    assert done.code == 2, done
    results: list[dict[str, Any]] = done.run["results"]
    assert [result["outcome"] for result in results] == ["failed", "failed"]
    assert all("the run was asked to stop" in result["reason"] for result in results)
    assert bench.sent(mark) == []
    assert done.run["writes"] == 0


def test_asked_to_stop_while_it_checks_it_tells_what_was_checked_and_plans_nothing(bench: Bench) -> None:
    run = bench.runs.paused("check", *bench.both, "--remediate")
    run.running.signal(signal.SIGTERM)
    done = run.ended()
    assert done.code == 2, done
    assert [(r["scenario"], r["outcome"]) for r in done.run["results"]] == [("packs/namespace-labels", "failed")]
    assert done.run["writes"] == 0
    assert not (done.folder / "plan.json").exists()


def test_asked_to_stop_while_it_waits_the_wait_is_not_done_and_nothing_has_failed(bench: Bench) -> None:
    with bench.standing_still():
        run = bench.runs.start(*bench.here, LABELS, "--remediate")
        run.until_said(f"waiting for DaemonSet/{NAMESPACE}/speaker until its pods are created")
        run.signal(signal.SIGTERM)
        done = run.ended()
    assert done.code == 2, done
    assert states(done) == [("patch", "applied"), ("prompt", "applied"), ("wait", "not-done")]
    assert done.result("rig")["outcome"] == "fixed"


def test_ctrl_c_a_second_time_ends_it_at_once_and_what_was_changed_is_told(bench: Bench) -> None:
    run = bench.runs.paused(f"patch DaemonSet/{NAMESPACE}", *bench.here, LABELS, "--remediate")
    run.running.signal(signal.SIGINT)
    done = run.ended(INTERRUPTED)
    assert done.code == 2, done
    result = done.result("rig")
    assert result["outcome"] == "fix-failed"
    assert result["reason"] == f"the run ended before it was verified what was changed: --undo={done.folder}"
    assert states(done) == [("patch", "applied"), ("prompt", "failed"), ("wait", "planned")]
    assert result["changes"][1]["message"] == "the run ended in the middle of it: --undo looks what became of it"
    assert bench.lease() == {}
    undone = bench.runs(*bench.here, f"--undo={done.folder}")
    assert undone.code == 0, undone
    assert bench.state() == bench.original


def test_a_check_that_breaks_when_it_verifies_is_a_failed_fix_and_taken_back(bench: Bench) -> None:
    done = bench.runs(*bench.here, LABELS, "--remediate", doubles=["breaking"])
    assert done.code == 7, done
    result = done.result("rig")
    assert result["outcome"] == "fix-failed"
    assert "the remedy could not be verified: the check broke: LookupError: odd" in result["reason"]
    assert states(done) == [("patch", "taken-back"), ("prompt", "taken-back"), ("wait", "applied")]
    assert bench.labels().get(ENFORCE) is None


def test_a_stop_is_heard_in_the_middle_of_a_wait_for_it() -> None:
    stop = Stop()
    assert stop.wait(0) is False
    with heard(stop, signal.SIGUSR1):
        os.kill(os.getpid(), signal.SIGUSR1)
        assert stop.wait(60) is True
        assert stop.wait(60) is True
    assert signal.getsignal(signal.SIGUSR1) is signal.SIG_DFL


def test_ctrl_c_a_second_time_is_what_it_is_elsewhere() -> None:
    stop = Stop()
    with heard(stop, signal.SIGINT):
        os.kill(os.getpid(), signal.SIGINT)
        assert stop.wait(60)
        with pytest.raises(KeyboardInterrupt):
            os.kill(os.getpid(), signal.SIGINT)


def test_what_cannot_be_collected_keeps_everything_from_being_changed(bench: Bench, tmp_path: Path) -> None:
    odd = tmp_path / "check_odd.py"
    odd.write_text("import pytest\npytest.skip('not here')\n")
    done = bench.runs(*bench.both, "--remediate", odd)
    assert done.code == 2, done
    assert "1 errors during collection: nothing is planned or changed" in done.said
    assert bench.state() == bench.original


class Terminal:
    """What a terminal reporter offers to who tells progress."""

    def __init__(self, isatty: bool) -> None:
        self.isatty = isatty
        self.lines: list[str] = []

    def ensure_newline(self) -> None:
        self.lines.append("")

    def write_line(self, line: str) -> None:
        self.lines.append(line)

    def rewrite(self, line: str, *, erase: bool) -> None:
        assert erase
        self.lines.append(f"\r{line}")


@pytest.mark.parametrize(
    ("isatty", "verbosity", "lines"),
    [
        (True, 0, ["", "patch x", "\r  waiting: 1 s", "\r  waiting: 2 s"]),
        (False, 0, ["", "patch x", "", "  waiting: 1 s"]),
        (True, -1, []),
    ],
)
def test_progress_counts_on_in_a_terminal_is_sparse_in_a_log_and_silent_with_q(
    isatty: bool, verbosity: int, lines: list[str]
) -> None:
    terminal = Terminal(isatty)
    config: Any = SimpleNamespace(
        pluginmanager=SimpleNamespace(get_plugin=lambda _: terminal), get_verbosity=lambda: verbosity
    )
    tell = Telling(config)
    for line in ("patch x", "  waiting: 1 s", "  waiting: 2 s"):
        tell(line)
    assert terminal.lines == lines
