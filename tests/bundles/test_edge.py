"""Edge bundles: targets of their own, and evidence beside the bundle of their cluster, whose node they are."""

from pathlib import Path
from typing import Any

import pytest

from tests.bundles.made import edge, infra, listed, named, packed, written
from tests.commands import packcheck
from tests.domain.test_hosts_edge import BOOT_LIST, DMESG, OFF, UP

BOOT_ID = "01234567-89ab-cdef-0123-456789abcdef"
UBUNTU = 'PRETTY_NAME="Ubuntu 24.04.2 LTS"\nID=ubuntu\nVERSION_ID="24.04"\n'
CALICO, UNPAIRED = "packs/calico-ipv6-kernel", "packs/ipv6-off-unpaired"


def node(name: str, boot_id: str = "", kernel: str = "6.8.0-60-generic") -> dict[str, Any]:
    info = {"kernelVersion": kernel, "osImage": "Ubuntu 24.04.2 LTS", "operatingSystem": "linux", "bootID": boot_id}
    return named("Node", name, status={"nodeInfo": info})


def cluster(folder: Path, *nodes: dict[str, Any]) -> Path:
    """A cluster whose Calico has IPv6 on, on all of these nodes."""
    env = [{"name": "FELIX_IPV6SUPPORT", "value": "true"}]
    pod = {
        "metadata": {"labels": {"k8s-app": "calico-node"}},
        "spec": {"containers": [{"name": "calico-node", "env": env}]},
    }
    status = {"desiredNumberScheduled": len(nodes), "currentNumberScheduled": len(nodes)}
    calico = named("DaemonSet", "calico-node", "kube-system", spec={"template": pod}, status=status)
    return infra(folder, [named("Namespace", "kube-system"), named("Namespace", "default"), calico, *nodes])


def host(folder: Path, name: str, **files: str) -> Path:
    return edge(folder, name, **{"hostname": f"{name}\n", "osrelease": UBUNTU, "dmesg": DMESG, **files})


def test_a_host_of_its_own_is_judged_by_its_kernel(tmp_path: Path) -> None:
    alone = packed(host(tmp_path, "edge-1", journal_boot=BOOT_LIST, ipv6addrshow=OFF))
    done = packcheck(tmp_path / "run", f"--bundle={alone}")
    assert done.target("edge-1")["kind"] == "bundle"
    asked = {result["scenario"] for result in done.run["results"] if result["target"] == "edge-1"}
    assert asked == {CALICO, UNPAIRED}, "what needs a cluster cannot be decided by a host, and passes nothing"
    assert done.target("edge-1")["version"] == "6.8.0-57-generic"
    assert "Palette edge bundle" in done.target("edge-1")["note"]
    finding = done.findings("edge-1", CALICO)["host:edge-1"]
    assert finding["grade"] == "listed"
    assert finding["evidence"]["kernel"] == "6.8.0-57-generic"
    unpaired = done.result("edge-1", UNPAIRED)
    assert unpaired["outcome"] == "error", "Calico was not read"
    assert "net.ipv6.conf.all.disable_ipv6 is 1" in unpaired["undecided"][0]["reason"]


@pytest.mark.parametrize(
    ("boot", "files"),
    [(BOOT_ID, {"journal_boot": BOOT_LIST}), ("", {})],
    ids=["by its boot id", "by its hostname"],
)
def test_a_host_is_evidence_beside_the_bundle_of_its_cluster(boot: str, files: dict[str, str], tmp_path: Path) -> None:
    name = "other-name" if boot else "n1"
    prod = cluster(tmp_path, node("n1", boot), node("n2"))
    edges = [host(tmp_path, name, ipv6addrshow=OFF, **files), host(tmp_path, "n3", dmesg="")]
    done = packcheck(tmp_path / "run", *(f"--bundle={path}" for path in (edges[0], prod, edges[1])))
    assert [target["id"] for target in done.run["targets"]] == [prod.name, "n3"], "n3 is no node of this cluster"
    calico = done.findings(prod.name, CALICO)
    assert set(calico) == {"Node/n1"}, "the kubelet's kernel is a fixed one, the host's own log has the one that ran"
    assert "6.8.0-57-generic is listed as affected" in calico["Node/n1"]["message"]
    unpaired = done.findings(prod.name, UNPAIRED)
    assert set(unpaired) == {"Node/n1"}
    assert unpaired["Node/n1"]["evidence"]["read by"] == "a Palette edge bundle"


def test_a_host_that_does_not_tell_its_kernel_leaves_the_kubelets_word(tmp_path: Path) -> None:
    prod = cluster(tmp_path, node("n1", kernel="6.8.0-57-generic"))
    told = host(tmp_path, "n1", dmesg="-- No entries --\n", ipv6addrshow=UP)
    done = packcheck(tmp_path / "run", f"--bundle={prod}", f"--bundle={told}")
    assert done.findings(prod.name, CALICO)["Node/n1"]["grade"] == "listed"
    assert done.result(prod.name, UNPAIRED)["outcome"] == "passed"


def test_a_recording_of_a_host_is_a_host(tmp_path: Path) -> None:
    first = packcheck(tmp_path / "run", f"--bundle={host(tmp_path, 'edge-1', ipv6addrshow=OFF)}", "--record")
    again = packcheck(tmp_path / "again", f"--bundle={first.folder / 'recording' / 'edge-1'}")
    assert [r["scenario"] for r in again.run["results"]] == [r["scenario"] for r in first.run["results"]]
    for scenario in (CALICO, UNPAIRED):
        assert again.result("edge-1", scenario)["findings"] == first.result("edge-1", scenario)["findings"]
        assert again.result("edge-1", scenario)["undecided"] == first.result("edge-1", scenario)["undecided"]


def test_a_hostname_that_two_nodes_have_is_nobodys(tmp_path: Path) -> None:
    twin = node("n2") | {"metadata": {"name": "n2", "labels": {"kubernetes.io/hostname": "n1"}}}
    prod = cluster(tmp_path, node("n1"), twin)
    done = packcheck(tmp_path / "run", f"--bundle={prod}", f"--bundle={host(tmp_path, 'n1')}", f"--scenario={CALICO}")
    notes = [note["message"] for note in done.result(prod.name, CALICO)["notes"]]
    assert any("what was read of it is not used" in note for note in notes)


def test_a_control_plane_nodes_bundle_is_its_cluster_with_its_host(tmp_path: Path) -> None:
    top = host(tmp_path, "n1", ipv6addrshow=OFF, journal_boot=BOOT_LIST)
    for path in (prod := cluster(tmp_path, node("n1", BOOT_ID))).rglob("*.yaml"):
        written(top, {str(path.relative_to(prod)): path.read_text()})
    written(top, {"k8s/cluster-resources/nodes.yaml": listed([node("n1", BOOT_ID)])})
    done = packcheck(tmp_path / "run", f"--bundle={top}")
    assert set(done.findings("n1", CALICO)) == {"Node/n1"}
    assert set(done.findings("n1", UNPAIRED)) == {"Node/n1"}
