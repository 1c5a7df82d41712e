"""Journals and plans that are torn, foreign, of another version or none at all: a clear error, and nothing is sent."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.commands import Done
from tests.remediations.bench import LABELS, SENT, Bench

Spoil = Callable[[bytes], bytes]


@pytest.fixture(scope="module")
def journal(tmp_path_factory: pytest.TempPathFactory) -> list[bytes]:
    """The journal of a run that fixed the namespace; the first test that asks for it makes it."""
    assert tmp_path_factory
    return []


@pytest.fixture
def written(bench: Bench, journal: list[bytes], tmp_path: Path) -> Path:
    if not journal:
        done = bench.runs(*bench.here, LABELS, "--remediate")
        assert done.code == 0, done
        journal.append((done.folder / "changes.jsonl").read_bytes())
        bench.break_again()
    path = tmp_path / "run"
    path.mkdir()
    (path / "changes.jsonl").write_bytes(journal[0])
    return path


def spoil(folder: Path, how: Spoil) -> None:
    path = folder / "changes.jsonl"
    path.write_bytes(how(path.read_bytes()))


def refused(bench: Bench, *arguments: str) -> Done:
    """A run that is a usage error, and sends nothing that changes anything."""
    mark = bench.plane.audit_mark()
    done = bench.runs(*bench.here, LABELS, *arguments)
    assert done.code == 4, done
    assert {e.verb for e in bench.plane.audit(mark, user="admin")} <= SENT
    assert bench.state() == bench.original
    assert not (done.folder / "changes.jsonl").exists()
    return done


@pytest.mark.parametrize(
    ("how", "words"),
    [
        (lambda text: text.replace(b"packcheck.journal/1", b"packcheck.journal/2"), "the journal is of version 'packcheck.journal/2'; this packcheck reads packcheck.journal/1"),
        (lambda text: text.replace(b'"line":"intent"', b'"line":"intention"', 1), ":2: this is no line of a journal"),
        (lambda _: b"hello\nworld\n", ":1: this is no line of a journal"),
        (lambda _: b"", "this is no journal of packcheck: it does not begin with a run"),
        (lambda text: text.partition(b"\n")[2], "this is no journal of packcheck: it does not begin with a run"),
    ],
    ids=["version", "unknown line", "garbage", "empty", "headless"],
)  # fmt: skip
def test_what_is_no_journal_is_not_undone(bench: Bench, written: Path, how: Spoil, words: str) -> None:
    spoil(written, how)
    assert words in refused(bench, f"--undo={written}").said


def test_a_run_that_is_not_there_or_wrote_nothing_is_named(bench: Bench, tmp_path: Path) -> None:
    done = refused(bench, f"--undo={tmp_path / 'nowhere'}")
    assert f"there is no {tmp_path / 'nowhere'}: that run wrote nothing, or it is another folder" in done.said


def test_a_torn_last_line_is_a_crash_and_no_error(bench: Bench, written: Path) -> None:
    spoil(written, lambda text: text[:-20])
    mark = bench.plane.audit_mark()
    done = bench.runs(*bench.here, LABELS, f"--undo={written}")
    assert done.code == 0, done
    assert {c["message"] for c in done.result("rig")["changes"]} == {"it is as it was before the run: nothing was sent"}
    assert bench.sent(mark) == [], "everything is as it was: nothing was to be taken back"


def test_the_journal_of_another_cluster_is_not_undone(bench: Bench, written: Path) -> None:
    uid = bench.plane.api.get("/api/v1/namespaces/kube-system")["metadata"]["uid"].encode()
    spoil(written, lambda text: text.replace(uid, b"another-cluster's"))
    done = refused(bench, f"--undo={written}")
    assert (
        "--undo: the journal is about rig, and none of the targets is that cluster (by kube-system's uid)" in done.said
    )


def test_the_journal_of_a_cluster_that_does_not_answer_is_left_and_said(
    bench: Bench, written: Path, tmp_path: Path
) -> None:
    down = tmp_path / "down"
    down.write_text(bench.plane.kubeconfig.read_text().replace(bench.plane.server, "https://127.0.0.1:9"))
    down.chmod(0o600)
    done = bench.runs(f"--kubeconfig={down}", LABELS, f"--undo={written}")
    assert done.code == 7, done
    assert "left: Namespace/metallb-system on rig: rig: it cannot be told which cluster this is: " in done.said


@pytest.fixture
def plan(bench: Bench, tmp_path: Path) -> Path:
    done = bench.runs(*bench.here, LABELS, "--plan")
    path = tmp_path / "plan.json"
    path.write_bytes((done.folder / "plan.json").read_bytes())
    return path


def edited(path: Path, how: Callable[[dict[str, Any]], object]) -> None:
    content = json.loads(path.read_text())
    how(content)
    path.write_text(json.dumps(content))


def test_what_is_no_plan_is_not_applied(bench: Bench, plan: Path, tmp_path: Path) -> None:
    uses = [f"--from-plan={plan}", "--remediate"]
    whole = plan.read_text()
    edited(plan, lambda content: content.update(schema="packcheck.plan/2", plans="of another shape"))
    words = "the plan is of version 'packcheck.plan/2'; this packcheck reads packcheck.plan/1"
    assert words in refused(bench, *uses).said
    plan.write_text(whole)
    edited(plan, lambda content: content["plans"][0]["changes"][0].update(type="explode"))
    assert "this is no plan of packcheck: Invalid value 'explode'" in refused(bench, *uses).said
    plan.write_text(whole)
    edited(plan, lambda content: content["plans"][0]["changes"][0]["edits"][0].update(path="metadata/labels/x"))
    assert "this is no plan of packcheck: Location must start with /" in refused(bench, *uses).said
    plan.write_text(whole[: len(whole) // 2])
    assert "this is no plan of packcheck: Input data was truncated" in refused(bench, *uses).said
    plan.write_bytes(b"\xff\xfe\x00")
    assert "this is no plan of packcheck: " in refused(bench, *uses).said
    missing = tmp_path / "missing.json"
    assert (
        f"--from-plan={missing}: No such file or directory"
        in refused(bench, f"--from-plan={missing}", "--remediate").said
    )


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--from-plan=x"], "--from-plan goes with --remediate: it says what exactly to apply"),
        (["--remediate", "--lease-duration=0"], "a Lease of no seconds has run out when it is taken"),
        (["--remediate", "--max-changes=many"], "'many' is not a whole number"),
        (["--remediate", "--settle=-1"], "'-1' is not a number of seconds"),
        (["--remediate", "--wait-lock=soon"], "'soon' is not a number of seconds"),
        (["--remediate", "--remedy=packs/namespace-label=x"], "did you mean packs/namespace-labels?"),
    ],
)  # fmt: skip
def test_options_that_make_no_sense_are_usage_errors(bench: Bench, arguments: list[str], words: str) -> None:
    done = refused(bench, *arguments)
    assert words in done.said
    assert done.left_nothing


def test_a_journal_that_cannot_be_written_to_keeps_everything_from_being_written(bench: Bench, tmp_path: Path) -> None:
    folder = tmp_path / "run"
    (folder / "changes.jsonl").mkdir(parents=True)
    mark = bench.plane.audit_mark()
    done = bench.runs(*bench.here, LABELS, "--remediate", folder=folder)
    assert done.code == 1, done
    assert f"the journal {folder / 'changes.jsonl'} cannot be written: Is a directory" in done.result("rig")["reason"]
    assert {resource for _, resource, *_ in bench.sent(mark)} == {"leases"}
    assert bench.state() == bench.original
    assert bench.lease() == {}
