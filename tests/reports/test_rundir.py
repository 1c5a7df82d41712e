"""Where runs land: each in a folder of its own, each file whole or not there."""

import os
import stat
from datetime import UTC, datetime
from pathlib import Path

import pytest

from reports.rundir import RUNS, RunDir, RunDirError, refuse_unusable, write_atomically

NOW = datetime(2026, 11, 23, 4, 31, 3, tzinfo=UTC)
NAME = "2026-11-23T04-31-03Z"


def test_the_name_is_the_time_and_is_made_unique(tmp_path: Path) -> None:
    first = RunDir(None, tmp_path, NOW)
    assert first.path == tmp_path / RUNS / NAME
    assert not (tmp_path / RUNS).exists()
    first.claim()
    first.claim()
    assert RunDir(None, tmp_path, NOW).path.name == f"{NAME}-2"


def test_a_folder_that_another_run_made_meanwhile_is_left_to_it(tmp_path: Path) -> None:
    runs = [RunDir(None, tmp_path, NOW) for _ in range(3)]
    for run in runs:
        run.claim()
    assert [run.path.name for run in runs] == [NAME, f"{NAME}-2", f"{NAME}-3"]


def test_at_the_end_a_folder_without_a_run_is_ours(tmp_path: Path) -> None:
    run, other = RunDir(None, tmp_path, NOW), RunDir(None, tmp_path, NOW)
    run.path.mkdir(parents=True)
    run.claim(shared=True)
    assert run.path.name == NAME
    run.write("run.json", b"{}")
    other.claim(shared=True)
    assert other.path.name == f"{NAME}-2"


def test_a_folder_that_was_named_is_used_as_it_is(tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    for _ in range(2):
        run = RunDir(tmp_path / "out", tmp_path, NOW)
        run.claim()
        run.write("run.json", b"{}")
    assert [p.name for p in (tmp_path / "out").iterdir()] == ["run.json"]


def test_what_cannot_be_made_or_written_names_the_option(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    for path in (tmp_path / "file", tmp_path / "file" / "x"):
        with pytest.raises(RunDirError, match="--run-dir"):
            RunDir(path, tmp_path, NOW).claim()
        with pytest.raises(RunDirError, match=r"--run-dir=.*file is a file, no folder"):
            refuse_unusable(path)
    with pytest.raises(RunDirError, match="--run-dir"):
        RunDir(tmp_path / "gone", tmp_path, NOW).write("run.json", b"")


def test_a_folder_without_the_right_to_write_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "access", lambda *_: False)  # for root, who runs tests in containers, all is writable
    with pytest.raises(RunDirError, match="is not writable"):
        refuse_unusable(tmp_path / "a" / "b")
    monkeypatch.undo()
    refuse_unusable(tmp_path / "a" / "b")


def test_a_folder_keeps_what_is_not_a_runs(tmp_path: Path) -> None:
    (tmp_path / "plan.json").write_text('{"format": "somebody else\'s"}')
    RunDir(tmp_path, tmp_path, NOW).claim()
    assert (tmp_path / "plan.json").exists()
    (tmp_path / "run.json").write_text('{"schema": "packcheck.run/1"}')
    (tmp_path / "changes.jsonl").write_text("{}")
    RunDir(tmp_path, tmp_path, NOW).claim()
    assert [path.name for path in tmp_path.iterdir()] == ["changes.jsonl"]


def test_files_are_replaced_whole_and_with_the_usual_rights(tmp_path: Path) -> None:
    path = tmp_path / "run.json"
    mask = os.umask(0o027)
    try:
        write_atomically(path, b"old")
        write_atomically(path, b"new")
    finally:
        os.umask(mask)
    assert path.read_bytes() == b"new"
    assert stat.S_IMODE(path.stat().st_mode) == 0o640
    assert [p.name for p in tmp_path.iterdir()] == ["run.json"]


def test_a_write_that_fails_leaves_nothing_behind(tmp_path: Path) -> None:
    (tmp_path / "run.json").mkdir()
    with pytest.raises(OSError, match="directory"):
        write_atomically(tmp_path / "run.json", b"new")
    assert [p.name for p in tmp_path.iterdir()] == ["run.json"]
