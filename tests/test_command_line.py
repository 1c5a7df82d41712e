"""The command line as pytest's users know it: what is selected, what is listed, what a run without a target says."""

import json
from collections.abc import Callable
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
import yaml
from junitparser import JUnitXml

from tests.commands import ROOT, Done, packcheck
from tests.rigs.controlplane import ControlPlane

LABELS = "packs/namespace-labels"
OPTIONS = ("--kubeconfig=FILE", "--kube-context=NAME", "--kubeconfig-dir=DIR", "--in-cluster", "--sandbox")
SANDBOXES = {"sandbox-edge", "sandbox-eks"}

Run = Callable[..., Done]


@pytest.fixture
def run(tmp_path: Path) -> Run:
    return lambda *arguments, **how: packcheck(tmp_path / "run", *arguments, **how)


@pytest.fixture(scope="module")
def sandbox(tmp_path_factory: pytest.TempPathFactory) -> Done:
    return packcheck(tmp_path_factory.mktemp("runs") / "sandbox", "--sandbox")


def judged(done: Done) -> set[tuple[str, str, str]]:
    return {(r["scenario"], r["target"], r["outcome"]) for r in done.run["results"]}


# --- without a target -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("quiet", ["-v", "-q"])
def test_without_a_target_nothing_is_decided_and_the_last_line_says_what_to_name(run: Run, quiet: str) -> None:
    done = run(quiet)
    assert done.code == 5, done
    last = done.out.strip().splitlines()[-1]
    assert last.startswith("nothing was decided: ")
    assert [option for option in OPTIONS if option not in last] == []
    assert {(r["outcome"], r["skip"], r["reason"]) for r in done.run["results"]} == {
        ("skipped", "not-asked", "no target was named")
    }
    assert done.run["targets"] == []


def test_the_environments_kubeconfig_alone_is_never_a_target(run: Run, tmp_path: Path) -> None:
    (tmp_path / "kubeconfig").write_text("this would be a usage error, if it were read")
    done = run(KUBECONFIG=str(tmp_path / "kubeconfig"))
    assert done.code == 5, done
    assert done.run["targets"] == []


# --- selecting --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "arguments",
    [["-k", "admit_the_pods"], ["--scenario=packs/name*", "-m", "packs and high"]],
    ids=["-k", "--scenario and -m"],
)
def test_one_scenario_can_be_selected(run: Run, arguments: list[str]) -> None:
    done = run("--sandbox", *arguments)
    assert done.code == 1, done
    assert judged(done) == {(LABELS, "sandbox-edge", "failed"), (LABELS, "sandbox-eks", "passed")}


def test_what_selects_nothing_decides_nothing(run: Run) -> None:
    done = run("--sandbox", "-m", "low", "-q")
    assert done.code == 5, done
    assert done.run["results"] == []


def test_the_first_finding_can_end_the_run(run: Run) -> None:
    done = run("--sandbox", "-x")
    assert done.code == 1, done
    (result,) = done.run["results"]
    assert (result["target"], result["outcome"]) == ("sandbox-edge", "failed")


def test_what_failed_last_can_be_run_alone(tmp_path: Path) -> None:
    first = packcheck(tmp_path / "1", "--sandbox", "--scenario", LABELS, cache=tmp_path / "cache")
    again = packcheck(tmp_path / "2", "--sandbox", "--scenario", LABELS, "--lf", cache=tmp_path / "cache")
    assert len(judged(first)) == 2
    assert judged(again) == {(LABELS, "sandbox-edge", "failed")}
    fixed = packcheck(tmp_path / "3", "--sandbox", "--remediate", "--lf", cache=tmp_path / "cache")
    assert fixed.code == 0, fixed
    assert (LABELS, "sandbox-edge", "fixed") in judged(fixed)


# --- with workers -----------------------------------------------------------------------------------------------------


def test_workers_come_to_the_same_and_tell_the_same_of_the_targets(run: Run, sandbox: Done) -> None:
    done = run("--sandbox", "-n2")
    assert done.code == sandbox.code == 1
    assert judged(done) == judged(sandbox)
    ((subject, finding),) = done.findings("sandbox-edge").items()
    alone = sandbox.findings("sandbox-edge")[subject]
    assert {**finding, "evidence": {}} == {**alone, "evidence": {}}  # which says how long ago the samples were made
    assert done.run["targets"] == sandbox.run["targets"]
    assert {target["id"] for target in done.run["targets"]} == SANDBOXES
    assert all(target["version"] and target["cluster_uid"] for target in done.run["targets"])


def test_one_worker_reads_all_of_a_target(run: Run, controlplane: ControlPlane) -> None:
    mark = controlplane.audit_mark()
    done = run("-n2", f"--kubeconfig={controlplane.kubeconfig}", "-v")
    assert done.code in (0, 1), done
    assert len(done.run["results"]) >= 2
    asked = [event.request_uri for event in controlplane.audit(mark, "admin")]
    assert asked.count("/version") == 1
    assert len(asked) == len(set(asked)) <= 20
    assert done.target("rig")["version"] == controlplane.version


