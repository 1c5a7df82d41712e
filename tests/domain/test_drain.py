"""Which pods leave a node that is drained."""

import json
from typing import Any

import msgspec
import pytest

from domain.drain import PodOnNode, to_evict


def pod(
    name: str = "web", *, kind: str = "ReplicaSet", phase: str = "Running", node: str = "n1", **more: Any
) -> PodOnNode:
    owners = [{"kind": kind, "name": "o", "controller": True}] if kind else []
    made = {
        "metadata": {"name": name, "namespace": "shop", "ownerReferences": owners, **more.get("metadata", {})},
        "spec": {"nodeName": node, "volumes": more.get("volumes", [])},
        "status": {"phase": phase},
    }
    return msgspec.json.decode(json.dumps(made), type=PodOnNode)


@pytest.mark.parametrize(
    "stays",
    [
        pod(kind="DaemonSet"),
        pod(metadata={"annotations": {"kubernetes.io/config.mirror": "abc"}}),
        pod(phase="Succeeded"),
        pod(phase="Failed"),
        pod(node="n2"),
    ],
    ids=["of a DaemonSet", "a mirror", "done", "failed", "elsewhere"],
)
def test_what_would_come_back_has_ended_or_is_elsewhere_stays(stays: PodOnNode) -> None:
    assert to_evict([stays], "n1").pods == ()


def test_all_others_leave_and_those_that_lose_something_are_named() -> None:
    bare, scratch, plain = pod("bare", kind=""), pod("scratch", volumes=[{"name": "x", "emptyDir": {}}]), pod("plain")
    leaving = to_evict([bare, scratch, plain], "n1")
    assert leaving.pods == (bare, scratch, plain)
    assert leaving.unmanaged == ("Pod/shop/bare",)
    assert leaving.keeping_data == ("Pod/shop/scratch",)
