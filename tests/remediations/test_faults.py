"""Faults between the executor and the API server: the end state is right, the journal true, nothing sent twice blindly."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from remediations.executor import FOUND_MADE, LOOK_UPS, SENT_AGAIN
from remediations.journal import Outcome, read
from tests.broken import NAMESPACE
from tests.commands import Done
from tests.remediations.bench import ENFORCE, LABELS, LEFT, NAMESPACE_PATH, POD, Bench
from tests.remediations.proxy import EXPIRED, Proxy, cut_after, cut_before, fails, in_front_of, watch_says

PATCH = f"PATCH {NAMESPACE_PATH}"
DELETE = f"DELETE {LEFT}"
WATCH = f"GET /apis/apps/v1/namespaces/{NAMESPACE}/daemonsets?watch=1"
LEASES = "/apis/coordination.k8s.io/v1/namespaces/default/leases"
BEHIND = "etcdserver: request timed out"


@pytest.fixture
def proxy(bench: Bench) -> Iterator[Proxy]:
    with in_front_of(bench.plane) as proxy:
        yield proxy


@pytest.fixture
def here(bench: Bench, proxy: Proxy) -> list[str]:
    return [f"--kubeconfig={proxy.kubeconfig(bench.plane)}", "--settle=0"]


def told(done: Done, scenario: str = "packs/namespace-labels") -> list[tuple[str, str, str]]:
    return [(c["action"], c["state"], c["message"]) for c in done.result("rig", scenario)["changes"]]


def journaled(folder: Path) -> list[tuple[str, str]]:
    return [(line.state, line.message) for line in read(folder / "changes.jsonl") if isinstance(line, Outcome)]


def patches(bench: Bench, since: int) -> list[int]:
    """The answers to every patch of the namespace that reached the API server."""
    return [code for verb, resource, _, code in bench.sent(since) if (verb, resource) == ("patch", "namespaces")]


@pytest.mark.parametrize(
    ("harm", "words"),
    [
        pytest.param(cut_after, FOUND_MADE, id="done, and the answer cut"),
        pytest.param(fails(500, BEHIND, done=True), FOUND_MADE, id="done, and answered 500"),
        pytest.param(fails(504, "gateway timeout", done=True), FOUND_MADE, id="done, and answered 504"),
        pytest.param(cut_before, SENT_AGAIN, id="not done, and the connection cut"),
        pytest.param(fails(500, BEHIND), SENT_AGAIN, id="not done, and answered 500"),
        pytest.param(fails(429, "too many requests", Retry_After="0"), "", id="answered 429, and then taken"),
    ],
)
def test_a_write_whose_answer_is_lost_is_looked_up(
    bench: Bench, proxy: Proxy, here: list[str], harm: Any, words: str
) -> None:
    proxy.harm(PATCH, harm)
    mark = bench.plane.audit_mark()
    done = bench.runs(*here, LABELS, "--remediate")
    assert done.code == 0, done
    assert len(proxy.harmed) == 1
    assert told(done)[0] == ("patch", "applied", words)
    assert journaled(done.folder)[0] == ("applied", words)
    assert patches(bench, mark) == [200], "it is made once"


def test_a_deletion_whose_answer_is_lost_is_looked_up(bench: Bench, proxy: Proxy, here: list[str]) -> None:
    proxy.harm(DELETE, cut_after)
    mark = bench.plane.audit_mark()
    done = bench.runs(*here, POD, "--remediate")
    assert done.code == 0, done
    assert told(done, "packs/upgrade-pod")[0] == ("delete", "applied", FOUND_MADE)
    assert [verb for verb, resource, *_ in bench.sent(mark) if resource == "pods"] == ["delete"]


def test_a_write_that_is_never_answered_stays_unknown_and_an_undo_looks_what_it_came_to(
    bench: Bench, proxy: Proxy, here: list[str]
) -> None:
    paused = bench.runs.paused(f"patch Namespace/{NAMESPACE}", *here, LABELS, "--remediate")
    proxy.harm(PATCH, fails(500, BEHIND, done=True))
    proxy.harm(f"GET {NAMESPACE_PATH} ", fails(403, "no"), times=LOOK_UPS)
    done = paused.ended()
    assert done.result("rig")["outcome"] == "fixed", done
    action, state, message = told(done)[0]
    assert (action, state) == ("patch", "failed")
    assert "it could not be looked up either: " in message
    assert [state for state, _ in journaled(done.folder)] == ["unknown"]
    assert bench.labels()[ENFORCE] == "privileged"
    undone = bench.runs(*bench.here, f"--undo={done.folder}")
    assert undone.code == 0, undone
    assert undone.result("rig")["changes"][0]["state"] == "taken-back"
    assert bench.state() == bench.original


def test_a_write_that_fails_for_good_is_a_failed_fix_with_nothing_changed(
    bench: Bench, proxy: Proxy, here: list[str]
) -> None:
    proxy.harm(PATCH, fails(500, BEHIND), times=99)
    done = bench.runs(*here, LABELS, "--remediate")
    assert done.code == 7, done
    action, state, message = told(done)[0]
    assert (action, state) == ("patch", "failed")
    assert message.endswith("looked up and found not made, 3 times; looked up once more: it was not made")
    assert [state for state, _ in journaled(done.folder)] == ["unknown"]
    assert [state for _, state, _ in told(done)[1:]] == ["not-done"] * 2
    assert bench.state() == bench.original
    assert bench.lease() == {}
    undone = bench.runs(*bench.here, f"--undo={done.folder}")
    assert (undone.code, undone.run["writes"]) == (0, 0), undone


def test_refused_for_good_by_429_is_said_and_not_unknown(bench: Bench, proxy: Proxy, here: list[str]) -> None:
    proxy.harm(PATCH, fails(429, "too many requests", Retry_After="0"), times=99)
    done = bench.runs(*here, LABELS, "--remediate")
    assert done.code == 7, done
    assert "too many requests (429)" in told(done)[0][2]
    assert [state for state, _ in journaled(done.folder)] == ["failed"]
    assert bench.state() == bench.original


def test_a_watch_that_ends_in_whatever_way_is_begun_anew(bench: Bench, proxy: Proxy, here: list[str]) -> None:
    """The controllers stand still until it all has happened, so that the run has to wait."""
    harms = (cut_before, watch_says(), watch_says(EXPIRED), fails(410, "too old resource version"), fails(500, BEHIND))
    for harm in harms:
        proxy.harm(WATCH, harm)
    with bench.standing_still():
        run = bench.runs.start(*here, LABELS, "--remediate")
        run.until(lambda: len(proxy.harmed) == len(harms), "its watches have ended")
    done = run.ended()
    assert done.code == 0, done
    assert told(done)[2] == ("wait", "applied", "all pods created")
    assert bench.labels()[ENFORCE] == "privileged"


@pytest.mark.parametrize("harm", [cut_after, fails(500, BEHIND)])
def test_a_lease_whose_answers_are_lost_is_looked_up_too(
    bench: Bench, proxy: Proxy, here: list[str], harm: Any
) -> None:
    proxy.harm(f"POST {LEASES}", harm)
    proxy.harm(f"DELETE {LEASES}/packcheck", harm)
    done = bench.runs(*here, POD, "--remediate")
    assert done.code == 0, done
    assert len(proxy.harmed) == 2
    assert bench.lease() == {}


def test_what_cannot_be_verified_is_a_failed_fix_and_what_was_changed_is_told(
    bench: Bench, proxy: Proxy, here: list[str]
) -> None:
    paused = bench.runs.paused("verify", *here, LABELS, "--remediate")
    proxy.harm("GET /api/v1/namespaces?", fails(403, 'User "x" cannot list resource "namespaces"'), times=99)
    done = paused.ended()
    assert done.code == 7, done
    result = done.result("rig")
    assert result["outcome"] == "fix-failed"
    assert f"Namespace/{NAMESPACE}: the remedy could not be verified: " in result["reason"]
    assert "may not list namespaces (403)" in result["reason"]
    assert [state for _, state, _ in told(done)] == ["taken-back", "taken-back", "applied"]
    assert bench.state() == bench.original