def test_another_way_to_distribute_is_honoured(run: Run) -> None:
    done = run("--sandbox", "-n2", "--dist=worksteal")
    assert done.code == 1, done
    assert {target for _, target, _ in judged(done)} == SANDBOXES


# --- other plugins' reports -------------------------------------------------------------------------------------------


def test_pytests_own_reports_are_written_as_well(run: Run, tmp_path: Path) -> None:
    junit, html = tmp_path / "own.xml", tmp_path / "own.html"
    done = run("--sandbox", "--scenario", LABELS, f"--junitxml={junit}", f"--html={html}", "--self-contained-html")
    assert done.code == 1, done
    (suite,) = JUnitXml.fromfile(str(junit))
    assert (suite.tests, suite.failures, suite.errors) == (2, 1, 0)
    assert {name for case in suite for name in [case.name]} == {
        f"test_namespaces_admit_the_pods_of_their_packs[{name}]" for name in SANDBOXES
    }
    assert "metallb-system" in html.read_text()
    assert (done.folder / "report.html").exists()


# --- listing ----------------------------------------------------------------------------------------------------------


def test_collecting_asks_nothing_of_any_target(run: Run, controlplane: ControlPlane) -> None:
    mark = controlplane.audit_mark()
    done = run(f"--kubeconfig={controlplane.kubeconfig}", "--collect-only", "-q")
    assert done.code == 0, done
    assert "check_namespace_labels.py::test_namespaces_admit_the_pods_of_their_packs[rig]" in done.out
    assert controlplane.audit(mark, "admin") == []
    assert done.left_nothing


def test_every_scenario_is_listed_with_what_a_person_needs_to_choose(run: Run) -> None:
    done = run("--scenarios")
    assert done.code == 0, done
    assert done.left_nothing
    block = next(part for part in done.out.split("\n\n") if part.startswith(LABELS))
    said = " ".join(block.split())
    assert said.startswith(
        f"{LABELS} (high) Pods with namespaceLabels are stuck on deployment needs: list namespaces; "
    )
    assert "list packs" in said
    assert "list events" in said
    assert "get configmaps palette-agent-config/palette-agent (optional)" in said
    assert "remedy: label-namespace (the default): " in said
    assert "undo: " in said
    assert "page: checks/packs/check_namespace_labels.md" in said
    assert "runbook: https://docs.spectrocloud.com/troubleshooting/pack-issues/#scenario---pods-with" in said
    stems = {path.stem.removeprefix("check_").replace("_", "-") for path in (ROOT / "checks").glob("*/check_*.py")}
    assert {part.split()[0] for part in done.out.split("\n\n")} == {f"packs/{stem}" for stem in stems}


@pytest.mark.parametrize("more", [[], ["-q", "-n2"], ["-p", "no:terminal"]], ids=" ".join)
def test_roles_are_printed_as_nothing_but_yaml(run: Run, more: list[str]) -> None:
    done = run("--rbac", "--scenario", LABELS, *more)
    assert done.code == 0, done
    assert done.left_nothing
    (role,) = yaml.safe_load_all(done.out)
    assert (role["kind"], role["metadata"]) == ("ClusterRole", {"name": "packcheck"})
    granted = {(group, name) for r in role["rules"] for group in r["apiGroups"] for name in r["resources"]}
    assert granted == {
        ("", "events"),
        ("", "namespaces"),
        ("", "replicationcontrollers"),
        ("apps", "daemonsets"),
        ("apps", "replicasets"),
        ("apps", "statefulsets"),
        ("batch", "jobs"),
        ("cluster.spectrocloud.com", "packs"),
    }
    assert {verb for r in role["rules"] for verb in r["verbs"]} == {"list"}
    assert "# optional, no verdict rests on it (tells a probable cause; decides no verdict)" in done.out


def test_roles_for_remediating_hold_what_its_remedies_send(run: Run) -> None:
    done = run("--rbac", "--remediate", "--scenario", LABELS)
    assert done.code == 0, done
    cluster, lease = yaml.safe_load_all(done.out)
    verbs = {r["resources"][0]: set(r["verbs"]) for r in cluster["rules"] if "resourceNames" not in r}
    assert verbs["namespaces"] >= {"list", "patch"}
    assert verbs["pods"] >= {"list", "delete"}
    assert verbs["daemonsets"] >= {"list", "patch"}
    assert (lease["kind"], lease["metadata"]["namespace"]) == ("Role", "default")
    assert lease["rules"][0]["resources"] == ["leases"]


