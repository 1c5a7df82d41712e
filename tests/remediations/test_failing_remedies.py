"""Remedies that do not help are taken back by their rules, and those that help are not blamed for what they cannot do."""

from typing import Any

from remediations.journal import Intent, read
from remediations.undo import to_take_back
from tests import broken
from tests.broken import NAMESPACE
from tests.commands import Done
from tests.remediations.bench import ENFORCE, LABELS, LEFT, NAMESPACE_PATH, POD, Bench
from tests.remediations.doubles.remedies import STANDBY
from tests.remediations.proxy import fails, in_front_of, pass_on


def told(done: Done, scenario: str = "packs/namespace-labels") -> list[tuple[str, str, str]]:
    return [(c["action"], c["state"], c["message"]) for c in done.result("rig", scenario)["changes"]]


def annotations(bench: Bench) -> dict[str, str]:
    return dict(bench.plane.api.get(NAMESPACE_PATH)["metadata"].get("annotations", {}))


def test_what_does_not_help_is_a_failed_fix_and_taken_back(bench: Bench) -> None:
    done = bench.runs(*bench.here, LABELS, "--remediate", doubles=["remedies"], REMEDY="useless")
    assert done.code == 7, done
    result = done.result("rig")
    assert result["outcome"] == "fix-failed"
    assert result["reason"] == f"Namespace/{NAMESPACE}: the remedy did not clear the finding"
    assert told(done) == [("patch", "taken-back", "it did not help")] * 2
    assert bench.state() == bench.original
    assert "example.com/tried" not in annotations(bench)
    journal = [line for line in read(done.folder / "changes.jsonl") if isinstance(line, Intent)]
    assert [line.takes_back and line.takes_back.partition("#")[2] for line in journal] == [None, None, "2", "1"]
    assert to_take_back(done.folder / "changes.jsonl") == []
    assert bench.lease() == {}


def test_what_pods_were_deleted_under_is_kept_though_it_did_not_help(bench: Bench) -> None:
    bench.plane.wait_service_account(NAMESPACE)
    pod: dict[str, Any] = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "bare"}, "spec": broken.plain()}
    bench.plane.api.post(f"{NAMESPACE_PATH}/pods", pod)
    done = bench.runs(*bench.here, LABELS, "--remediate", doubles=["remedies"], REMEDY="useless")
    assert done.code == 7, done
    kept = "it did not help, and taking it back would not help either"
    assert told(done) == [("patch", "taken-back", "it did not help"), ("patch", "kept", kept), ("delete", "kept", kept)]
    assert bench.labels()["example.com/wrong"] == "yes"
    assert "example.com/tried" not in annotations(bench)
    undone = bench.runs(*bench.here, f"--undo={done.folder}")
    assert undone.code == 0, undone
    (label,) = [change for change in undone.result("rig")["changes"] if change["action"] == "patch"]
    assert label["state"] == "taken-back", "a person asks for it"
    assert label["message"].startswith("pods were deleted under what is taken back here: admission may now keep out")
    assert bench.state() == bench.original


def test_what_made_a_touched_object_worse_is_a_failed_fix_though_its_own_finding_is_gone(bench: Bench) -> None:
    values = f'pack:\n  namespaceLabels:\n    {STANDBY}: "pod-security.kubernetes.io/enforce=baseline"\n'
    if not bench.plane.api.exists(f"/api/v1/namespaces/{STANDBY}"):
        bench.plane.namespace(STANDBY, {ENFORCE: "baseline"})
        broken.declare(bench.plane, values, "standby")
    done = bench.runs(*bench.both, "--remediate", doubles=["remedies"], REMEDY="harmful")
    assert done.code == 7, done
    result = done.result("rig", "packs/upgrade-pod")
    assert result["outcome"] == "fix-failed"
    assert result["reason"] == (
        "Pod/default/upgrade-pod: the remedy made a touched object worse: packs/namespace-labels finds "
        f"Namespace/{STANDBY}"
    )
    assert [(action, state) for action, state, _ in told(done, "packs/upgrade-pod")] == [
        ("patch", "taken-back"),
        ("delete", "kept"),
    ]
    assert bench.plane.api.get(f"/api/v1/namespaces/{STANDBY}")["metadata"]["labels"][ENFORCE] == "baseline"
    assert not bench.plane.api.exists(LEFT)
    other = done.result("rig")
    assert other["outcome"] == "failed", "the other scenario found what this one broke"
    assert f"remedied, read again and gone: Namespace/{NAMESPACE}" in other["reason"]
    assert bench.labels()[ENFORCE] == "privileged", "its own remedy has helped, and stays"


