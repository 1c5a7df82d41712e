"""Plans for several clusters are held against what was allowed, once it is known that they are several."""

from types import SimpleNamespace
from typing import Any, NoReturn

import pytest

from domain.conflicts import merge
from domain.plan import Edit, PatchObject, Plan, Ref
from domain.resources import NAMESPACES
from domain.run import TargetKind
from domain.verdict import Finding, Grade, Outcome, Verdict
from fixtures.errors import ReadError
from fixtures.selection import scenarios
from fixtures.verdict import VERDICT
from remediations.planning import PLANNED, Planner, held_against

CALICO = "packs/calico-ipv6-kernel"


def plan(target: str) -> Plan:
    edit = Edit("/metadata/labels/a", None, "b")
    change = PatchObject(ref=Ref(NAMESPACES, None, "shop", "u"), edits=(edit,), reason="r", command="c")
    return Plan(target=target, scenario="packs/it", remedy="it", subject="Namespace/shop", changes=(change,))


def target(name: str, uid: str) -> Any:
    def identity() -> str:
        return uid or unread()

    record = SimpleNamespace(server=None)
    return SimpleNamespace(id=name, kind=TargetKind.CLUSTER, identity=identity, record=lambda: record)


def unread() -> NoReturn:
    raise ReadError("two: no answer")


@pytest.mark.parametrize(
    ("uid", "allow", "reason"),
    [
        ("2", [], "it would write to 2 clusters (one, two): --allow=several-clusters allows it"),
        ("2", ["several-clusters"], None),
        ("1", [], "one and two are the same cluster (by kube-system's uid): name it once"),
        ("1", ["several-clusters"], "one and two are the same cluster (by kube-system's uid): name it once"),
        ("", ["several-clusters"], "two: no answer"),
    ],
)
def test_more_than_one_cluster(uid: str, allow: list[str], reason: str | None) -> None:
    options: Any = SimpleNamespace(getoption={"allow": allow, "max_changes": 25}.__getitem__)
    held = held_against(
        merge([plan("one"), plan("two")]), options, {"one": target("one", "1"), "two": target("two", uid)}
    )
    assert [refusal.reason for refusal in held.refusals] == ([reason] * 2 if reason else [])
    assert len(held.plans) == (0 if reason else 2)


@pytest.mark.parametrize(
    ("kind", "chosen", "said"),
    [
        (TargetKind.HOST, {}, "disable-calico-ipv6 is refused for host:h1: it does not act on a host alone"),
        (TargetKind.BUNDLE, {}, "disable-calico-ipv6 is refused for host:h1: a bundle is read-only"),
        (TargetKind.HOST, {CALICO: "update-kernel"}, "update-kernel is refused for host:h1: it does not act on a host"),
        (TargetKind.SANDBOX, {CALICO: "add-disable-ipv6-stage"}, "add-disable-ipv6-stage is refused for host:h1: it acts on files alone"),
        (TargetKind.ARTIFACTS, {CALICO: "update-kernel"}, "update-kernel is refused for host:h1: it does not act on files; other remedies: disable-calico-ipv6, add-disable-ipv6-stage"),
    ],
)  # fmt: skip
def test_a_remedy_that_does_not_act_on_a_target_says_so(kind: TargetKind, chosen: dict[str, str], said: str) -> None:
    finding = Finding("host:h1", Grade.LISTED, "its kernel is affected")
    stash: Any = {VERDICT: Verdict(Outcome.FAILED, "1 finding", None, (finding,))}
    marker = SimpleNamespace(args=[scenarios()[CALICO][0]])
    item: Any = SimpleNamespace(
        stash=stash,
        get_closest_marker=lambda _: marker,
        callspec=SimpleNamespace(params={"target": "h1"}),
    )
    option = SimpleNamespace(allow=[], kernel=None, drain_timeout=1.0, reboot_timeout=1.0, base_image=None)
    config: Any = SimpleNamespace(option=option)
    targets: Any = {"h1": SimpleNamespace(kind=kind)}
    Planner(config, chosen, targets).plan(item)
    (refusal,) = stash[PLANNED]
    assert str(refusal).startswith(said)
