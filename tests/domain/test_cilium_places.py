"""Where the ten are said: cilium-config for all nodes, CiliumNodeConfigs for some, each by its own selector."""

from typing import Any

import msgspec
import pytest

from domain.cilium.judging import State
from domain.cilium.objects import SUBJECT, CiliumNodeConfig, DaemonSet, LabelSelector
from domain.cilium.places import Place, places
from domain.cilium.version import Version
from domain.objects import Node, ObjectMeta
from tests.domain.test_cilium_judging import RIGHT

POOL = {"ipam": "cluster-pool"}


def override(name: str, defaults: dict[str, str], **labels: str) -> CiliumNodeConfig:
    spec = {"defaults": defaults, "nodeSelector": {"matchLabels": labels}}
    return msgspec.convert({"metadata": {"name": name, "namespace": "kube-system"}, "spec": spec}, CiliumNodeConfig)


def node(name: str, **labels: str) -> Node:
    return Node(metadata=ObjectMeta(name=name, labels=labels))


def said(data: dict[str, str], overrides: list[CiliumNodeConfig], nodes: list[Node]) -> dict[str, Any]:
    found = places(data, overrides, nodes, Version(17, 4))
    return {
        p.subject: ({j.parameter.value: j.state for j in p.judged if j.state is not State.RIGHT}, p.nodes)
        for p in found
    }


def test_without_overrides_there_is_one_place() -> None:
    assert said(RIGHT | POOL, [], [node("n1")]) == {SUBJECT: ({"ipam.mode": State.WRONG}, ())}
    assert said(RIGHT, [], []) == {SUBJECT: ({}, ())}


def test_a_wrong_override_is_told_with_its_nodes() -> None:
    nodes = [node("n1", canary="yes"), node("n2"), node("n3", canary="yes")]
    assert said(RIGHT, [override("canary", POOL, canary="yes")], nodes) == {
        SUBJECT: ({}, ()),
        "CiliumNodeConfig/kube-system/canary": ({"ipam.mode": State.WRONG}, ("n1", "n3")),
    }


def test_a_right_override_clears_its_own_nodes_alone() -> None:
    fix = override("fix", {"ipam": "eni"}, canary="yes")
    some = said(RIGHT | POOL, [fix], [node("n1", canary="yes"), node("n2")])
    assert some[SUBJECT][0] == {"ipam.mode": State.WRONG}
    every: tuple[Place, ...] = tuple(places(RIGHT | POOL, [fix], [node("n1", canary="yes")], Version(17)))
    assert every[0].of(State.WRONG) == ()
    assert "says otherwise on every node" in next(j.why for j in every[0].judged if j.parameter.value == "ipam.mode")


def test_a_wrong_override_of_every_node_leaves_both_wrong() -> None:
    found = said(RIGHT | POOL, [override("a", {"ipam": "kubernetes"})], [node("n1"), node("n2")])
    assert {subject: wrong for subject, (wrong, _) in found.items()} == {
        SUBJECT: {"ipam.mode": State.WRONG},
        "CiliumNodeConfig/kube-system/a": {"ipam.mode": State.WRONG},
    }


def test_the_last_by_name_outranks() -> None:
    found = said(RIGHT, [override("b", {"ipam": "eni"}), override("a", POOL)], [node("n1")])
    assert found == {SUBJECT: ({}, ()), "CiliumNodeConfig/kube-system/b": ({}, ("n1",))}


def test_an_override_of_other_keys_or_of_no_node_is_no_place() -> None:
    overrides = [override("debug", {"debug": "true"}), override("none", POOL, nowhere="yes")]
    assert said(RIGHT, overrides, [node("n1")]) == {SUBJECT: ({}, ())}


@pytest.mark.parametrize(
    ("selector", "matches"),
    [
        ({}, True),
        ({"matchLabels": {"a": "1"}}, True),
        ({"matchLabels": {"a": "2"}}, False),
        ({"matchExpressions": [{"key": "a", "operator": "In", "values": ["1", "2"]}]}, True),
        ({"matchExpressions": [{"key": "a", "operator": "NotIn", "values": ["1"]}]}, False),
        ({"matchExpressions": [{"key": "b", "operator": "NotIn", "values": ["1"]}]}, True),
        ({"matchExpressions": [{"key": "a", "operator": "Exists"}]}, True),
        ({"matchExpressions": [{"key": "a", "operator": "DoesNotExist"}]}, False),
        ({"matchLabels": {"a": "1"}, "matchExpressions": [{"key": "b", "operator": "Exists"}]}, False),
    ],
)
def test_selectors_are_kubernetes_own(selector: dict[str, Any], matches: bool) -> None:
    assert msgspec.convert(selector, LabelSelector).matches({"a": "1"}) is matches


def test_a_daemonset_tells_version_and_api_host_by_its_agent() -> None:
    def of(containers: list[dict[str, Any]]) -> DaemonSet:
        spec = {"template": {"spec": {"containers": containers}}}
        return msgspec.convert({"metadata": {"name": "cilium", "namespace": "kube-system"}, "spec": spec}, DaemonSet)

    env = [{"name": "K8S_NODE_NAME"}, {"name": "KUBERNETES_SERVICE_HOST", "value": "0A.eks.amazonaws.com"}]
    agent = of([{"name": "sidecar"}, {"name": "cilium-agent", "image": "cilium:v1.18.1", "env": env}])
    assert (agent.version, agent.api_host) == (Version(18, 1), "0A.eks.amazonaws.com")
    other = of([{"name": "sidecar", "image": "sidecar:v1.2.3"}])
    assert (other.agent, other.version, other.api_host) == (None, None, "")
    assert str(other) == "DaemonSet/kube-system/cilium"
