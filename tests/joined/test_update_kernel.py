"""update-kernel on real sshd hosts that are the nodes of a real control plane.

The installed kernels are packages without a kernel in them; which one is booted is what GRUB's own files say, and the
host's ip6tables answers as that kernel's would.
"""

from typing import Any

import pytest

from tests import broken
from tests.joined.conftest import KERNEL, Join, Joined
from tests.remediations.runs import Runs
from tests.rigs.controlplane.readiness import until
from tests.rigs.hosts import HostSpec, difference

READS = {"get", "list", "watch"}
UPDATE = ["--remediate", f"--remedy={KERNEL}=update-kernel", "--allow=reboot", "--settle=0", "--max-changes=60"]
ASK = [f"--scenario={KERNEL}", "--reboot-timeout=40", "--drain-timeout=30"]
SOUND = HostSpec(name="spare", kernels=("6.8.0-60-generic",))


def web(joined: Joined, replicas: int = 2, budget: int | None = None) -> None:
    """A Deployment whose pods may go where they like, and a budget of how many of them may be away."""
    joined.plane.namespace("shop")
    template = {
        "metadata": {"labels": {"app": "web"}},
        "spec": {"terminationGracePeriodSeconds": 0, "containers": [{"name": "web", "image": "web"}]},
    }
    spec = {"replicas": replicas, "selector": {"matchLabels": {"app": "web"}}, "template": template}
    made: list[Any] = [
        {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "web", "namespace": "shop"}, "spec": spec}
    ]
    if budget is not None:
        rule = {"maxUnavailable": budget, "selector": spec["selector"]}
        made.append(
            {
                "apiVersion": "policy/v1",
                "kind": "PodDisruptionBudget",
                "metadata": {"name": "web", "namespace": "shop"},
                "spec": rule,
            }
        )
    broken.create(joined.plane, made)
    until(lambda: len([p for p in broken.pods(joined.plane, "shop").values() if broken.ready(p)]) == replicas, "web")


def cordoned(joined: Joined) -> dict[str, bool]:
    return {host.name: joined.node(host.name)["spec"].get("unschedulable", False) for host in joined.rig}


def test_hosts_whose_ip6tables_stands_in_for_their_kernel_are_updated_one_by_one_and_fixed_and_again_nothing_is_changed(
    join: Join, runs: Runs
) -> None:
    joined = join(HostSpec(name="h1"), HostSpec(name="h2"), SOUND)
    web(joined, replicas=4, budget=1)
    boots = {host.name: host.boot_id for host in joined.rig}
    done = runs(*joined.nodes, *ASK, *UPDATE)
    assert done.code == 0, done
    result = done.result("rig", KERNEL)
    assert result["outcome"] == "fixed", done
    order = [(change["object"], change["action"], change["state"]) for change in result["changes"]]
    one = ["patch", "drain", "install", "hold", "reboot", "uncordon"]
    assert [action for _, action, _ in order] == one * 2
    assert {state for _, _, state in order} == {"applied"}
    for host in joined.rig:
        assert host.kernel == "6.8.0-60-generic"
        assert (host.boot_id != boots[host.name]) is (host.name != "spare")
    assert cordoned(joined) == {"h1": False, "h2": False, "spare": False}
    held = joined.rig["h1"].inside("apt-mark", "showhold").stdout.split()
    assert held == [f"linux-{part}-6.8.0-60-generic" for part in ("image", "modules", "modules-extra")]

    before = {host.name: host.snapshot() for host in joined.rig}
    audit = joined.plane.audit_mark()
    again = runs(*joined.nodes, *ASK, *UPDATE)
    assert (again.code, again.run["writes"], again.result("rig", KERNEL)["outcome"]) == (0, 0, "passed"), again
    assert {event.verb for event in joined.plane.audit(audit, user="admin")} <= READS
    assert {host.name: difference(before[host.name], host.snapshot()) for host in joined.rig} == {
        "h1": [],
        "h2": [],
        "spare": [],
    }


