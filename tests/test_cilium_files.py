"""Cilium packs in files, as a person checks them before anything is deployed: whole runs on a folder and on one file."""

import difflib
import json
import shutil
import stat
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


def in_yaml(values: str) -> str:
    """A profile's export in YAML, with two packs whose values are blocks, in lines that end as on Windows."""
    block = "".join(f"          {line}\n" for line in values.splitlines())
    text = (
        "# exported\nspec:\n  template:\n    cloudType: eks\n    packs:\n      - name: cni-cilium-oss\n        tag: 1.17.x\n"
        f"        values: |\n{block}      - name: csi-aws-ebs\n        values: |\n          pack: {{}}\n"
    )
    return text.replace("\n", "\r\n")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    there = tmp_path / "profiles"
    there.mkdir()
    (there / "eks.json").write_text(export("eks", WRONG))
    (there / "vsphere.json").write_text(export("vsphere", "charts:\n  cilium: {}\n"))
    (there / "values.yaml").write_text(WRONG)
    return there


def check(folder: Path, *arguments: str, run: str = "run") -> Done:
    return packcheck(folder.parent / run, f"--artifacts={folder}", f"--scenario={SCENARIO}", *arguments)


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


def edited(folder: Path) -> dict[str, list[str]]:
    """Each file that is not as the fixture made it, with the lines of its diff."""
    found = {}
    for path in sorted(folder.iterdir()):
        old, new = ((where / path.name).read_bytes().decode() for where in (folder.parent / "before", folder))
        if old != new:
            lines = difflib.unified_diff(old.split("\n"), new.split("\n"), n=0, lineterm="")
            found[path.name] = [line for line in lines if not line.startswith(("---", "+++", "@@"))]
    return found


def test_files_are_edited_verified_left_alone_and_taken_back_to_the_byte(folder: Path) -> None:
    (folder / "eks.yaml").write_bytes(b"\xef\xbb\xbf" + in_yaml(WRONG).encode())
    (folder / "eks.yaml").chmod(0o640)
    shutil.copytree(folder, folder.parent / "before")

    remedied = check(folder, "--remediate", run="remedied")
    assert remedied.code == 6, remedied  # values.yaml stands alone: its cloud is not told
    assert remedied.result("profiles", SCENARIO)["outcome"] == "fixed"
    assert remedied.run["writes"] == 2
    diff = edited(folder)
    assert set(diff) == {"eks.json", "eks.yaml"}
    assert diff["eks.yaml"] == ["-                mode: cluster-pool\r", '+                mode: "eni"\r']
    assert json.loads((folder / "eks.json").read_text()) == json.loads(
        export("eks", WRONG.replace("mode: cluster-pool", 'mode: "eni"'))
    )
    assert stat.S_IMODE((folder / "eks.yaml").stat().st_mode) == 0o640

    again = check(folder, "--remediate", run="again")
    assert (again.result("profiles", SCENARIO)["outcome"], again.run["writes"]) == ("error", 0)
    undone = check(folder, f"--undo={remedied.folder}", run="undone")
    assert undone.code == 0, undone
    assert edited(folder) == {}
    twice = check(folder, f"--undo={remedied.folder}", run="twice")
    assert (twice.code, twice.run["writes"]) == (0, 0), twice
