"""What update-kernel would do about a node, as a function of what was read; tests/joined/ does it on real hosts."""

from typing import Any

import msgspec
import pytest

from domain.drain import CORDONED, PodOnNode, ToEvict
from domain.facts import Fact
from domain.hosts import HostFacts, HostsRead, InstalledKernel, NextBoot, Packages
from domain.hosts.offers import Offers, PodsOnNodes
from domain.kernels import Distribution, ProbeResult
from domain.objects import Condition, Node, NodeSpec, NodeStatus, NodeSystemInfo, ObjectMeta, OwnerReference
from domain.plan import Act, DrainNode, Edit, PatchObject, Plan, Refusal, Rollback, RunOnHost, Uncordon
from domain.remedy import Ask
from domain.verdict import Finding, Grade
from remediations.packs.calico.update_kernel import ANNOTATION, IMAGE, NO_NODE, STAYS, update_kernel

BAD, GOOD = "6.8.0-57-generic", "6.8.0-60-generic"
BROKEN = ProbeResult(2, 'MARK: bad value for option "--set-mark", or out of range (0-4294967295).', 0, "")
SOUND = ProbeResult(0, "", 0, "")
OFFERED = tuple(f"linux-{part}-{GOOD}" for part in ("image", "modules", "modules-extra"))
ASK = Ask("prod", "packs/calico-ipv6-kernel", "update-kernel", frozenset({"reboot"}), "", 60.0, 90.0)


def node(name: str = "n1", *, control_plane: bool = False, cordoned: str = "", unschedulable: bool = False) -> Node:
    labels = {"node-role.kubernetes.io/control-plane": ""} if control_plane else {}
    return Node(
        metadata=ObjectMeta(
            name=name, uid=f"uid-{name}", labels=labels, annotations={CORDONED: cordoned} if cordoned else {}
        ),
        spec=NodeSpec(unschedulable=unschedulable or bool(cordoned)),
        status=NodeStatus(
            node_info=NodeSystemInfo(machine_id=f"machine-{name}", boot_id=f"boot-{name}"),
            conditions=[Condition(type="Ready", status="True")],
        ),
    )


def host(name: str = "n1", **more: Any) -> HostFacts:
    made = HostFacts(
        name=name,
        machine_id=f"machine-{name}",
        boot_id=f"boot-{name}",
        distribution=Distribution(id="ubuntu", version_id="24.04", name="Ubuntu 24.04.2 LTS"),
        uname_r=BAD,
        packages=Packages(kernels=(InstalledKernel(BAD, f"linux-image-{BAD}", "1"),)),
        next_boot=NextBoot(BAD, BAD, "0"),
        probe=BROKEN,
        root=True,
    )
    return msgspec.structs.replace(made, **more)


def pod(name: str, *, owned: bool = True, volumes: tuple[dict[str, Any], ...] = ()) -> PodOnNode:
    owners = [OwnerReference(kind="ReplicaSet", name="o", controller=True)] if owned else []
    spec = {"nodeName": "n1", "volumes": list(volumes)}
    meta = ObjectMeta(name=name, namespace="shop", owner_references=owners)
    found = msgspec.convert({"metadata": {"name": name, "namespace": "shop"}, "spec": spec}, PodOnNode)
    return msgspec.structs.replace(found, metadata=meta)


def plans(
    *nodes: Node,
    hosts: tuple[HostFacts, ...] = (host(),),
    pods: PodsOnNodes = PodsOnNodes(),  # noqa: B008  a frozen record
    offers: Offers | None = None,
    ask: Ask = ASK,
    subjects: tuple[str, ...] = (),
) -> list[Plan | Refusal]:
    there = nodes or (node(),)
    names = subjects or tuple(f"Node/{one.name}" for one in there)
    findings = [Finding(subject, Grade.PROVEN, "it is broken") for subject in names]
    offered = offers if offers is not None else Offers({one.name: OFFERED for one in hosts})
    return list(update_kernel(findings, ask, Fact(there), HostsRead(hosts, asked=True), offered, pods))


