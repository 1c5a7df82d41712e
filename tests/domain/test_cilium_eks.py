"""Whether a cluster is EKS: two signals, one of them EKS' own; what was not read keeps it open."""

import pytest

from domain.cilium.eks import hybrid, recognise
from domain.facts import Fact, Unread
from domain.objects import Node, NodeSpec, ObjectMeta
from domain.resources import NODES, Resource

EKS, PLAIN = "v1.31.9-eks-5d4a308", "v1.31.9"
HOST = "https://0A1B.gr7.us-east-1.eks.amazonaws.com"
LABEL = {"eks.amazonaws.com/nodegroup": "pool"}
UNREAD = Unread(NODES, None, None, "list nodes: forbidden", "a role")
NO_VERSION = Unread(Resource("", "v1", "version", "Version", False), None, None, "no answer", None)


def node(machine: str = "", name: str = "n1", **labels: str) -> Node:
    return Node(metadata=ObjectMeta(name=name, labels=labels), spec=NodeSpec(provider_id=machine))


AWS = node("aws:///us-east-1a/i-1")
LABELLED = Node(metadata=ObjectMeta(name="n1", labels=LABEL))
OTHER = node("kind://docker/kind/kind-worker")


@pytest.mark.parametrize(
    ("version", "nodes", "server", "here"),
    [
        (EKS, [AWS], None, True),
        (EKS, [LABELLED], None, True),
        (EKS, [], HOST, True),
        (EKS, [OTHER], HOST, True),
        (PLAIN, [OTHER, LABELLED, AWS], None, True),
        (PLAIN, [LABELLED], HOST, True),
        (EKS, [OTHER], None, False),
        (EKS, [OTHER], "https://palette-proxy.example:6443", False),
        (PLAIN, [AWS], None, False),
        (PLAIN, [AWS], "https://eks.amazonaws.com.example", False),
        (PLAIN, [], None, False),
        (PLAIN, [OTHER], HOST, False),
        (EKS, [], None, None),
        (PLAIN, [], HOST, None),
    ],
)
def test_two_signals_make_it_eks(version: str, nodes: list[Node], server: str | None, here: bool | None) -> None:
    found = recognise(Fact((version,)), Fact(tuple(nodes)), server)
    assert found.here is here
    if here is None:
        assert found.why.endswith("there is no node to tell by")


@pytest.mark.parametrize(
    ("version", "nodes", "server", "here"),
    [
        (Fact((EKS,)), Fact((), (UNREAD,)), None, None),
        (Fact((PLAIN,)), Fact((), (UNREAD,)), None, None),
        (Fact((EKS,)), Fact((), (UNREAD,)), HOST, True),
        (Fact((), (NO_VERSION,)), Fact((AWS,)), None, None),
        (Fact((), (NO_VERSION,)), Fact((LABELLED, AWS)), None, True),
        (Fact((), (NO_VERSION,)), Fact((OTHER,)), None, False),
    ],
)  # fmt: skip
def test_what_was_not_read_may_be_the_second_signal(
    version: Fact[str], nodes: Fact[Node], server: str | None, here: bool | None
) -> None:
    assert recognise(version, nodes, server).here is here


def test_the_signals_are_told() -> None:
    found = recognise(Fact((EKS,)), Fact((Node(metadata=ObjectMeta(name="a", labels=LABEL), spec=AWS.spec),)), HOST)
    assert found.signals == (
        f"the server's version is {EKS}",
        "the API server is 0a1b.gr7.us-east-1.eks.amazonaws.com",
        "a node has the label eks.amazonaws.com/nodegroup",
        "a node's providerID is aws:///us-east-1a/i-1",
    )
    assert recognise(Fact((EKS,)), Fact((OTHER,)), None).why == (
        f"one (the server's version is {EKS}) of two signals that it is EKS"
    )
    assert recognise(Fact((PLAIN,)), Fact((OTHER,)), None).why == "none of two signals that it is EKS"


def test_nodes_outside_aws_are_told_by_their_label() -> None:
    outside = node("eks-hybrid:///r/c/mi-1", "h1", **{"eks.amazonaws.com/compute-type": "hybrid"})
    fargate = node("aws:///f", "f1", **{"eks.amazonaws.com/compute-type": "fargate"})
    assert hybrid([AWS, outside, fargate]) == ("h1",)
