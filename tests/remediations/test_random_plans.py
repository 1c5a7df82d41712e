"""Whatever a plan holds: applied and undone, objects are what they were; and plans together keep their order and sense."""

import tempfile
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from domain.conflicts import Merged, key, merge, refuse_all, refuse_where
from domain.plan import (
    Change,
    Cluster,
    DeleteObject,
    Edit,
    EvictPod,
    PatchObject,
    Plan,
    Prompt,
    Ref,
    Until,
    WaitFor,
    action,
    pointer,
    writes,
)
from domain.resources import CONFIG_MAPS, NAMESPACES, PODS, REPLICA_SETS, Resource
from domain.run import ChangeState
from fixtures.hosts.writing import HostWriter
from fixtures.sandbox.cluster import SandboxCluster
from fixtures.sandbox.reader import SandboxReader
from fixtures.sandbox.writer import SandboxWriter
from fixtures.store import Store
from remediations.executor import Executor, Made
from remediations.journal import Journal
from remediations.stopping import Stop
from remediations.undo import Taken, Undo, to_take_back

CLUSTER = Cluster("box", "uid-of-kube-system")
SERVERS_OWN = ("resourceVersion", "managedFields", "generation")
PARTS = ("labels", "annotations")
NAMES = ("a", "b")


class Hand:
    """A sandbox held by the executor."""

    def __init__(self, cluster: SandboxCluster) -> None:
        self.store, self.writer = Store(lambda: SandboxReader(cluster)), SandboxWriter(cluster)
        self.hosts: HostWriter | None = None
        self.dry_run, self.stop = False, Stop()

    @staticmethod
    def tell(line: str) -> None:
        """Nobody listens."""

    @staticmethod
    def lost() -> str:
        return ""


def sandbox() -> SandboxCluster:
    """Two namespaces, each with a ReplicaSet, its pods, a bare pod and a ConfigMap."""
    cluster = SandboxCluster("box")
    for name in ("default", "kube-system", *NAMES):
        cluster.create(NAMESPACES, None, {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}})
    pod = {"containers": [{"name": "c", "image": "c"}]}
    for namespace in NAMES:
        there = {"namespace": namespace, "labels": {"app": "web"}, "annotations": {"k0": "v0"}}
        template = {"metadata": {"labels": {"app": "web"}}, "spec": pod}
        spec = {"replicas": 2, "selector": {"matchLabels": {"app": "web"}}, "template": template}
        for resource, name, body in (
            (REPLICA_SETS, "web", {"spec": spec}),
            (PODS, "bare", {"spec": pod}),
            (CONFIG_MAPS, "settings", {"data": {"k0": "v0"}}),
        ):
            head = {"apiVersion": resource.api_version, "kind": resource.kind, "metadata": {**there, "name": name}}
            cluster.create(resource, namespace, {**head, **body})
    return cluster


def everything(cluster: SandboxCluster) -> dict[str, Any]:
    """Every object by its uid, without what the server sets; a map that is empty is as good as none."""
    found = {}
    for served, item in cluster.objects.everything():
        if served.resource.kind == "Event":
            continue
        meta = {k: v for k, v in item["metadata"].items() if k not in SERVERS_OWN and v != {}}
        rest = {k: v for k, v in item.items() if k not in ("metadata", "status")}
        found[meta["uid"]] = {**rest, "metadata": meta}
    return found


def objects(cluster: SandboxCluster) -> list[tuple[Resource, dict[str, Any]]]:
    """What plans are about: everything but what the sandbox's controllers make."""
    wanted = {NAMESPACES: NAMES, REPLICA_SETS: ("web",), PODS: ("bare",), CONFIG_MAPS: ("settings",)}
    return [
        (served.resource, item)
        for served, item in cluster.objects.everything()
        if item["metadata"]["name"] in wanted.get(served.resource, ())
    ]


def ref_of(resource: Resource, item: dict[str, Any]) -> Ref:
    meta = item["metadata"]
    return Ref(resource, meta.get("namespace"), meta["name"], meta["uid"])


