"""Cilium packs in files, as a person checks them before anything is deployed: whole runs on a folder and on one file."""

import json
from pathlib import Path

import pytest

from tests.commands import Done, packcheck

SCENARIO = "packs/cilium-eks-values"
WRONG = """\
charts:
  cilium:
    # addresses of the overlay
    ipam:
      mode: cluster-pool
    eni:
      enabled: true
    endpointRoutes:
      enabled: true
    enableIPv4Masquerade: false
    enableIPv6Masquerade: false
    kubeProxyReplacement: "true"
    kubeProxyReplacementHealthzBindAddr: 0.0.0.0:10256
    routingMode: native
"""


def export(cloud: str, values: str) -> str:
    """A profile's export in JSON, as Palette's own interface gives it."""
    packs = [{"name": "cni-cilium-oss", "layer": "cni", "tag": "1.18.2", "values": values}]
    spec = {"template": {"cloudType": cloud, "packs": packs}}
    return json.dumps({"metadata": {"name": f"{cloud}-profile"}, "spec": spec}, indent=2)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    there = tmp_path / "profiles"
    there.mkdir()
    (there / "eks.json").write_text(export("eks", WRONG))
    (there / "vsphere.json").write_text(export("vsphere", "charts:\n  cilium: {}\n"))
    (there / "values.yaml").write_text(WRONG)
    return there


def check(folder: Path, *arguments: str) -> Done:
    return packcheck(folder.parent / "run", f"--artifacts={folder}", f"--scenario={SCENARIO}", *arguments)


def test_a_folder_is_judged_by_the_cloud_of_each_profile(folder: Path) -> None:
    done = check(folder)
    assert done.code == 1, done
    ((subject, finding),) = done.findings("profiles", SCENARIO).items()
    line = (folder / "eks.json").read_text().split("\n").index(next(
        one for one in (folder / "eks.json").read_text().split("\n") if '"values"' in one
    )) + 1  # fmt: skip
    assert subject == f"eks.json:{line}"
    assert finding["remedy"] == "set-cilium-values"
    assert 'charts.cilium.ipam.mode is "cluster-pool" (written), wanted eni' in finding["message"]
    assert (finding["evidence"]["profile"], finding["evidence"]["cloud"]) == ("eks-profile", "eks")
    (undecided,) = done.result("profiles", SCENARIO)["undecided"]
    assert undecided["subject"] == "values.yaml:1"
    assert undecided["would_help"] == "the cluster profile's export, which names its cloud"
    assert done.run["writes"] == 0


def test_a_file_for_another_cloud_is_not_applicable(folder: Path) -> None:
    done = check(folder / "vsphere.json")
    assert done.code == 0, done
    result = done.result("vsphere", SCENARIO)
    assert (result["outcome"], result["reason"]) == ("skipped", "Cilium is for vsphere here, not for EKS")
