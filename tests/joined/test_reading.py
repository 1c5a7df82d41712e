"""What a cluster's API and its hosts tell together, on a real control plane and real sshd hosts."""

import pytest

from tests.commands import packcheck
from tests.joined.conftest import KERNEL, UNPAIRED, Join
from tests.remediations.runs import Runs
from tests.rigs.hosts import HostSpec

READS = {"get", "list", "watch"}
FOUR = (
    HostSpec(name="h1"),
    HostSpec(name="h2", kernels=("6.8.0-60-generic",)),
    HostSpec(name="h3", kernels=("6.8.0-58-generic",)),
    HostSpec(name="h4", kernels=("6.8.0-62-generic",), probe="broken"),
)


def test_each_node_is_judged_by_its_host_whose_ip6tables_stands_in_for_a_kernel_without_mark(
    join: Join, runs: Runs
) -> None:
    joined = join(*FOUR)
    marks = {host.name: host.mark() for host in joined.rig}
    audit = joined.plane.audit_mark()
    done = runs(*joined.nodes, f"--scenario={KERNEL}")
    assert done.code == 1, done
    (cluster,) = done.run["targets"]
    assert cluster["kind"] == "cluster"
    found = done.findings(cluster["id"], KERNEL)
    assert {name: f["grade"] for name, f in found.items()} == {"Node/h1": "proven", "Node/h4": "proven"}
    for words in (
        "h1: Calico programs IPv6",
        "MARK is unavailable",
        "6.8.0-57-generic",
        "the runbook's table lists it",
    ):
        assert words in found["Node/h1"]["message"]
    assert found["Node/h1"]["evidence"]["host"] == "h1"
    assert found["Node/h1"]["evidence"]["machine id"] == joined.rig["h1"].machine_id
    assert found["Node/h4"]["evidence"]["listed by"] == []
    assert "is certain all the same" in found["Node/h4"]["message"]
    notes = {note["subject"]: note["message"] for note in done.result(cluster["id"], KERNEL)["notes"]}
    assert list(notes) == ["Node/h3"]
    assert "the runbook's page lists it, and the probe found it sound" in notes["Node/h3"]
    assert done.run["writes"] == 0
    assert {event.verb for event in joined.plane.audit(audit, user="admin")} <= READS
    for host in joined.rig:
        assert len(host.connections(marks[host.name])) == 1
        assert len(host.commands(marks[host.name])) <= 3


def test_named_hosts_are_evidence_where_they_are_nodes_and_targets_where_they_are_not_also_with_workers(
    join: Join, tmp_path_factory: pytest.TempPathFactory
) -> None:
    joined = join(*FOUR[:2], HostSpec(name="h3"))
    joined.plane.api.text("DELETE", "/api/v1/nodes/h3")
    named = [joined.cluster, "--hosts=h1,h2,h3", *joined.ssh]
    told = []
    for workers in ([], ["-n2"]):
        marks = {host.name: host.mark() for host in joined.rig}
        done = packcheck(tmp_path_factory.mktemp("run") / "run", *named, *workers)
        assert done.code == 1, done
        assert [(t["id"], t["kind"]) for t in done.run["targets"]] == [("rig", "cluster"), ("h3", "host")]
        assert set(done.findings("rig", KERNEL)) == {"Node/h1"}
        (alone,) = done.findings("h3", KERNEL).values()
        assert (alone["subject"], alone["grade"]) == ("host:h3", "proven")
        assert "Calico was not read" in alone["message"]
        assert done.result("h3", UNPAIRED)["outcome"] == "passed"
        told.append(sorted((r["target"], r["scenario"], r["outcome"]) for r in done.run["results"]))
        assert {len(host.connections(marks[host.name])) for host in joined.rig} == {1}
    assert told[0] == told[1]
    assert not [result for result in told[0] if result[0] in ("h1", "h2", "none")]


def test_hosts_alone_are_judged_by_their_kernels_and_leave_the_rest_unasked(join: Join, runs: Runs) -> None:
    joined = join(*FOUR[:2])
    done = runs("--hosts=h1,h2", *joined.ssh)
    assert done.code == 1, done
    outcomes = {(r["target"], r["scenario"]): (r["outcome"], r["skip"]) for r in done.run["results"]}
    others = {key: came_to for key, came_to in outcomes.items() if key[0] == "none"}
    assert ("none", "packs/namespace-labels") in others
    assert set(others.values()) == {("skipped", "not-asked")}
    assert {key: came_to for key, came_to in outcomes.items() if key not in others} == {
        ("h1", KERNEL): ("failed", None),
        ("h2", KERNEL): ("passed", None),
        ("h1", UNPAIRED): ("passed", None),
        ("h2", UNPAIRED): ("passed", None),
    }
    reason = done.result("none", "packs/upgrade-pod")["reason"]
    assert reason.startswith("none of the targets that were named can tell: name a cluster (--kubeconfig=FILE")
    assert done.target("h2")["version"] == "6.8.0-60-generic"


def test_ipv6_that_is_off_on_a_host_alone_is_found_where_calico_programs_it(join: Join, runs: Runs) -> None:
    joined = join(*FOUR[1:2], HostSpec(name="h3", kernels=("6.8.0-60-generic",)))
    joined.rig["h3"].inside("sysctl", "-w", "net.ipv6.conf.all.disable_ipv6=1")
    done = runs(*joined.nodes, f"--scenario={UNPAIRED}")
    assert done.code == 1, done
    found = done.findings("rig", UNPAIRED)
    assert set(found) == {"Node/h3"}
    assert "IPv6 is off in its operating system (net.ipv6.conf.all.disable_ipv6 is 1)" in found["Node/h3"]["message"]
    fixed = runs(*joined.nodes, f"--scenario={UNPAIRED}", "--remediate", "--settle=0")
    assert (fixed.code, fixed.result("rig", UNPAIRED)["outcome"]) == (0, "fixed"), fixed
    undone = runs(*joined.nodes, f"--scenario={UNPAIRED}", f"--undo={fixed.folder}")
    assert (undone.code, undone.result("rig", UNPAIRED)["outcome"]) == (0, "failed"), undone


def test_without_hosts_the_same_cluster_is_listed_or_not_asked(join: Join, runs: Runs) -> None:
    joined = join(*FOUR[:2])
    done = runs(joined.cluster, f"--scenario={KERNEL}", f"--scenario={UNPAIRED}")
    assert done.code == 1, done
    found = done.findings("rig", KERNEL)
    assert {name: f["grade"] for name, f in found.items()} == {"Node/h1": "listed"}
    assert "the host was not read: with --hosts=nodes the probe on it would prove" in found["Node/h1"]["message"]
    skipped = done.result("rig", UNPAIRED)
    assert (skipped["outcome"], skipped["skip"]) == ("skipped", "not-asked")
    assert "no hosts were given, and Calico programs IPv6" in skipped["reason"]