UNTOUCHED = sandbox()
KEYS = st.sampled_from(["k0", "k1", "example.com/k2", "til~de"])
VALUES = st.one_of(st.none(), st.sampled_from(["v0", "v1", "v2"]))
WORDS: dict[str, Any] = {"reason": "r", "command": "c"}


@st.composite
def changes(draw: st.DrawFn, cluster: SandboxCluster) -> Change:
    """A change on what is there: labels and annotations of anything, a ConfigMap's data, the deletion of a pod."""
    resource, item = draw(st.sampled_from(objects(cluster)))
    ref = ref_of(resource, item)
    if resource == PODS and draw(st.booleans()):
        kind = draw(st.sampled_from([DeleteObject, EvictPod]))
        return kind(ref=ref, irreversible="it is gone", **WORDS)  # type: ignore[return-value]  # either of the two
    prompts = resource == REPLICA_SETS and draw(st.booleans())
    part = "annotations" if prompts else draw(st.sampled_from(PARTS))
    wanted = draw(
        st.dictionaries(KEYS if part == "annotations" else KEYS.filter(lambda k: "~" not in k), VALUES, min_size=1)
    )
    has = item["metadata"].get(part) or {}
    edits = tuple(Edit(pointer("metadata", part, k), has.get(k), v) for k, v in wanted.items() if has.get(k) != v)
    if resource == CONFIG_MAPS and draw(st.booleans()):
        edits += (Edit("/data/k0", "v0", draw(st.sampled_from(["v1", None]))),)
    assume(edits)
    return (Prompt if prompts else PatchObject)(ref=ref, edits=edits, **WORDS)


@st.composite
def plans(draw: st.DrawFn, cluster: SandboxCluster) -> list[Plan]:
    one_plan = st.lists(changes(cluster), min_size=1, max_size=3, unique_by=lambda change: change.ref)
    many = draw(st.lists(one_plan, min_size=1, max_size=4))
    return [
        Plan(target="box", scenario=f"packs/s{n}", remedy="r", subject=f"S/{n}", changes=tuple(one))
        for n, one in enumerate(many)
    ]


def apply(cluster: SandboxCluster, merged: Merged, folder: Path) -> list[Made]:
    journal = Journal(folder, "run", "0", [CLUSTER])
    executor = Executor(lambda _: Hand(cluster), journal, Stop(), lambda _: None)
    made = list(executor.carry_out(merged.steps, lambda step: merged.plans[step.plans[0]].scenario))
    journal.close()
    return made


def undo(cluster: SandboxCluster, taken: Iterable[Taken], folder: Path) -> list[Made]:
    journal = Journal(folder, "undo", "0", [CLUSTER])
    executor = Executor(lambda _: Hand(cluster), journal, Stop(), lambda _: None)
    made = list(Undo(executor, lambda _: Hand(cluster)).take_back([("box", one) for one in taken]))
    journal.close()
    return made


@settings(max_examples=60, suppress_health_check=list(HealthCheck))
@given(st.data())
def test_applied_and_undone_objects_are_what_they_were(data: st.DataObject) -> None:
    cluster = sandbox()
    before = everything(cluster)
    merged = merge(data.draw(plans(cluster)))
    with tempfile.TemporaryDirectory() as folder:
        made = apply(cluster, merged, Path(folder, "run"))
        assert {m.state for m in made} <= {ChangeState.APPLIED, ChangeState.UNCHANGED}, made
        applied = everything(cluster)
        for m in made:
            for edit in getattr(m.step.change, "edits", ()):
                assert value(applied[m.step.change.ref.uid], edit.path) == edit.after
        taken = to_take_back(Path(folder, "run", "changes.jsonl"))
        back = undo(cluster, taken, Path(folder, "undo"))
        after = everything(cluster)
        deleted = {m.step.change.ref.uid for m in made if isinstance(m.step.change, DeleteObject | EvictPod)}
        assert deleted.isdisjoint(after)
        ours = {uid for uid in before if uid not in deleted}
        assert {uid: after[uid] for uid in ours} == {uid: before[uid] for uid in ours}
        assert {m.state for m in back} <= {ChangeState.TAKEN_BACK, ChangeState.KEPT, ChangeState.UNCHANGED}
        redo = to_take_back(Path(folder, "undo", "changes.jsonl")) if back and taken else []
        undo(cluster, redo, Path(folder, "redo"))
        again = everything(cluster)
        assert {uid: again[uid] for uid in ours} == {uid: applied[uid] for uid in ours}, "an undo can be undone"