def test_through_calico_it_is_fixed_and_found_again_once_that_is_undone(join: Join, runs: Runs) -> None:
    joined = join(HostSpec(name="h1"), SOUND)
    fixed = runs(*joined.nodes, f"--scenario={KERNEL}", "--remediate", "--settle=0")
    assert (fixed.code, fixed.result("rig", KERNEL)["outcome"]) == (0, "fixed"), fixed
    assert joined.rig["h1"].kernel == "6.8.0-57-generic"
    undone = runs(*joined.nodes, f"--scenario={KERNEL}", f"--undo={fixed.folder}")
    assert (undone.code, undone.result("rig", KERNEL)["outcome"]) == (0, "failed"), undone
    assert undone.findings("rig", KERNEL)["Node/h1"]["grade"] == "proven"


def test_undoing_lets_go_of_the_hold_and_says_that_the_kernel_stays(join: Join, runs: Runs) -> None:
    joined = join(HostSpec(name="h1"), SOUND)
    done = runs(*joined.nodes, *ASK, *UPDATE)
    assert done.code == 0, done
    undone = runs(*joined.nodes, f"--scenario={KERNEL}", f"--undo={done.folder}")
    assert undone.code == 0, undone
    assert undone.result("rig", KERNEL)["outcome"] == "passed"
    told = {
        change["action"]: (change["state"], change["message"]) for change in undone.result("rig", KERNEL)["changes"]
    }
    assert told["hold"][0] == "taken-back"
    assert told["install"] == ("kept", "irreversible: an installed kernel stays installed")
    assert told["reboot"][0] == told["uncordon"][0] == "kept"
    assert joined.rig["h1"].inside("apt-mark", "showhold").stdout == ""
    assert cordoned(joined) == {"h1": False, "spare": False}
    again = runs(*joined.nodes, f"--scenario={KERNEL}", f"--undo={done.folder}")
    assert (again.code, again.run["writes"]) == (0, 0), again


def test_it_is_refused_without_reboot_being_allowed_and_the_plan_names_each_command(join: Join, runs: Runs) -> None:
    joined = join(HostSpec(name="h1"), SOUND)
    refused = runs(*joined.nodes, *ASK, "--remediate", f"--remedy={KERNEL}=update-kernel")
    assert (refused.code, refused.run["writes"]) == (1, 0), refused
    assert "update-kernel is refused for Node/h1: it needs --allow=reboot" in refused.result("rig", KERNEL)["reason"]
    planned = runs(*joined.nodes, *ASK, "--plan", f"--remedy={KERNEL}=update-kernel", "--allow=reboot")
    assert planned.code == 1, planned
    commands = [change["command"] for change in planned.result("rig", KERNEL)["changes"]]
    packages = " ".join(f"linux-{part}-6.8.0-60-generic" for part in ("image", "modules", "modules-extra"))
    assert commands == [
        "kubectl cordon h1",
        "kubectl drain h1 --ignore-daemonsets --delete-emptydir-data --timeout=30s",
        f"ssh h1 sudo apt-get install {packages}",
        f"ssh h1 sudo apt-mark hold {packages}",
        "ssh h1 sudo reboot",
        "kubectl uncordon h1",
    ]
    assert joined.rig["h1"].kernel == "6.8.0-57-generic"
    applied = runs(*joined.nodes, *ASK, "--remediate", f"--from-plan={planned.folder}", "--allow=reboot", "--settle=0")
    assert (applied.code, applied.result("rig", KERNEL)["outcome"]) == (0, "fixed"), applied
    assert joined.rig["h1"].kernel == "6.8.0-60-generic"
    stale = runs(*joined.nodes, *ASK, "--remediate", f"--from-plan={planned.folder}", "--allow=reboot", "--settle=0")
    assert (stale.code, stale.run["writes"]) == (0, 0), stale


