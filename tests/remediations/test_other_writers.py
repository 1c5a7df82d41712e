"""Somebody else writes as well: what they wrote is met, refused, kept, and told."""

from pathlib import Path
from typing import Any

import pytest

from remediations.journal import Outcome, read
from tests import broken
from tests.broken import NAMESPACE
from tests.commands import Done
from tests.remediations.bench import ENFORCE, LABEL, LABELS, LEASE_WRITES, LEFT, POD, SENT, SPEAKER, Bench
from tests.remediations.faults.packs import upgrade_pod


def changes(done: Done) -> list[dict[str, Any]]:
    return [change for result in done.run["results"] for change in result["changes"]]


def journaled(folder: Path) -> list[tuple[str, str]]:
    return [(line.state, line.message) for line in read(folder / "changes.jsonl") if isinstance(line, Outcome)]


@pytest.mark.parametrize(
    ("at", "words", "journal"),
    [
        ("apply", f"{LABEL} was changed since", []),
        (
            f"patch Namespace/{NAMESPACE}",
            f"patch Namespace/{NAMESPACE}: the object is not as it was when this was planned (422)",
            ["failed"],
        ),
    ],
    ids=["before it is looked at", "before it is sent"],
)
def test_a_label_that_somebody_sets_in_the_meantime_stays(
    bench: Bench, at: str, words: str, journal: list[str]
) -> None:
    paused = bench.runs.paused(at, *bench.here, LABELS, "--remediate")
    bench.label("restricted")
    done = paused.ended()
    assert done.code == 1, done
    result = done.result("rig")
    assert result["outcome"] == "failed"
    said = f"somebody else changed it since it was planned: {words}"
    assert f"label-namespace was not carried out for Namespace/{NAMESPACE}: {said}" in result["reason"]
    assert (changes(done)[0]["state"], changes(done)[0]["message"]) == ("refused", said)
    assert {change["state"] for change in changes(done)[1:]} <= {"not-done"}
    assert "has enforce=restricted" in result["findings"][0]["message"], "it was not read again"
    assert [state for state, _ in journaled(done.folder)] == journal
    assert bench.labels()[ENFORCE] == "restricted"
    assert f"{ENFORCE}-version" not in bench.labels()
    assert done.run["writes"] == LEASE_WRITES


def test_a_pod_that_has_taken_the_name_in_the_meantime_stays(bench: Bench) -> None:
    paused = bench.runs.paused("delete Pod/default/upgrade-pod", *bench.here, POD, "--remediate")
    bench.plane.api.text("DELETE", f"{LEFT}?gracePeriodSeconds=0")
    upgrade_pod.leave(bench.plane)
    theirs = bench.plane.api.get(LEFT)["metadata"]["uid"]
    done = paused.ended()
    assert done.code == 1, done
    assert changes(done)[0]["state"] == "refused"
    assert "(409)" in changes(done)[0]["message"]
    assert changes(done)[1]["message"] == "delete Pod/default/upgrade-pod refused"
    assert bench.plane.api.get(LEFT)["metadata"]["uid"] == theirs


def test_a_pod_that_somebody_else_has_deleted_is_gone_without_this_run(bench: Bench) -> None:
    paused = bench.runs.paused("apply", *bench.here, POD, "--remediate")
    bench.plane.api.text("DELETE", f"{LEFT}?gracePeriodSeconds=0")
    done = paused.ended()
    assert done.code == 0, done
    assert changes(done)[0]["state"] == "unchanged"
    result = done.result("rig", "packs/upgrade-pod")
    assert result["outcome"] == "passed"
    assert result["reason"].startswith("found, and gone when it was read again, without this run")
    assert done.run["writes"] == 0, "what is so already takes no lock either"


@pytest.fixture
def fixed(bench: Bench) -> Done:
    done = bench.runs(*bench.here, LABELS, "--remediate")
    assert done.code == 0, done
    assert [change["state"] for change in changes(done)] == ["applied"] * 3
    return done


def test_an_undo_leaves_what_somebody_changed_since_and_says_so(bench: Bench, fixed: Done) -> None:
    bench.label("baseline")
    done = bench.runs(*bench.here, f"--undo={fixed.folder}")
    assert done.code == 7, done
    told = {change["action"]: (change["state"], change["message"]) for change in changes(done)}
    assert told == {
        "prompt": ("taken-back", ""),
        "patch": ("left", f"left: somebody else changed it since ({LABEL} was changed since)"),
    }
    assert f"left: Namespace/{NAMESPACE} on rig: somebody else changed it since" in done.said
    assert bench.labels()[ENFORCE] == "baseline"
    assert bench.labels()["pod-security.kubernetes.io/audit"] == "privileged", (
        "a step is taken back whole or not at all"
    )


def test_an_undo_that_is_overtaken_leaves_what_it_meets(bench: Bench, fixed: Done) -> None:
    paused = bench.runs.paused(f"patch Namespace/{NAMESPACE}", *bench.here, f"--undo={fixed.folder}")
    bench.label("baseline")
    done = paused.ended()
    assert done.code == 7, done
    (left,) = [change for change in changes(done) if change["state"] == "left"]
    assert left["message"].endswith("the object is not as it was when this was planned (422)")
    assert bench.labels()[ENFORCE] == "baseline"


def test_an_undo_finds_an_object_made_anew_as_it_is(bench: Bench, fixed: Done) -> None:
    bench.plane.api.text("DELETE", f"{SPEAKER}?propagationPolicy=Background")
    broken.create(bench.plane, [broken.workload("DaemonSet", "speaker", NAMESPACE, broken.privileged())])
    bench.patch(SPEAKER, {"metadata": {"annotations": {"packcheck.dev/prompted": "theirs"}}})
    done = bench.runs(*bench.here, f"--undo={fixed.folder}")
    assert done.code == 0, done
    told = {change["action"]: (change["state"], change["message"]) for change in changes(done)}
    assert told["prompt"] == ("unchanged", "the object is gone, and what was changed on it")
    assert bench.state()["annotations"]["packcheck.dev/prompted"] == "theirs"
    mark = bench.plane.audit_mark()
    twice = bench.runs(*bench.here, f"--undo={fixed.folder}")
    assert (twice.code, twice.run["writes"]) == (0, 0), twice
    assert {event.verb for event in bench.plane.audit(mark, user="admin")} <= SENT
