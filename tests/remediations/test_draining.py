"""What becomes of a drain in every way that it can go; tests/joined/ drains nodes of a real control plane."""

from collections.abc import Mapping
from typing import Any

import pytest

from domain.plan import DrainNode, Edit, PatchObject, Ref, Uncordon
from domain.resources import NODES, PODS, Query
from fixtures.errors import NotNow, ObjectGone, PreconditionFailed, WriteRefused
from fixtures.hosts.writing import HostWriter
from fixtures.store import Store
from fixtures.writing import Written
from remediations import draining
from remediations.draining import Draining, NotDrained, Uncordoning
from remediations.patching import Moved
from remediations.stopping import Stop
from tests.fixtures.told import Told, named

NODE = Ref(NODES, None, "n1", "uid-n1")
DRAIN = DrainNode(
    ref=NODE,
    pods=("Pod/shop/web-1",),
    timeout_s=60.0,
    irreversible="elsewhere",
    reason="why",
    command="kubectl drain n1",
)
LET_GO = Uncordon(
    ref=NODE,
    edits=(
        Edit("/spec/unschedulable", True, None),
        Edit("/metadata/annotations/packcheck.dev~1cordoned-by", "x", None),
    ),
    irreversible="so it was",
    reason="why",
    command="kubectl uncordon n1",
)
ON_N1 = Query(PODS, fields="spec.nodeName=n1")
KIND = Draining()


def pod(name: str, **metadata: Any) -> dict[str, Any]:
    return named(name, metadata={"namespace": "shop", "uid": f"uid-{name}", **metadata}, spec={"nodeName": "n1"})


class Cluster:
    """A node's pods, the evictions that were asked for, and what is answered to each; no API server refuses to order."""

    def __init__(
        self, *pods: dict[str, Any], answers: Mapping[str, Exception] | None = None, dry_run: bool = False
    ) -> None:
        self.pods, self.answers = list(pods), dict(answers or {})
        self.reader = Told({ON_N1: self.pods})
        self.store, self.writer, self.stop = Store(lambda: self.reader), self, Stop()
        self.hosts: HostWriter | None = None
        self.dry_run, self.evicted, self.said, self.why = dry_run, [], [], ""  # type: ignore[var-annotated]

    def evict(self, namespace: str, name: str, uid: str) -> Written:
        assert (namespace, uid) == ("shop", f"uid-{name}")
        self.evicted.append(name)
        answer = self.answers.pop(name, None)
        if not self.dry_run and not isinstance(answer, NotNow | WriteRefused):
            self.reader.answers[ON_N1] = [one for one in self.reader.answers[ON_N1] if one["metadata"]["name"] != name]
        if answer is not None:
            raise answer
        return Written({})

    def tell(self, line: str) -> None:
        self.said.append(line)

    def lost(self) -> str:
        return self.why


def drain(cluster: Cluster, change: DrainNode = DRAIN) -> dict[str, Any]:
    return KIND.request(change, {}, cluster)().object