def plan(*nodes: Node, **given: Any) -> Plan:
    (found,) = plans(*nodes, **given)
    assert isinstance(found, Plan), found
    return found


def refusal(*nodes: Node, **given: Any) -> str:
    (found,) = plans(*nodes, **given)
    assert isinstance(found, Refusal), found
    return found.reason


def test_a_node_is_cordoned_drained_updated_held_rebooted_and_let_go_of() -> None:
    leaving = PodsOnNodes({"n1": ToEvict((pod("web-1"), pod("web-2")))})
    cordon, drain, install, hold, boot, uncordon = plan(pods=leaving).changes
    assert isinstance(cordon, PatchObject)
    assert cordon.edits == (Edit("/spec/unschedulable", None, True), Edit(ANNOTATION, None, "update-kernel"))
    assert cordon.rollback is Rollback.TAKE_BACK
    assert isinstance(drain, DrainNode)
    assert (drain.pods, drain.timeout_s) == (("Pod/shop/web-1", "Pod/shop/web-2"), 60.0)
    assert isinstance(install, RunOnHost)
    assert isinstance(hold, RunOnHost)
    assert isinstance(boot, RunOnHost)
    assert (install.act, install.names, install.rollback) == (Act.INSTALL, OFFERED, Rollback.KEEP)
    assert (hold.act, hold.names, hold.rollback) == (Act.HOLD, OFFERED, Rollback.TAKE_BACK)
    assert (boot.act, boot.names, boot.rollback) == (Act.REBOOT, (GOOD,), Rollback.KEEP)
    assert {(one.ref.uid, one.boot_id, one.timeout_s) for one in (install, hold, boot)} == {
        ("machine-n1", "boot-n1", 90.0)
    }
    assert isinstance(uncordon, Uncordon)
    assert uncordon.edits == (Edit("/spec/unschedulable", True, None), Edit(ANNOTATION, "update-kernel", None))
    assert [one.risk for one in (cordon, drain, install, hold, boot, uncordon)] == ["reboot"] * 2 + [
        "",
        "",
        "reboot",
        "",
    ]


def test_it_is_said_beforehand_what_stays_and_what_goes() -> None:
    scratch = pod("web-1", volumes=({"name": "x", "emptyDir": {}},))
    remarks = plan(pods=PodsOnNodes({"n1": ToEvict((scratch,))})).remarks
    assert remarks == (STAYS, f"n1: {BAD} → {GOOD}", "the data of Pod/shop/web-1 go with them (emptyDir)")


def test_workers_come_before_the_control_plane_and_the_others_keep_their_order() -> None:
    members = [node(f"c{n}", control_plane=True) for n in range(3)]
    there = (members[0], node("w2"), members[1], node("w1"), members[2])
    found = plans(*there, hosts=tuple(host(one.name) for one in there))
    assert all(isinstance(one, Plan) for one in found), found
    assert [one.subject for one in found] == ["Node/w2", "Node/w1", "Node/c0", "Node/c1", "Node/c2"]


def test_a_node_that_was_cordoned_by_somebody_else_stays_so() -> None:
    found = plan(node(unschedulable=True))
    assert [type(change) for change in found.changes] == [DrainNode, RunOnHost, RunOnHost, RunOnHost]
    assert "n1 was cordoned before by somebody else, and stays so" in found.remarks


def test_a_node_that_an_earlier_run_left_cordoned_is_updated_and_let_go_of() -> None:
    found = plan(node(cordoned="update-kernel"))
    assert [type(change) for change in found.changes] == [DrainNode, RunOnHost, RunOnHost, RunOnHost, Uncordon]


def test_a_node_that_was_left_cordoned_and_is_sound_is_only_let_go_of() -> None:
    sound = host(uname_r=GOOD, probe=SOUND)
    (uncordon,) = plan(node(cordoned="update-kernel"), hosts=(sound,)).changes
    assert isinstance(uncordon, Uncordon)


