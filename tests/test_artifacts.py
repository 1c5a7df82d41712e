"""A repository of everything that is fed to Palette, Kairos and MAAS: judged by path and line, edited, and taken back."""

import hashlib
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.commands import Done, packcheck

REPOSITORY = Path(__file__).parent / "cases" / "repository"
LABELS, CALICO, UNPAIRED = "packs/namespace-labels", "packs/calico-ipv6-kernel", "packs/ipv6-off-unpaired"
CILIUM = "packs/cilium-eks-values"
SCENARIOS = [f"--scenario={scenario}" for scenario in (LABELS, CALICO, UNPAIRED, CILIUM)]
KINDS = {
    "canvos/.arg": "CanvOS .arg",
    "canvos/Dockerfile": "CanvOS Dockerfile",
    "clusters/cluster.yaml": "custom resources of Palette",
    "edge/user-data": "edge user-data",
    "kairos/images/Dockerfile.ubuntu": "Kairos Dockerfile",
    "maas/curtin_userdata_ubuntu": "curtin preseed",
    "packs/cni-calico/values.yaml": "pack values",
    "packs/edge-native-byoi/values.yaml": "BYOS OS pack values",
    "packs/lb-metallb/values.yaml": "pack values",
    "packs/spegel/values.yaml": "pack values",
    "profiles/addons.json": "cluster profile export",
    "profiles/edge-fixed.yaml": "cluster profile export",
    "profiles/edge-infra.yaml": "cluster profile export",
    "profiles/eks-fixed.json": "cluster profile export",
    "profiles/eks-infra.yaml": "cluster profile export",
    "terraform/profile.tf": "Terraform cluster profiles",
    "terraform/values/calico.yaml": "pack values",
}
FOUND = {
    LABELS: {
        "clusters/cluster.yaml:26": "csi-trident: pack.namespaceLabels is a list",
        "packs/spegel/values.yaml:5": "spegel: it is declared for spegel-system, and the pack installs into spegel",
        "profiles/addons.json:25": "piraeus-operator: the labels are a list, and one comma-joined string belongs there",
        "profiles/addons.json:32": 'consul: metadata.labels[pod-security.kubernetes.io/enforce]: Invalid value: "priviledged"',
        "profiles/addons.json:39": "=baseline contradicts pod-security.kubernetes.io/enforce=privileged, which lb-metallb-helm of the same profile",
    },
    CALICO: {
        "clusters/cluster.yaml:17": "sets FELIX_IPV6SUPPORT to off, which is no boolean of Felix'",
        "profiles/addons.json:46": "does not set FELIX_IPV6SUPPORT, and Felix' default is on; canvos/.arg:6 (beside it:",
        "profiles/edge-infra.yaml:50": "profiles/edge-infra.yaml:23 (of the same profile): options.system.uri",
        "terraform/values/calico.yaml:4": "terraform/profile.tf:20 (of the same profile): options.system.uri",
    },
    UNPAIRED: {
        "edge/user-data:9": "stages.boot.after, step no-ipv6 of edge turns IPv6 off, and Calico still programs it:",
        "profiles/edge-infra.yaml:28": "stages.boot, step disable-ipv6 of edge-native-byoi turns IPv6 off, and Calico",
    },
    CILIUM: {
        "profiles/eks-infra.yaml:29": 'charts.cilium.ipam.mode is "cluster-pool" (written), wanted eni',
    },
}
COMPUTED, LOST = "terraform/profile.tf:27", "terraform/profile.tf:33"
DIFF = """\
clusters/cluster.yaml
-                    FELIX_IPV6SUPPORT: "off"
+                    FELIX_IPV6SUPPORT: "false"
profiles/addons.json
-          "values": "manifests:\\n  calico:\\n    env:\\n      calicoNode:\\n        #FELIX_IPV6SUPPORT: \\"true\\"\\n"
+          "values": "manifests:\\n  calico:\\n    env:\\n      calicoNode:\\n        FELIX_IPV6SUPPORT: \\"false\\"\\n"
profiles/edge-fixed.yaml
-                  FELIX_IPV6SUPPORT: "true"
+                  FELIX_IPV6SUPPORT: "false"
profiles/edge-infra.yaml
-                  #FELIX_IPV6SUPPORT: "true"
+                  FELIX_IPV6SUPPORT: "false"
profiles/eks-infra.yaml
-                mode: "cluster-pool" # not of the VPC
+                mode: "eni" # not of the VPC
terraform/values/calico.yaml
-      calicoNode: {}
+      calicoNode: {FELIX_IPV6SUPPORT: "false"}
"""


def git(folder: Path, *arguments: str) -> str:
    named = ["-c", "user.name=x", "-c", "user.email=x@example.com", "-c", "core.autocrlf=false"]
    return subprocess.run(["git", *named, *arguments], cwd=folder, check=True, capture_output=True, text=True).stdout


def digests(folder: Path) -> dict[str, tuple[str, int]]:
    """Every file with its bytes' digest and its mode."""
    files = [p for p in sorted(folder.rglob("*")) if p.is_file() and ".git" not in p.parts]
    return {str(p): (hashlib.sha256(p.read_bytes()).hexdigest(), p.stat().st_mode) for p in files}


