"""A control-plane node is taken away only while a majority of the others is up."""

import pytest

from domain.objects import Condition, Node, NodeStatus, ObjectMeta
from domain.quorum import quorum_lost

LABEL = {"node-role.kubernetes.io/control-plane": ""}


def node(name: str, *, ready: bool = True, labels: dict[str, str] = LABEL) -> Node:
    conditions = [Condition(type="MemoryPressure", status="False"), Condition(type="Ready", status=str(ready))]
    return Node(metadata=ObjectMeta(name=name, labels=labels), status=NodeStatus(conditions=conditions))


@pytest.mark.parametrize(
    ("ready", "said"),
    [
        ([True], "c0 is one of 1 control-plane nodes, of which 1 must be up, and no other is Ready"),
        ([True, True], "c0 is one of 2 control-plane nodes, of which 2 must be up, and 1 others are Ready"),
        ([True, True, False], "of which 2 must be up, and 1 others are Ready"),
        ([True, True, True, False, False], "of which 3 must be up, and 2 others are Ready"),
    ],
)
def test_it_is_said_why_one_must_stay(ready: list[bool], said: str) -> None:
    members = [node(f"c{index}", ready=one) for index, one in enumerate(ready)]
    assert said in quorum_lost(members[0], [*members, node("w", labels={})])


@pytest.mark.parametrize("ready", [[True, True, True], [False, True, True], [True, True, True, True, False]])
def test_one_may_go_while_the_others_are_enough(ready: list[bool]) -> None:
    members = [node(f"c{index}", ready=one) for index, one in enumerate(ready)]
    assert quorum_lost(members[0], members) == ""


@pytest.mark.parametrize("label", ["node-role.kubernetes.io/master", "node.kubernetes.io/microk8s-controlplane"])
def test_who_is_of_the_control_plane_is_told_by_any_of_its_labels(label: str) -> None:
    assert quorum_lost(node("c", labels={label: ""}), [node("c", labels={label: ""})])


def test_a_worker_may_always_go() -> None:
    worker = node("w", labels={})
    assert quorum_lost(worker, [worker, node("c", ready=False)]) == ""