def test_a_control_plane_of_three_is_updated_after_the_workers_and_one_by_one(join: Join, runs: Runs) -> None:
    members = [HostSpec(name=f"c{n}", control_plane=True) for n in (1, 2, 3)]
    joined = join(*members, HostSpec(name="w1"))
    done = runs(*joined.nodes, *ASK, *UPDATE)
    assert (done.code, done.result("rig", KERNEL)["outcome"]) == (0, "fixed"), done
    reboots = [change["subject"] for change in done.result("rig", KERNEL)["changes"] if change["action"] == "reboot"]
    assert reboots == ["Node/w1", "Node/c1", "Node/c2", "Node/c3"]
    assert {host.kernel for host in joined.rig} == {"6.8.0-60-generic"}


@pytest.mark.parametrize(
    ("spec", "reason"),
    [
        (HostSpec(name="h1", os="kairos"), "no package can be installed on h1: "),
        (HostSpec(name="h1", offers=("6.8.0-58-generic",)), "its apt offers no kernel of 6.8.0 generic after"),
        (HostSpec(name="h1", control_plane=True), "h1 is one of 1 control-plane nodes, of which 1 must be up"),
    ],
    ids=["immutable", "nothing fixed is offered", "the only control-plane node"],
)
def test_where_it_cannot_be_done_it_is_refused_with_the_reason(
    join: Join, runs: Runs, spec: HostSpec, reason: str
) -> None:
    joined = join(spec, SOUND)
    done = runs(*joined.nodes, *ASK, *UPDATE)
    assert (done.code, done.run["writes"]) == (1, 0), done
    assert reason in done.result("rig", KERNEL)["reason"], done
    assert cordoned(joined) == {"h1": False, "spare": False}


def test_a_budget_that_allows_nothing_keeps_the_node_and_it_takes_pods_again(join: Join, runs: Runs) -> None:
    joined = join(HostSpec(name="h1"), SOUND)
    web(joined, replicas=4, budget=0)
    done = runs(*joined.nodes, *ASK, *UPDATE, "--drain-timeout=3")
    assert done.code == 7, done
    result = done.result("rig", KERNEL)
    states = {change["action"]: change["state"] for change in result["changes"]}
    assert states == {
        "patch": "taken-back",
        "drain": "failed",
        "install": "not-done",
        "hold": "not-done",
        "reboot": "not-done",
        "uncordon": "not-done",
    }
    assert "was not drained within 3 s" in done.said
    assert "disruption budget" in done.said
    assert cordoned(joined) == {"h1": False, "spare": False}
    assert "packcheck.dev/cordoned-by" not in joined.node("h1")["metadata"].get("annotations", {})
    assert joined.rig["h1"].kernel == "6.8.0-57-generic"


def test_a_host_that_does_not_come_back_stops_the_others(join: Join, runs: Runs) -> None:
    joined = join(HostSpec(name="h1", comes_back=False), HostSpec(name="h2"), SOUND)
    done = runs(*joined.nodes, *ASK, *UPDATE, "--reboot-timeout=8", "--connect-timeout=1")
    assert done.code == 7, done
    states = [
        (c["subject"], c["action"], c["state"])
        for c in done.result("rig", KERNEL)["changes"]
        if c["state"] != "applied"
    ]
    assert ("Node/h1", "reboot", "failed") in states
    assert {state for subject, _, state in states if subject == "Node/h2"} == {"not-done"}
    assert "waited in vain (8 s) for the reboot of h1" in done.said
    assert joined.rig["h2"].kernel == "6.8.0-57-generic"
    assert cordoned(joined) == {"h1": False, "h2": False, "spare": False}


def test_a_host_that_comes_back_and_is_not_sound_stops_the_others(join: Join, runs: Runs) -> None:
    joined = join(HostSpec(name="h1", probe="broken"), HostSpec(name="h2"), SOUND)
    done = runs(*joined.nodes, *ASK, *UPDATE)
    assert done.code == 7, done
    assert "h1 came back with kernel 6.8.0-60-generic, and ip6tables MARK is unavailable" in done.said
    assert joined.rig["h2"].kernel == "6.8.0-57-generic"
    assert joined.rig["h1"].inside("apt-mark", "showhold").stdout == ""
    assert cordoned(joined) == {"h1": False, "h2": False, "spare": False}