def changed_lines(folder: Path) -> str:
    lines = git(folder, "diff", "--unified=0").splitlines()
    wanted = [
        line.removeprefix("+++ b/")
        for line in lines
        if line.startswith("+++") or (line[:1] in "+-" and line[:3] != "---")
    ]
    return "\n".join(wanted) + "\n"


@pytest.fixture(scope="module")
def there(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The repository, as a person has it checked out."""
    folder = tmp_path_factory.mktemp("there") / "profiles"
    shutil.copytree(REPOSITORY, folder)
    (folder / "edge" / "user-data").chmod(0o640)
    git(folder, "init", "-q")
    git(folder, "add", "-A")
    git(folder, "commit", "-qm", "as it is")
    return folder


@pytest.fixture(scope="module")
def checked(there: Path, tmp_path_factory: pytest.TempPathFactory) -> Done:
    return packcheck(tmp_path_factory.mktemp("checked") / "run", f"--artifacts={there}", *SCENARIOS)


def test_each_file_is_told_for_what_it_is_taken(checked: Done, there: Path, tmp_path: Path) -> None:
    assert checked.code == 1, checked
    target = checked.target("profiles")
    assert (target["kind"], target["source"], target["files"]) == ("artifacts", str(there), KINDS)
    listed = packcheck(tmp_path / "run", f"--artifacts={there}", "--list-artifacts")
    assert listed.code == 0, listed
    assert listed.left_nothing
    for path, kind in {**KINDS, "docs/notes.yaml": "not recognised"}.items():
        assert f"{path}: {kind}" in listed.said
    assert "README.md" not in listed.said


@pytest.mark.parametrize("scenario", FOUND)
def test_each_verdict_is_at_its_line(checked: Done, scenario: str) -> None:
    found = checked.findings("profiles", scenario)
    assert set(found) == set(FOUND[scenario])
    for subject, words in FOUND[scenario].items():
        assert words in found[subject]["message"]
        assert found[subject]["by_hand"]
        assert found[subject]["source"].startswith("https://docs.spectrocloud.com/troubleshooting/pack-issues/#")
    assert [one["subject"] for one in checked.result("profiles", scenario)["undecided"]] == [COMPUTED, LOST]


def test_what_is_edited_is_what_is_meant_once_and_comes_back_byte_by_byte(there: Path, tmp_path: Path) -> None:
    before = digests(there)
    planned = packcheck(tmp_path / "plan", f"--artifacts={there}", "--plan", *SCENARIOS)
    assert planned.code == 1, planned
    assert digests(there) == before
    done = packcheck(tmp_path / "run", f"--artifacts={there}", "--remediate", *SCENARIOS)
    assert done.code == 1, done  # labels stay a person's to mend
    assert {r["scenario"]: r["outcome"] for r in done.run["results"]} == {
        LABELS: "failed",
        CALICO: "fixed",
        UNPAIRED: "fixed",
        CILIUM: "fixed",
    }
    assert done.run["writes"] == len({line for line in DIFF.splitlines() if line[0] not in "+-"})
    assert changed_lines(there) == DIFF
    again = packcheck(tmp_path / "again", f"--artifacts={there}", "--remediate", *SCENARIOS)
    assert (again.code, again.run["writes"]) == (1, 0), again
    undone = packcheck(tmp_path / "undo", f"--artifacts={there}", f"--undo={tmp_path / 'run'}")
    assert undone.code == 0, undone
    assert digests(there) == before


def test_a_plan_is_applied_as_it_was_looked_at_and_not_to_what_changed_since(there: Path, tmp_path: Path) -> None:
    folder = tmp_path / "profiles"
    shutil.copytree(there, folder)
    packcheck(tmp_path / "plan", f"--artifacts={folder}", "--plan", *SCENARIOS)
    moved = folder / "profiles" / "edge-infra.yaml"
    moved.write_text(moved.read_text() + "# somebody else was here\n")
    plan = tmp_path / "plan" / "plan.json"
    done = packcheck(tmp_path / "run", f"--artifacts={folder}", "--remediate", f"--from-plan={plan}", *SCENARIOS)
    assert done.code == 1, done
    assert "profiles/edge-infra.yaml is not what it was when the plan was made" in done.said
    assert 'FELIX_IPV6SUPPORT: "false"' not in moved.read_text()
    assert 'FELIX_IPV6SUPPORT: "false"' in (folder / "clusters" / "cluster.yaml").read_text()


def test_a_file_that_may_not_be_written_is_refused_and_the_others_are(there: Path, tmp_path: Path) -> None:
    folder = tmp_path / "profiles"
    shutil.copytree(there, folder)
    shut = folder / "profiles" / "edge-infra.yaml"
    shut.chmod(0o444)
    done = packcheck(tmp_path / "run", f"--artifacts={folder}", "--remediate", f"--scenario={CALICO}")
    assert done.code == 1, done
    assert "profiles/edge-infra.yaml may not be written, by its mode" in done.said
    assert set(done.findings("profiles", CALICO)) == {"profiles/edge-infra.yaml:50"}
    assert 'FELIX_IPV6SUPPORT: "false"' in (folder / "clusters" / "cluster.yaml").read_text()


def test_undo_leaves_what_somebody_else_changed_since(there: Path, tmp_path: Path) -> None:
    folder = tmp_path / "profiles"
    shutil.copytree(there, folder)
    packcheck(tmp_path / "run", f"--artifacts={folder}", "--remediate", *SCENARIOS)
    beside, over = folder / "clusters" / "cluster.yaml", folder / "terraform" / "values" / "calico.yaml"
    beside.write_text(beside.read_text() + "# a comment at the end\n")
    over.write_text(over.read_text().replace('"false"', '"true"'))
    undone = packcheck(tmp_path / "undo", f"--artifacts={folder}", f"--undo={tmp_path / 'run'}")
    assert undone.code == 7, undone
    assert any("terraform/values/calico.yaml" in left for left in undone.run["left"])
    assert beside.read_text() == (there / "clusters" / "cluster.yaml").read_text() + "# a comment at the end\n"
    assert '"true"' in over.read_text()


def test_a_stage_is_added_with_calicos_value_and_never_alone(there: Path, tmp_path: Path) -> None:
    folder = tmp_path / "edge"
    (folder / "p").mkdir(parents=True)
    shutil.copy(there / "profiles" / "edge-fixed.yaml", folder / "p" / "edge.yaml")
    file = folder / "p" / "edge.yaml"
    file.write_text(file.read_text().replace("6.8.0-60", "6.8.0-57"))
    before = file.read_text()
    chosen = f"--remedy={CALICO}=add-disable-ipv6-stage"
    done = packcheck(tmp_path / "run", f"--artifacts={folder}", "--remediate", chosen, f"--scenario={CALICO}")
    assert done.code == 0, done
    after = file.read_text()
    assert "              - name: disable-ipv6\n                commands:\n" in after
    assert after.count('FELIX_IPV6SUPPORT: "false"') == 1
    assert done.run["writes"] == 1
    paired = packcheck(tmp_path / "paired", f"--artifacts={folder}", f"--scenario={UNPAIRED}")
    assert paired.code == 0, paired
    undone = packcheck(tmp_path / "undo", f"--artifacts={folder}", f"--undo={tmp_path / 'run'}")
    assert undone.code == 0, undone
    assert file.read_text() == before


def test_a_folder_that_holds_nothing_of_the_kind_decides_nothing(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    (tmp_path / "empty" / "other.yaml").write_text("a: b\n")
    done = packcheck(tmp_path / "run", f"--artifacts={tmp_path / 'empty'}")
    assert done.code == 5, done
    assert {result["skip"] for result in done.run["results"]} == {"not-asked"}
    assert "of 1 files that were looked at, none is one that a scenario speaks of" in done.run["results"][0]["reason"]


def test_a_remedy_of_clusters_does_not_act_on_files(tmp_path: Path) -> None:
    files = REPOSITORY / "packs" / "spegel"
    done = packcheck(tmp_path / "run", f"--artifacts={files}", "--plan", f"--remedy={LABELS}=label-namespace")
    assert done.code == 1, done
    assert "label-namespace is refused for values.yaml:5: it does not act on files" in done.said


def test_helm_values_are_judged_once_with_all_that_overlay_them(tmp_path: Path) -> None:
    (tmp_path / "base.yaml").write_text("eni:\n  enabled: false\n")
    (tmp_path / "eks.yaml").write_text("eni:\n  enabled: true\n")
    named = [f"--artifacts={tmp_path / name}" for name in ("base.yaml", "eks.yaml")]
    done = packcheck(tmp_path / "run", *named, "--scenario=packs/cilium-eks-values")
    results = {result["target"]: result for result in done.run["results"]}
    assert results["base"]["skip"] == "not-asked"
    assert "judged with the file of Helm values that was named after it" in results["base"]["reason"]
    (open_,) = results["eks"]["undecided"]
    assert "eni.enabled is" not in open_["reason"]


def test_what_files_declare_holds_for_every_cluster_of_the_run(tmp_path: Path) -> None:
    files = REPOSITORY / "packs" / "lb-metallb" / "values.yaml"
    done = packcheck(tmp_path / "run", f"--artifacts={files}", "--sandbox", f"--scenario={LABELS}")
    results: dict[str, Any] = {result["target"]: result for result in done.run["results"]}
    assert set(results) == {"values", "sandbox-edge", "sandbox-eks"}
    assert results["values"]["outcome"] == "passed"
    declared = [
        said["read from"]
        for name in ("sandbox-edge", "sandbox-eks")
        for finding in results[name]["findings"]
        for said in finding["evidence"]["declared"]
        if said["read from"].startswith("values.yaml:")
    ]
    notes = [n["message"] for n in results["sandbox-eks"]["notes"] if n["subject"] == "Namespace/metallb-system"]
    assert declared or notes
    assert set(declared) <= {"values.yaml:4"}
    assert any("declared by" in note for note in notes)
