"""Which host is which node; clones, reboots and containers are refused by name and never guessed."""

import json
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.hosts import HostFacts, Joined, RefusedHost, join
from domain.objects import Node


def node(name: str, machine: str = "", boot: str = "", **more: Any) -> Node:
    info = {"machineID": machine, "bootID": boot, "kernelVersion": "6.8.0-57-generic", "osImage": "Ubuntu 24.04.2 LTS"}
    obj = {"metadata": {"name": name, "labels": more.get("labels", {})}}
    obj["status"] = {"nodeInfo": info, "addresses": more.get("addresses", [])}
    return msgspec.json.decode(json.dumps(obj), type=Node)


def host(name: str, machine: str = "", boot: str = "", hostname: str = "") -> HostFacts:
    return HostFacts(name=name, machine_id=machine, boot_id=boot, hostname=hostname)


def refusals(hosts: list[HostFacts], nodes: list[Node]) -> dict[str, str]:
    joined = join(hosts, nodes)
    assert not joined.alone
    return {refused.host: refused.reason for refused in joined.refused}


def test_joined_by_both_ids() -> None:
    h1, h2, other = host("h1", "m1", "b1"), host("h2", "m2", "b2"), host("elsewhere", "m9", "b9")
    joined = join([h1, h2, other], [node("n2", "M2", "B2"), node("n1", "m1", "b1"), node("n3", "m3", "b3")])
    assert joined == Joined({"n1": h1, "n2": h2}, (other,), ())


def test_a_node_is_decoded_with_its_kernel_and_names() -> None:
    addresses = [{"type": "Hostname", "address": "Box"}, {"type": "InternalIP", "address": "10.0.0.1"}]
    found = node("n1", "m1", "b1", labels={"kubernetes.io/hostname": "n1.local"}, addresses=addresses)
    assert found.hostnames == {"n1", "n1.local", "box"}
    assert (found.info.kernel_version, found.info.os_image) == ("6.8.0-57-generic", "Ubuntu 24.04.2 LTS")


def test_clones_are_refused_both_by_name() -> None:
    said = refusals([host("h1", "m1", "b1"), host("h2", "m1", "b2")], [node("n1", "m1", "b1"), node("n2", "m1", "b2")])
    assert said == {
        "h1": "it has the same machine-id as h2: clones cannot be told apart",
        "h2": "it has the same machine-id as h1: clones cannot be told apart",
    }


def test_one_machine_named_twice_is_refused() -> None:
    said = refusals([host("h1", "m1", "b1"), host("10.0.0.1", "m1", "b1")], [node("n1", "m1", "b1")])
    assert said["h1"] == "it is the same machine as 10.0.0.1 (machine-id and boot id are equal): name it once"


@pytest.mark.parametrize(
    ("nodes", "reason"),
    [
        ([node("n1", "m1", "b9")], "node n1 has its machine-id and another boot id: rebooted since, or a clone"),
        ([node("n1", "m9", "b1")], "node n1 has its boot id and another machine-id: containers on one machine"),
        ([node("n1", "m1", "b1"), node("n2", "m1", "b1")], "nodes n1, n2 have its machine-id and its boot id"),
    ],
)
def test_a_host_that_may_be_a_node_and_may_not_is_refused(nodes: list[Node], reason: str) -> None:
    assert refusals([host("h1", "m1", "b1")], nodes) == {"h1": reason}


def test_a_machine_id_without_a_boot_id_is_not_enough() -> None:
    said = refusals([host("h1", "m1")], [node("n1", "m1", "")])
    assert said == {"h1": "node n1 has its machine-id and another boot id: rebooted since, or a clone"}


def test_a_host_without_a_machine_id_joins_by_its_boot_id() -> None:
    edge = host("bundle", boot="b1", hostname="n2")
    assert join([edge], [node("n1", "m1", "b1"), node("n2", "m2", "b2")]).by_node == {"n1": edge}


@pytest.mark.parametrize("boot", ["", "b7"])
def test_else_by_a_hostname_that_only_one_node_has(boot: str) -> None:
    edge = host("bundle", boot=boot, hostname="N2")
    assert join([edge], [node("n1", "m1", "b1"), node("n2", "m2", "b2")]).by_node == {"n2": edge}


@pytest.mark.parametrize(
    ("edge", "nodes", "reason"),
    [
        (
            host("bundle", boot="b1"),
            [node("n1", "m1", "b1"), node("n2", "m2", "b1")],
            "nodes n1, n2 have its boot id, and it has no machine-id",
        ),
        (
            host("bundle", hostname="box"),
            [node("n1", labels={"kubernetes.io/hostname": "box"}), node("box")],
            "nodes n1, box go by its hostname box, and it has no machine-id",
        ),
    ],
)
def test_a_bundle_that_could_be_two_nodes_is_refused(edge: HostFacts, nodes: list[Node], reason: str) -> None:
    assert refusals([edge], nodes) == {"bundle": reason}


def test_two_hosts_that_would_be_one_node_are_refused() -> None:
    first, second = host("bundle", hostname="n1"), host("h1", "m1", "b1")
    assert refusals([first, second], [node("n1", "m1", "b1")]) == {
        "bundle": "it would be node n1, and so would h1",
        "h1": "it would be node n1, and so would bundle",
    }


@pytest.mark.parametrize("edge", [host("bundle"), host("bundle", boot="b9"), host("bundle", hostname="elsewhere")])
def test_a_host_of_no_node_stands_alone(edge: HostFacts) -> None:
    assert join([edge], [node("n1", "", "")]) == Joined({}, (edge,), ())


FEW = st.sampled_from(["", "a", "b"])
HOSTS = st.lists(st.builds(host, st.sampled_from(["x", "y", "z"]), FEW, FEW, FEW), max_size=4)
NODES = st.lists(st.builds(node, st.sampled_from(["a", "b", "c"]), FEW, FEW), max_size=3, unique_by=lambda n: n.name)


@given(HOSTS, NODES)
def test_each_host_has_one_end_and_each_node_one_host(hosts: list[HostFacts], nodes: list[Node]) -> None:
    joined = join(hosts, nodes)
    ends = [*joined.by_node.values(), *joined.alone]
    assert len(ends) + len(joined.refused) == len(hosts)
    assert set(joined.by_node) <= {one.name for one in nodes}
    for name, one in joined.by_node.items():
        info = next(found.info for found in nodes if found.name == name)
        same = (info.machine_id, info.boot_id) == (one.machine_id, one.boot_id)
        assert same or not one.machine_id
    assert all(isinstance(refused, RefusedHost) and refused.reason for refused in joined.refused)
