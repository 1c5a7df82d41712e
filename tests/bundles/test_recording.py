"""What `--record` leaves: read again it gives the same findings byte for byte, and no credential is in it."""

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from tests.bundles.conftest import Planted
from tests.commands import Done, packcheck

MOVES = ("duration_s", "target")


def results(done: Done, target: str | None = None) -> str:
    """Everything that was said, as JSON to the byte."""
    told = [r for r in done.judged if target in (None, r["target"])]
    return json.dumps([{key: value for key, value in r.items() if key not in MOVES} for r in told], indent=1)


def replayed(folder: Path, run: Path) -> Done:
    done = packcheck(run, f"--bundle={folder}")
    assert done.run["writes"] == 0
    return done


def test_a_recording_of_the_control_plane_says_the_same_byte_for_byte(planted: Planted, tmp_path: Path) -> None:
    folder = planted.live.folder / "recording" / "rig"
    done = replayed(folder, tmp_path / "run")
    assert done.code == planted.live.code
    assert results(done) == results(planted.live)
    (target,) = done.run["targets"]
    assert (target["id"], target["kind"]) == ("rig", "bundle")
    assert "packcheck's recording of rig (cluster)" in target["note"]
    assert target["version"] == planted.live.target("rig")["version"]


@pytest.fixture(scope="module")
def sandbox(tmp_path_factory: pytest.TempPathFactory) -> Done:
    """A recorded run on the sandboxes, one of which has hosts."""
    return packcheck(tmp_path_factory.mktemp("sandbox") / "run", "--sandbox", "--record")


@pytest.mark.parametrize("name", ["sandbox-edge", "sandbox-eks"])
def test_a_recording_with_hosts_says_the_same(sandbox: Done, name: str, tmp_path: Path) -> None:
    done = replayed(sandbox.folder / "recording" / name, tmp_path / "run")
    assert results(done) == results(sandbox, name)
    assert name == "sandbox-eks" or "is 1, set in" in results(done), "a host's own words are in it"


def test_workers_record_what_they_read(sandbox: Done, tmp_path: Path) -> None:
    shared = packcheck(tmp_path / "run", "--sandbox", "--record", "-n2")
    for name in ("sandbox-edge", "sandbox-eks"):
        reads = [(done.folder / "recording" / name / "reads.jsonl").read_text() for done in (sandbox, shared)]
        assert [line.count('"list"') for line in reads] != [0, 0]
        asked = [{json.dumps({**json.loads(x), "items": 0, "object": 0}) for x in r.splitlines()} for r in reads]
        assert asked[0] == asked[1]


@pytest.mark.parametrize("packed", ["", "recording", "tar.gz"])
def test_the_recording_of_a_run_with_several_targets_is_a_target_for_each(
    sandbox: Done, packed: str, tmp_path: Path
) -> None:
    named = sandbox.folder / packed
    if packed == "tar.gz":
        named = Path(shutil.make_archive(str(tmp_path / "run"), "gztar", sandbox.folder))
    done = packcheck(tmp_path / "replayed", f"--bundle={named}")
    assert [target["id"] for target in done.run["targets"]] == ["sandbox-edge", "sandbox-eks"]
    for name in ("sandbox-edge", "sandbox-eks"):
        assert results(done, name) == results(sandbox, name)


@pytest.mark.parametrize("mode", ["--plan", "--remediate"])
def test_what_a_bundle_shows_is_not_remedied_in_it_and_that_is_said(sandbox: Done, mode: str, tmp_path: Path) -> None:
    done = packcheck(tmp_path / "run", f"--bundle={sandbox.folder / 'recording/sandbox-edge'}", mode)
    assert (done.code, done.run["writes"]) == (1, 0)
    failed = [result for result in done.judged if result["outcome"] == "failed"]
    assert len(failed) > 1
    for result in failed:
        assert len(result["left"]) == len(result["findings"])
        assert all("is refused for" in why and "a bundle is read-only" in why for why in result["left"])
    refusals = json.loads((done.folder / "plan.json").read_text())["refusals"]
    assert len(refusals) == sum(len(result["findings"]) for result in failed)


