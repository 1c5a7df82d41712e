"""One remediating run at a time on a cluster, whatever becomes of it."""

import signal

from tests.broken import NAMESPACE
from tests.commands import Done
from tests.remediations.bench import ENFORCE, LABELS, LEASE, POD, Bench
from tests.rigs.controlplane.readiness import until

HELD = "another run holds this cluster (Lease default/packcheck): "


def states(done: Done, scenario: str = "packs/namespace-labels") -> list[tuple[str, str]]:
    return [(change["action"], change["state"]) for change in done.result("rig", scenario)["changes"]]


def test_the_second_of_two_runs_refuses_and_names_the_first(bench: Bench) -> None:
    first = bench.runs.paused("verify", *bench.here, POD, "--remediate")
    holder = bench.lease()["holderIdentity"]
    mark = bench.plane.audit_mark()
    second = bench.runs(*bench.here, LABELS, "--remediate")
    assert second.code == 1, second
    result = second.result("rig")
    assert result["outcome"] == "failed"
    assert f"label-namespace is refused for Namespace/{NAMESPACE}: {HELD}{holder}, since " in result["reason"]
    assert "--wait-lock=SECONDS waits for it" in result["reason"]
    assert f"nothing was changed: {HELD}{holder}" in second.said
    assert second.run["writes"] == 0
    assert not (second.folder / "changes.jsonl").exists()
    assert bench.sent(mark) == []
    assert bench.lease()["holderIdentity"] == holder
    assert first.ended().code == 0
    assert bench.lease() == {}


def test_an_undo_refuses_as_well_and_says_what_it_left(bench: Bench) -> None:
    done = bench.runs(*bench.here, LABELS, "--remediate")
    first = bench.runs.paused("verify", *bench.here, POD, "--remediate")
    undone = bench.runs(*bench.here, f"--undo={done.folder}")
    assert undone.code == 7, undone
    assert f"left: Namespace/{NAMESPACE} on rig: {HELD}" in undone.said
    assert bench.labels()[ENFORCE] == "privileged"
    first.ended()


def test_with_wait_lock_the_second_waits_and_ctrl_c_of_the_first_lets_it_in(bench: Bench) -> None:
    first = bench.runs.start(f"--kubeconfig={bench.plane.kubeconfig}", "--settle=60", POD, "--remediate")
    first.until_said("looking again in 60 s")
    second = bench.runs.start(*bench.here, LABELS, "--remediate", "--wait-lock=60")
    second.until_said(f"waiting: {HELD}")
    first.signal(signal.SIGINT)
    ended = first.ended()
    assert ended.code == 2, ended
    assert ended.result("rig", "packs/upgrade-pod")["outcome"] == "fixed"
    done = second.ended()
    assert done.code == 0, done
    assert done.result("rig")["outcome"] == "fixed"
    assert bench.lease() == {}


def test_after_kill_of_the_holder_the_next_takes_over_once_its_lease_has_run_out(bench: Bench) -> None:
    first = bench.runs.paused("verify", *bench.here, POD, "--remediate", "--lease-duration=3")
    holder = bench.lease()["holderIdentity"]
    renewed = bench.lease()["renewTime"]
    until(lambda: bench.lease()["renewTime"] != renewed, "the Lease is renewed while the run lasts")
    first.running.signal(signal.SIGKILL)
    assert first.running.ended().code == -signal.SIGKILL
    refused = bench.runs(*bench.here, LABELS, "--remediate")
    assert refused.code == 1, refused
    second = bench.runs(*bench.here, LABELS, "--remediate", "--wait-lock=30")
    assert second.code == 0, second
    assert f"the Lease of {holder} had run out and is taken over" in second.said
    assert second.result("rig")["outcome"] == "fixed"
    assert bench.lease() == {}


def test_a_lease_that_looks_run_out_but_is_renewed_is_not_taken_over(bench: Bench) -> None:
    """Clocks differ: what counts is that the holder lives."""
    first = bench.runs.paused("verify", *bench.here, POD, "--remediate", "--lease-duration=3")
    bench.patch(LEASE, {"spec": {"leaseDurationSeconds": 3, "renewTime": "2026-01-01T00:00:00.000000Z"}})
    second = bench.runs(*bench.here, LABELS, "--remediate")
    assert second.code == 1, second
    assert HELD in second.result("rig")["reason"]
    assert first.ended().code == 0


def test_a_run_whose_lease_was_taken_away_writes_nothing_more(bench: Bench) -> None:
    run = bench.runs.paused(f"patch Namespace/{NAMESPACE}", *bench.here, LABELS, "--remediate", "--lease-duration=3")
    bench.patch(LEASE, {"spec": {"holderIdentity": "somebody@else"}})
    run.running.until_said("the Lease default/packcheck was taken away from this run")
    done = run.ended()
    assert done.result("rig")["outcome"] == "fixed", "what was changed before is verified"
    assert states(done) == [("patch", "applied"), ("prompt", "failed"), ("wait", "not-done")]
    message = done.result("rig")["changes"][1]["message"]
    assert message == "nothing more is sent: the Lease default/packcheck was taken away from this run"
    assert bench.lease()["holderIdentity"] == "somebody@else"