def test_only_packages_that_are_there_are_named() -> None:
    install = plan(offers=Offers({"n1": OFFERED[:2]})).changes[2]
    assert isinstance(install, RunOnHost)
    assert install.names == OFFERED[:2]


def test_a_kernel_that_is_installed_already_is_booted() -> None:
    there = Packages(kernels=(InstalledKernel(BAD, "p", "1"), InstalledKernel(GOOD, "p", "1")), installed=OFFERED)
    boot = plan(hosts=(host(packages=there, next_boot=NextBoot(GOOD, GOOD, "0")),), offers=Offers({"n1": ()})).changes[
        4
    ]
    assert isinstance(boot, RunOnHost)
    assert boot.names == (GOOD,)


def test_the_kernel_that_is_wanted_is_taken() -> None:
    ask = msgspec.structs.replace(ASK, kernel="6.8.0-62")
    boot = plan(offers=Offers({"n1": (*OFFERED, "linux-image-6.8.0-62-generic")}), ask=ask).changes[4]
    assert isinstance(boot, RunOnHost)
    assert boot.names == ("6.8.0-62-generic",)


NEWER = Packages(kernels=(InstalledKernel(BAD, "p", "1"), InstalledKernel("6.8.0-62-generic", "p", "1")))


@pytest.mark.parametrize(
    ("given", "reason"),
    [
        ({"hosts": ()}, "its host was not read: --hosts=nodes"),
        ({"hosts": (host(source="a simulation"),)}, "its host is a simulation: nothing can be installed there"),
        ({"hosts": (host(immutable=("it is a Kairos image",)),)}, f"on n1: it is a Kairos image; {IMAGE}"),
        ({"hosts": (host(root=False),)}, "who logs in to n1 is not root there: --sudo"),
        ({"offers": Offers({}, {"n1": "no answer in 30 s"})}, "what apt offers on n1 was not read: no answer in 30 s"),
        ({"offers": Offers({"n1": ()})}, f"its apt offers no kernel of 6.8.0 generic after {BAD}"),
        ({"ask": msgspec.structs.replace(ASK, kernel="6.8.0-58")}, "--kernel=6.8.0-58: its apt offers no such kernel"),
        (
            {"hosts": (host(next_boot=NextBoot(None, BAD, "saved")),)},
            "that n1 will boot the newest kernel cannot be told: GRUB_DEFAULT is saved",
        ),
        ({"hosts": (host(next_boot=NextBoot(None, BAD)),)}, "cannot be told: it names no GRUB_DEFAULT"),
        ({"hosts": (host(next_boot=NextBoot("6.8.0-55-generic", BAD, "x")),)}, "cannot be told: GRUB_DEFAULT is x"),
        (
            {"hosts": (host(packages=NEWER),), "ask": msgspec.structs.replace(ASK, kernel=GOOD)},
            f"6.8.0-62-generic, which is installed, would be booted, and not {GOOD}",
        ),
        ({"pods": PodsOnNodes({}, {"n1": "forbidden"})}, "which pods would leave n1 was not read: forbidden"),
        (
            {"pods": PodsOnNodes({"n1": ToEvict((pod("bare", owned=False),))})},
            "Pod/shop/bare on n1 would not be made anew: --allow=delete-unmanaged-pods",
        ),
        ({"subjects": ("host:h9",)}, NO_NODE),
    ],
)
def test_where_it_cannot_be_done_it_is_refused_and_said_why(given: dict[str, Any], reason: str) -> None:
    assert reason in refusal(**given)


def test_bare_pods_leave_where_that_is_allowed() -> None:
    ask = msgspec.structs.replace(ASK, allow=frozenset({"reboot", "delete-unmanaged-pods"}))
    drain = plan(pods=PodsOnNodes({"n1": ToEvict((pod("bare", owned=False),))}), ask=ask).changes[1]
    assert isinstance(drain, DrainNode)
    assert drain.pods == ("Pod/shop/bare",)


def test_the_only_control_plane_node_is_not_taken_away() -> None:
    assert "n1 is one of 1 control-plane nodes" in refusal(node(control_plane=True))