def test_roles_of_nothing_selected_are_none(run: Run) -> None:
    done = run("--rbac", "-m", "low")
    assert (done.code, done.out) == (5, ""), done


# --- where it is called from ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "how",
    [[], [f"--rootdir={ROOT}", "-c", str(ROOT / "pyproject.toml")]],
    ids=["by path", "with -c"],
)
def test_it_can_be_called_from_anywhere(tmp_path: Path, how: list[str]) -> None:
    (tmp_path / "here").mkdir()
    done = packcheck(
        Path("runs/mine"), "--sandbox", "--scenario", LABELS, *how, checks=str(ROOT / "checks"), cwd=tmp_path / "here"
    )
    assert done.code == 1, done
    record = json.loads((tmp_path / "here" / "runs" / "mine" / "run.json").read_text())
    assert {r["target"] for r in record["results"]} == SANDBOXES
    assert "report: runs/mine/report.html" in done.said


@pytest.mark.parametrize("live", [False, True], ids=["sandbox", "live"])
def test_nothing_of_it_warns(run: Run, request: pytest.FixtureRequest, live: bool) -> None:
    target = "--sandbox"
    if live:
        plane: ControlPlane = request.getfixturevalue("controlplane")
        target = f"--kubeconfig={plane.kubeconfig}"
    done = run(target, "-W", "error", python=["-W", "error"])
    assert done.code in (0, 1), done
    assert "warning" not in done.said.lower(), done


# --- tests that are no scenarios --------------------------------------------------------------------------------------


@pytest.mark.parametrize(("arguments", "code"), [([], 0), (["-k", "nothing_at_all"], 5)], ids=["passing", "none"])
def test_other_tests_end_as_pytest_ends_them(tmp_path: Path, arguments: list[str], code: int) -> None:
    done = packcheck(tmp_path / "run", *arguments, checks="tests/domain/test_run.py")
    assert done.code == code, done
    assert done.left_nothing
    assert "nothing was decided" not in done.said
    assert "= packcheck =" not in done.out


# --- properties, and folders that are used again ----------------------------------------------------------------------


def test_pytests_own_junit_has_the_outcomes_and_the_changes_too(run: Run, tmp_path: Path) -> None:
    done = run("--sandbox", "--remediate", f"--junitxml={tmp_path / 'own.xml'}")
    found = {}
    for case in ET.parse(tmp_path / "own.xml").iter("testcase"):  # noqa: S314  pytest wrote it just now
        told = {p.attrib["name"]: p.attrib["value"] for p in case.iter("property")}
        if told["target"] == "sandbox-edge":
            found[told["scenario"]] = {
                name: told[name] for name in told if name.partition(" ")[0] in ("outcome", "change")
            }
    upgrade = done.result("sandbox-edge", "packs/upgrade-pod")
    changes = {f"change {c['id']}": f"{c['state']}: {c['action']} {c['object']}" for c in upgrade["changes"]}
    assert found["packs/upgrade-pod"] == {"outcome": "fixed", **changes}
    assert found["packs/cilium-eks-values"] == {"outcome": "skipped"}


def test_a_folder_that_is_used_again_tells_of_the_later_run_alone(tmp_path: Path) -> None:
    remedied = packcheck(tmp_path / "run", "--sandbox", "--remediate")
    assert (remedied.folder / "plan.json").exists()
    packcheck(tmp_path / "run", "--sandbox")
    assert not (remedied.folder / "plan.json").exists()
    assert (remedied.folder / "changes.jsonl").exists()
    assert json.loads((remedied.folder / "run.json").read_text())["mode"] == "check"


def test_an_undo_is_refused_where_nothing_would_show_what_it_comes_to(run: Run, tmp_path: Path) -> None:
    remedied = packcheck(tmp_path / "remedied", "--sandbox", "--remediate")
    for selection in (["-k", "nosuch"], ["--scenario=packs/upgrade-pod"]):
        done = run("--sandbox", f"--undo={remedied.folder}", *selection)
        assert done.code == 4, done
        assert "which this selection leaves out: nothing is taken back" in done.said


def test_what_another_scenarios_remedy_cleared_is_told_where_its_own_was_refused(tmp_path: Path) -> None:
    calico, unpaired = "packs/calico-ipv6-kernel", "packs/ipv6-off-unpaired"
    options = ["--sandbox", "--remediate", f"--scenario={calico}", f"--scenario={unpaired}"]
    done = packcheck(tmp_path / "run", *options, f"--remedy={calico}=update-kernel")
    assert done.result("sandbox-edge", unpaired)["outcome"] == "fixed"
    result = done.result("sandbox-edge", calico)
    assert (result["outcome"], len(result["left"])) == ("passed", 3)
    assert result["reason"].startswith(
        "found, and gone when it was read again, after what this run changed for another"
    )
    assert "update-kernel is refused for Node/edge-cp-1" in result["reason"]