def value(item: Any, path: str) -> Any:
    for part in path.split("/")[1:]:
        item = (item or {}).get(part.replace("~1", "/").replace("~0", "~"))
    return item


@settings(max_examples=100, suppress_health_check=list(HealthCheck))
@given(st.data())
def test_plans_together_keep_their_order_and_make_the_same_change_once(data: st.DataObject) -> None:
    given_plans = data.draw(plans(UNTOUCHED))
    merged = merge(given_plans)
    keys = [key(step.target, step.change) for step in merged.steps]
    assert len(keys) == len(set(keys))
    for index, plan in enumerate(merged.plans):
        mine = [i for i, step in enumerate(merged.steps) if index in step.plans]
        assert len({key("box", c) for c in plan.changes}) == len(mine)
        places = [keys.index(key("box", c)) for c in plan.changes]
        assert places == sorted(places), "each plan's own order stays"
    kept, refused = {p.subject for p in merged.plans}, {r.subject for r in merged.refusals}
    assert kept | refused == {p.subject for p in given_plans}
    assert not kept & refused
    by_subject = {p.subject: p for p in given_plans}
    for refusal in merged.refusals:
        assert any(
            f"{p.scenario} r for {p.subject} on box" in refusal.reason
            for p in given_plans
            if p != by_subject[refusal.subject]
        ) or ("cycle" in refusal.reason)
    after: dict[tuple[Any, str], Any] = {}
    for index, plan in enumerate(merged.plans):
        for change in plan.changes:
            for edit in getattr(change, "edits", ()):
                by, wanted = after.setdefault((change.ref, edit.path), (index, edit.after))
                assert by == index or wanted == edit.after, "two plans want the same path to be different things"


def patch(ref: Ref, path: str, before: Any, after: Any) -> PatchObject:
    return PatchObject(ref=ref, edits=(Edit(path, before, after),), **WORDS)


def plan(subject: str, *given: Change, remedy: str = "r") -> Plan:
    return Plan(target="box", scenario="packs/x", remedy=remedy, subject=subject, changes=given)


NS = Ref(NAMESPACES, None, "a", "u1")
POD = Ref(PODS, "a", "p", "u2")
ONE, OTHER = patch(NS, "/metadata/labels/x", None, "1"), patch(NS, "/metadata/labels/x", None, "2")
DELETE = DeleteObject(ref=POD, irreversible="gone", **WORDS)
TOUCH = patch(POD, "/metadata/labels/x", None, "1")
ELSE = patch(NS, "/metadata/labels/y", None, "1")
GONE = WaitFor(ref=POD, until=Until.GONE, timeout_s=1, **WORDS)


def test_the_same_change_wanted_twice_is_made_once_for_both() -> None:
    merged = merge([plan("A", ONE, DELETE), plan("B", ONE, ELSE)])
    assert [(step.change, step.plans) for step in merged.steps] == [(ONE, (0, 1)), (DELETE, (0,)), (ELSE, (1,))]
    assert merged.writes == 3