def test_the_recordings_of_several_runs_are_named_each_by_itself(sandbox: Done, tmp_path: Path) -> None:
    for run in ("one", "two"):
        shutil.copytree(sandbox.folder / "recording", tmp_path / "runs" / run / "recording")
    done = packcheck(tmp_path / "run", f"--bundle={tmp_path / 'runs'}")
    assert done.code == 4
    assert "name each by itself" in done.said


def test_that_files_alone_leave_no_recording_is_said(tmp_path: Path) -> None:
    values = tmp_path / "values.yaml"
    values.write_text("pack:\n  namespace: x\n")
    done = packcheck(tmp_path / "run", f"--artifacts={values}", "--record")
    assert "--record: nothing was recorded, for no API was read" in done.said
    assert not (done.folder / "recording").exists()


def test_a_recording_can_be_read_from_a_run_that_has_one(planted: Planted, tmp_path: Path) -> None:
    assert results(replayed(planted.live.folder, tmp_path / "run")) == results(planted.live)


def test_a_recording_is_for_its_owner_alone(sandbox: Done) -> None:
    assert (sandbox.folder / "recording" / "sandbox-edge").stat().st_mode & 0o077 == 0


@pytest.mark.parametrize(
    ("damage", "words"),
    [
        (lambda text: text[: len(text) // 2], "reads.jsonl breaks off"),
        (lambda text: "\n".join(text.splitlines()[1:]) + "\n", "reads.jsonl is not whole: of"),
        (lambda text: text + "{]\n", "reads.jsonl holds what is no read"),
        (lambda _: None, "there is no reads.jsonl in the recording"),
    ],
)
def test_a_damaged_recording_passes_nothing(sandbox: Done, tmp_path: Path, damage: Any, words: str) -> None:
    folder = tmp_path / "sandbox-edge"
    shutil.copytree(sandbox.folder / "recording" / "sandbox-edge", folder)
    reads = folder / "reads.jsonl"
    text = damage(reads.read_text())
    reads.unlink()
    if text is not None:
        reads.write_text(text)
    done = replayed(folder, tmp_path / "run")
    assert done.code == 6, done
    assert {result["outcome"] for result in done.judged} == {"error"}
    assert words in json.dumps(done.run)


@pytest.mark.parametrize("text", ["{}", '{"schema": "packcheck.recording/2"}', "[]", ""])
def test_a_manifest_of_another_kind_is_a_usage_error(text: str, tmp_path: Path) -> None:
    (tmp_path / "packcheck-recording.json").write_text(text)
    done = packcheck(tmp_path / "run", f"--bundle={tmp_path}")
    assert done.code == 4
    assert "packcheck-recording.json is not one that this packcheck reads" in done.said


def test_what_could_not_be_opened_is_recorded_as_that(tmp_path: Path) -> None:
    kubeconfig = {
        "current-context": "c",
        "clusters": [{"name": "c", "cluster": {"server": "https://127.0.0.1:1"}}],
        "users": [{"name": "u", "user": {"exec": {"apiVersion": "client.authentication.k8s.io/v1", "command": "/no"}}}],
        "contexts": [{"name": "c", "context": {"cluster": "c", "user": "u"}}],
    }
    (tmp_path / "kubeconfig").write_text(json.dumps(kubeconfig))
    live = packcheck(tmp_path / "live", f"--kubeconfig={tmp_path / 'kubeconfig'}", "--record")
    done = replayed(live.folder / "recording" / "c", tmp_path / "run")
    assert results(done) == results(live)
    assert done.code == live.code == 6


def test_a_recording_that_cannot_be_written_is_said_and_costs_no_report(tmp_path: Path) -> None:
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / "recording").touch()
    done = packcheck(tmp_path / "run", "--sandbox", "--record", "--scenario=packs/upgrade-pod")
    assert f"the recording was not written: {tmp_path / 'run' / 'recording'}: Not a directory" in done.said
    assert done.code == 1, "what was decided is decided"


def test_a_remediating_run_records_what_was_there_before(tmp_path: Path) -> None:
    fixed = packcheck(tmp_path / "run", "--sandbox", "--record", "--remediate", "--scenario=packs/upgrade-pod")
    assert fixed.result("sandbox-edge", "packs/upgrade-pod")["outcome"] == "fixed"
    before = replayed(fixed.folder / "recording" / "sandbox-edge", tmp_path / "again")
    assert before.result("sandbox-edge", "packs/upgrade-pod")["outcome"] == "failed"