def test_a_remedy_that_breaks_while_planning_is_said_and_costs_no_other_its_plan(bench: Bench) -> None:
    done = bench.runs(*bench.both, "--remediate", doubles=["remedies"], REMEDY="broken")
    assert done.code == 1, done
    assert done.result("rig", "packs/upgrade-pod")["outcome"] == "fixed"
    result = done.result("rig")
    assert result["outcome"] == "failed"
    assert "double is refused for" in result["reason"]
    assert "its planning broke (LookupError: the remedy's own mistake); please report it" in result["reason"]


def test_pods_that_cannot_pull_their_image_keep_their_labels_and_are_said(bench: Bench) -> None:
    run = bench.runs.paused("verify", *bench.here, LABELS, "--remediate")
    pods = broken.wait_ready(bench.plane, NAMESPACE, "speaker", 2)
    image = 'Back-off pulling image "quay.io/metallb/speaker:v0.14.9"'
    for pod in pods.values():
        broken.stick(bench.plane, NAMESPACE, pod["metadata"]["name"], "ImagePullBackOff", image)
    done = run.ended()
    assert done.code == 0, done
    result = done.result("rig")
    assert result["outcome"] == "fixed"
    assert {state for _, state, _ in told(done)} == {"applied"}
    notes = [note["message"] for note in result["notes"] if note["subject"] == f"Namespace/{NAMESPACE}"]
    for pod in pods.values():
        name = pod["metadata"]["name"]
        assert f"Pod/{NAMESPACE}/{name} waits for an image: ImagePullBackOff: {image}" in notes
    assert bench.labels()[ENFORCE] == "privileged"


def test_what_cannot_be_taken_back_is_said_and_left_to_an_undo(bench: Bench) -> None:
    with in_front_of(bench.plane) as proxy:
        proxy.harm(f"PATCH {NAMESPACE_PATH}", pass_on, times=2)
        proxy.harm(f"PATCH {NAMESPACE_PATH}", fails(403, "no more"))
        proxy.harm(f"PATCH {NAMESPACE_PATH}", fails(500, "etcdserver: request timed out"), times=9)
        here = [f"--kubeconfig={proxy.kubeconfig(bench.plane)}", "--settle=0", LABELS]
        done = bench.runs(*here, "--remediate", doubles=["remedies"], REMEDY="useless")
    assert done.code == 7, done
    (_, first, unknown), (_, second, refused) = told(done)
    assert (first, second) == ("applied", "applied")
    assert refused.startswith("it did not help, and could not be taken back: patch Namespace/")
    assert unknown.startswith("it did not help; whether it was taken back: ")
    undone = bench.runs(*bench.here, f"--undo={done.folder}")
    assert undone.code == 0, undone
    assert bench.state() == bench.original
    nothing = bench.runs(*bench.here, f"--undo={done.folder}")
    assert (nothing.code, nothing.run["writes"]) == (0, 0)


def test_an_undo_of_what_was_taken_back_already_has_nothing_to_do(bench: Bench) -> None:
    done = bench.runs(*bench.here, LABELS, "--remediate", doubles=["remedies"], REMEDY="useless")
    undone = bench.runs(*bench.both, f"--undo={done.folder}")
    assert undone.code == 0, undone
    assert "undo: there is nothing to take back" in undone.said
    assert undone.run["writes"] == 0


def test_a_remedy_that_breaks_afterwards_has_fixed_all_the_same(bench: Bench) -> None:
    done = bench.runs(*bench.here, POD, "--remediate", doubles=["remedies"], REMEDY="speechless")
    assert done.code == 0, done
    result = done.result("rig", "packs/upgrade-pod")
    assert result["outcome"] == "fixed"
    words = "what it left could not be looked at (LookupError: nothing to say of Pod/default/upgrade-pod)"
    assert words in [note["message"] for note in result["notes"]]


def test_a_finding_that_no_remedy_can_act_on_stays_found(bench: Bench) -> None:
    done = bench.runs(*bench.here, LABELS, "--remediate", doubles=["remedies"], REMEDY="elsewhere")
    assert (done.code, done.run["writes"]) == (1, 0), done
    assert (done.result("rig")["outcome"], done.result("rig")["changes"]) == ("failed", [])