@pytest.mark.parametrize(
    ("given_plans", "reasons"),
    [
        pytest.param(
            [plan("A", ONE), plan("B", OTHER), plan("C", ONE), plan("D", ELSE)],
            {
                "A": "contradicts packs/x r for B on box: both set /metadata/labels/x of Namespace/a, to different values",
                "B": "contradicts packs/x r for A on box: both set /metadata/labels/x of Namespace/a, to different values",
                "C": "contradicts packs/x r for B on box: both set /metadata/labels/x of Namespace/a, to different values",
            },
            id="values",
        ),
        pytest.param(
            [plan("A", ONE), plan("B", patch(NS, "/metadata/labels", {}, {"z": "1"}))],
            {
                "A": "contradicts packs/x r for B on box: both set /metadata/labels/x of Namespace/a, to different values",
                "B": "contradicts packs/x r for A on box: both set /metadata/labels/x of Namespace/a, to different values",
            },
            id="a path inside another",
        ),
        pytest.param(
            [plan("A", DELETE), plan("B", TOUCH)],
            {
                "A": "contradicts packs/x r for B on box: one deletes Pod/a/p, the other changes it",
                "B": "contradicts packs/x r for A on box: one deletes Pod/a/p, the other changes it",
            },
            id="deleted and changed",
        ),
        pytest.param(
            [plan("A", ONE, DELETE), plan("B", DELETE, ONE), plan("C", ELSE)],
            dict.fromkeys(
                "AB", "the orders of these plans make a cycle: packs/x r for A on box; packs/x r for B on box"
            ),
            id="cycle of two",
        ),
        pytest.param(
            [plan("A", ONE, ELSE), plan("B", ELSE, TOUCH), plan("C", TOUCH, ONE)],
            dict.fromkeys(
                "ABC",
                "the orders of these plans make a cycle: packs/x r for A on box; packs/x r for B on box; "
                "packs/x r for C on box",
            ),
            id="cycle of three",
        ),
    ],
)
def test_what_contradicts_is_refused_and_both_are_named(given_plans: list[Plan], reasons: dict[str, str]) -> None:
    merged = merge(given_plans)
    assert {r.subject: r.reason for r in merged.refusals} == reasons
    assert {p.subject for p in merged.plans} == {p.subject for p in given_plans} - set(reasons)


def test_one_plan_may_change_what_it_deletes_then_and_waiting_contradicts_nothing() -> None:
    merged = merge([plan("A", TOUCH, DELETE, GONE), plan("B", DELETE, GONE)])
    assert {r.subject for r in merged.refusals} == {"A", "B"}, "the other plan deletes what this one changes"
    alone = merge([plan("A", TOUCH, DELETE, GONE), plan("B", GONE)])
    assert [action(step.change) for step in alone.steps] == ["patch", "delete", "wait"]
    assert [writes(step.change) for step in alone.steps] == [True, True, False]


def test_refusing_some_puts_the_others_together_anew() -> None:
    merged = refuse_where(merge([plan("A", ONE, DELETE), plan("B", ONE)]), {0: "it is not allowed"})
    assert [(step.change, step.plans) for step in merged.steps] == [(ONE, (0,))]
    assert str(merged.refusals[0]) == "r is refused for A: it is not allowed"
    whole = refuse_all(merged, "no right")
    assert (whole.plans, whole.steps, whole.writes) == ((), (), 0)
    assert [r.reason for r in whole.refusals] == ["it is not allowed", "no right"]


def test_a_change_that_is_so_in_part_is_made_for_the_rest_and_only_that_is_taken_back(tmp_path: Path) -> None:
    cluster = sandbox()
    resource, item = objects(cluster)[0]
    ref = ref_of(resource, item)
    both = PatchObject(
        ref=ref, edits=(Edit("/metadata/labels/x", None, "1"), Edit("/metadata/labels/y", None, "1")), **WORDS
    )
    theirs = Hand(cluster).writer.patch(
        ref.resource, ref.namespace, ref.name, [{"op": "add", "path": "/metadata/labels/x", "value": "1"}]
    )
    (made,) = apply(cluster, merge([plan("A", both)]), tmp_path)
    assert made.state is ChangeState.APPLIED
    assert made.sent == msgspec.structs.replace(both, edits=both.edits[1:])
    undo(cluster, to_take_back(tmp_path / "changes.jsonl"), tmp_path / "undo")
    labels = everything(cluster)[ref.uid]["metadata"]["labels"]
    assert labels == theirs.object["metadata"]["labels"]