@pytest.fixture(autouse=True)
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody waits between two looks."""
    monkeypatch.setattr(draining, "EVERY_S", 0.0)


def test_every_pod_is_evicted_and_one_that_a_budget_holds_is_asked_again() -> None:
    cluster = Cluster(pod("a"), pod("b"), answers={"b": NotNow("the disruption budget web needs 1")})
    assert KIND.look(cluster.store, DRAIN) == {"pods": ["Pod/shop/a", "Pod/shop/b"]}
    assert drain(cluster) == {"pods": ["Pod/shop/a", "Pod/shop/b"]}
    assert cluster.evicted == ["a", "b", "b"]
    assert "Pod/shop/b: the disruption budget web needs 1" in cluster.said[0]
    assert KIND.left_to_do(DRAIN, KIND.look(cluster.store, DRAIN)) is None


@pytest.mark.parametrize("error", [ObjectGone("404"), PreconditionFailed("another of its name")])
def test_a_pod_that_has_gone_by_itself_is_no_matter(error: Exception) -> None:
    assert drain(Cluster(pod("a"), answers={"a": error})) == {"pods": []}


def test_a_pod_that_is_on_its_way_out_is_waited_for() -> None:
    cluster = Cluster(pod("a", deletionTimestamp="2026-11-22T10:00:00Z"))
    with pytest.raises(NotDrained, match=r"n1 was not drained within -1 s: 1 pod is left: Pod/shop/a"):
        drain(cluster, DrainNode(ref=NODE, pods=(), timeout_s=-1.0, irreversible="x", reason="x", command="x"))
    assert cluster.evicted == []


def test_a_right_that_is_missing_ends_it_at_once() -> None:
    with pytest.raises(WriteRefused, match="403"):
        drain(Cluster(pod("a"), answers={"a": WriteRefused("403")}))


def test_who_asks_to_stop_is_heard_and_a_lost_lock_ends_it() -> None:
    held = {"a": NotNow("not now")}
    cluster = Cluster(pod("a"), answers=held)
    cluster.stop.set()
    with pytest.raises(NotDrained, match="asked to stop while n1 was drained: 1 pod is left"):
        drain(cluster)
    cluster = Cluster(pod("a"), answers=held)
    cluster.why = "another run holds the Lease"
    with pytest.raises(NotDrained, match="n1 is not drained any further: another run holds the Lease"):
        drain(cluster)


def test_many_that_are_left_are_counted_and_some_named() -> None:
    names = [f"p{n}" for n in range(7)]
    cluster = Cluster(*(pod(name) for name in names), answers={name: NotNow("not now") for name in names})
    cluster.stop.set()
    with pytest.raises(NotDrained, match=r"7 pods are left: Pod/shop/p0, .*Pod/shop/p4 and 2 more"):
        drain(cluster)


def test_a_rehearsal_asks_for_each_once() -> None:
    cluster = Cluster(pod("a"), pod("b"), dry_run=True)
    assert drain(cluster) == {"pods": ["Pod/shop/a", "Pod/shop/b"]}
    assert cluster.evicted == ["a", "b"]


def test_nothing_takes_a_drain_back() -> None:
    assert KIND.opposite(DRAIN) is None
    assert KIND.vanished(DRAIN, None) == ""
    assert KIND.touched(DRAIN, {"pods": []}) == {"pods": []}
    KIND.check(DRAIN, None, ())
    assert [(verb, subresource) for verb, _, subresource in KIND.rights(DRAIN)] == [
        ("create", "eviction"),
        ("list", ""),
    ]


def test_a_node_is_let_go_of_as_far_as_it_is_held() -> None:
    kind = Uncordoning()
    held = {
        "metadata": {"uid": "uid-n1", "annotations": {"packcheck.dev/cordoned-by": "x"}},
        "spec": {"unschedulable": True},
    }
    half = {"metadata": {"uid": "uid-n1", "annotations": {"packcheck.dev/cordoned-by": "x"}}, "spec": {}}
    free = {"metadata": {"uid": "uid-n1", "annotations": {}}, "spec": {}}
    assert kind.left_to_do(LET_GO, held) is LET_GO
    assert kind.left_to_do(LET_GO, free) is None
    assert kind.touched(LET_GO, held)["/spec/unschedulable"] is True
    assert kind.opposite(LET_GO) is None
    assert kind.vanished(LET_GO, None) == ""
    sent: list[Any] = []

    class Patching:
        def patch(self, resource: Any, namespace: Any, name: str, operations: Any) -> Written:
            assert (resource, namespace, name) == (NODES, None, "n1")
            sent.append(operations)
            return Written({})

    hand = Cluster()
    hand.writer = Patching()  # type: ignore[assignment]
    for current in (held, half):
        kind.request(LET_GO, current, hand)()
    paths = [[one["path"] for one in operations if one["op"] != "test"] for operations in sent]
    assert paths == [["/spec/unschedulable", "/metadata/annotations/packcheck.dev~1cordoned-by"], paths[0][1:]]
    kind.check(LET_GO, held, ())
    with pytest.raises(Moved):
        kind.check(LET_GO, {**held, "metadata": {"uid": "another"}}, ())
    cordon = PatchObject(ref=NODE, edits=(Edit("/spec/unschedulable", None, True),), reason="x", command="x")
    kind.check(LET_GO, held, (cordon,))
    assert [verb for verb, _, _ in kind.rights(LET_GO)] == ["patch", "get"]
    reader = Told({Query(NODES, None, "n1"): held})
    assert kind.look(Store(lambda: reader), LET_GO) == held
