"""Plans for several clusters are held against what was allowed, once it is known that they are several."""

from types import SimpleNamespace
from typing import Any, NoReturn

import pytest

from domain.conflicts import merge
from domain.plan import Edit, PatchObject, Plan, Ref
from domain.resources import NAMESPACES
from domain.run import TargetKind
from fixtures.errors import ReadError
from remediations.planning import held_against


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
