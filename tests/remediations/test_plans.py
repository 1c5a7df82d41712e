"""What a run plans, and what it is allowed: looked at, rehearsed, applied exactly, held against budgets and rights."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests import broken
from tests.broken import NAMESPACE
from tests.commands import Done
from tests.remediations.bench import ENFORCE, LABEL, LABELS, LEFT, POD, SENT, Bench
from tests.rigs.controlplane import ControlPlane
from tests.rigs.controlplane.plugin import PXK_ADMISSION, StartControlPlane

DRY_RUN = "dryRun=All"


def plan_of(done: Done) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((done.folder / "plan.json").read_text())
    return found


def changes(done: Done) -> list[tuple[str, str, str]]:
    return [(c["action"], c["state"], c["message"]) for r in done.run["results"] for c in r["changes"]]


def test_a_plan_only_reads_and_shows_each_change_as_a_diff_and_a_command(bench: Bench) -> None:
    mark = bench.plane.audit_mark()
    done = bench.runs(*bench.both, "--plan")
    assert done.code == 1, done
    assert {e.verb for e in bench.plane.audit(mark, user="admin")} <= SENT
    assert done.run["writes"] == 0
    assert [(action, state) for action, state, _ in changes(done)] == [
        ("patch", "planned"), ("prompt", "planned"), ("wait", "planned"), ("delete", "planned"), ("wait", "planned"),
    ]  # fmt: skip
    assert f"+/metadata/labels/{ENFORCE}: privileged" in done.said
    assert f"kubectl label namespace {NAMESPACE} {ENFORCE}=privileged" in done.said
    assert "irreversible" in done.result("rig", "packs/upgrade-pod")["changes"][0]["undo"]
    plan = plan_of(done)
    assert (plan["schema"], [one["scenario"] for one in plan["plans"]]) == (
        "packcheck.plan/1",
        ["packs/namespace-labels", "packs/upgrade-pod"],
    )
    (cluster,) = plan["clusters"]
    assert cluster["uid"] == bench.plane.api.get("/api/v1/namespaces/kube-system")["metadata"]["uid"]


def test_a_plan_for_a_sound_cluster_is_empty_and_there(bench: Bench) -> None:
    bench.plane.api.text("DELETE", f"{LEFT}?gracePeriodSeconds=0")
    done = bench.runs(*bench.here, POD, "--plan", "--dry-run")
    assert done.code == 0, done
    assert (plan_of(done)["plans"], plan_of(done)["refusals"]) == ([], [])
    mark = bench.plane.audit_mark()
    applied = bench.runs(*bench.here, POD, "--remediate", f"--from-plan={done.folder}")
    assert (applied.code, applied.run["writes"]) == (0, 0), applied
    assert bench.sent(mark) == []


def test_a_rehearsal_sends_dry_runs_alone_and_shows_admissions_warnings(bench: Bench) -> None:
    mark = bench.plane.audit_mark()
    done = bench.runs(*bench.both, "--plan", "--dry-run")
    assert done.code == 1, done
    sent = bench.sent(mark)
    assert [(verb, resource) for verb, resource, *_ in sent] == [
        ("patch", "namespaces"), ("patch", "daemonsets"), ("delete", "pods"),
    ]  # fmt: skip
    assert all(DRY_RUN in query for _, _, query, _ in sent)
    assert done.run["writes"] == 0
    assert [state for action, state, _ in changes(done) if action != "wait"] == ["rehearsed"] * 3
    (prompt,) = [c for c in done.result("rig")["changes"] if c["action"] == "prompt"]
    assert 'would violate PodSecurity "restricted:latest"' in prompt["warnings"][0]
    assert bench.state() == bench.original
    assert bench.plane.api.exists(LEFT)


class Reader:
    """A ServiceAccount that may read what the scenarios read, and write nothing."""

    def __init__(self, plane: ControlPlane, more: list[dict[str, Any]] | None = None, name: str = "reader") -> None:
        lists = {"": ["namespaces", "events", "pods", "nodes", "replicationcontrollers"], "apps": ["*"], "batch": ["*"],
                 "cluster.spectrocloud.com": ["packs"]}  # fmt: skip
        read = [{"apiGroups": [g], "resources": r, "verbs": ["list", "get", "watch"]} for g, r in lists.items()]
        self.user = f"system:serviceaccount:default:{name}"
        plane.kubectl("create", "serviceaccount", name)
        role = {"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "ClusterRole", "metadata": {"name": name},
                "rules": [*read, *(more or [])]}  # fmt: skip
        broken.create(plane, [role])
        plane.kubectl("create", "clusterrolebinding", name, f"--clusterrole={name}", f"--serviceaccount=default:{name}")
        self.config = plane.token_kubeconfig(name, service_account=f"default/{name}")


def test_a_rehearsal_without_rights_says_so_and_the_plan_stands(bench: Bench) -> None:
    reader = Reader(bench.plane)
    done = bench.runs(f"--kubeconfig={reader.config}", "--settle=0", "--plan", "--dry-run")
    assert done.code == 1, done
    told = {action: (state, message) for action, state, message in changes(done)}
    assert told["patch"][0] == "planned"
    assert told["patch"][1].startswith(f"the rehearsal was refused: patch Namespace/{NAMESPACE}: ")
    assert f'User "{reader.user}" cannot patch resource "namespaces"' in told["patch"][1]
    assert f'User "{reader.user}" cannot delete resource "pods"' in told["delete"][1]
    applied = bench.runs(*bench.both, "--remediate", f"--from-plan={done.folder / 'plan.json'}")
    assert applied.code == 0, applied
    mark = bench.plane.audit_mark()
    again = bench.runs(*bench.both, "--remediate", f"--from-plan={done.folder / 'plan.json'}")
    assert (again.code, again.run["writes"], bench.sent(mark)) == (0, 0, []), again


def test_without_the_rights_nothing_is_written_and_the_rule_is_named(bench: Bench) -> None:
    rules = [
        {"apiGroups": [""], "resources": ["namespaces"], "verbs": ["patch"]},
        {"apiGroups": ["coordination.k8s.io"], "resources": ["leases"], "verbs": ["*"]},
    ]
    some = Reader(bench.plane, rules, "some")
    done = bench.runs(f"--kubeconfig={some.config}", "--settle=0", LABELS, "--remediate")
    assert done.code == 1, done
    result = done.result("rig")
    assert (result["outcome"], result["changes"]) == ("failed", [])
    assert "rig: no right to patch daemonsets in namespace metallb-system" in result["reason"]
    assert (
        'this rule would give it: {apiGroups: ["apps"], resources: ["daemonsets"], verbs: ["patch"]}'
        in result["reason"]
    )
    assert done.run["writes"] == 0
    assert bench.state() == bench.original
    assert not (done.folder / "changes.jsonl").exists()


def test_exactly_the_plan_that_was_looked_at_is_applied(bench: Bench) -> None:
    planned = bench.runs(*bench.here, POD, "--plan")
    done = bench.runs(*bench.both, "--remediate", f"--from-plan={planned.folder / 'plan.json'}")
    assert done.code == 1, done
    assert done.result("rig", "packs/upgrade-pod")["outcome"] == "fixed"
    assert done.result("rig")["outcome"] == "failed", "it was not in the plan"
    assert done.result("rig")["changes"] == []
    assert bench.state() == bench.original


def test_what_has_changed_since_the_plan_was_made_is_refused_and_the_rest_applied(bench: Bench) -> None:
    planned = bench.runs(*bench.both, "--plan")
    bench.label("restricted")
    done = bench.runs(*bench.both, "--remediate", f"--from-plan={planned.folder}")
    assert done.code == 1, done
    result = done.result("rig")
    assert result["outcome"] == "failed"
    assert (
        f"label-namespace is refused for Namespace/{NAMESPACE}: Namespace/{NAMESPACE} is not what it was when the plan "
        f"was made: {LABEL} was changed since"
    ) in result["reason"]
    assert done.result("rig", "packs/upgrade-pod")["outcome"] == "fixed"
    assert bench.labels()[ENFORCE] == "restricted"


def test_a_plan_whose_check_is_not_selected_is_not_applied(bench: Bench) -> None:
    planned = bench.runs(*bench.both, "--plan")
    done = bench.runs(*bench.here, POD, "--remediate", f"--from-plan={planned.folder}")
    assert done.code == 0, done
    words = "this run does not check its scenario, so nothing would verify it"
    assert f"rig: label-namespace is refused for Namespace/{NAMESPACE}: {words}" in done.said
    assert bench.state() == bench.original


def test_a_plan_of_more_changes_than_allowed_is_refused_whole(bench: Bench) -> None:
    mark = bench.plane.audit_mark()
    done = bench.runs(*bench.both, "--remediate", "--max-changes=2")
    assert done.code == 1, done
    for result in done.run["results"]:
        assert result["outcome"] == "failed"
        assert "all plans together make 3 changes, and --max-changes is 2: nothing is changed" in result["reason"]
    assert bench.sent(mark) == []
    assert done.run["writes"] == 0
    assert len(plan_of(done)["refusals"]) == 2


def test_a_bare_pod_is_deleted_only_where_that_is_allowed(bench: Bench) -> None:
    name = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "bare", "namespace": NAMESPACE}}
    bench.plane.api.post(
        f"/api/v1/namespaces/{NAMESPACE}/pods",
        {**name, "spec": broken.plain(), "metadata": {"name": "bare", "labels": {"app": "bare"}}},
    )
    broken.wait_ready(bench.plane, NAMESPACE, "bare", 1)
    broken.stick(bench.plane, NAMESPACE, "bare", "CreateContainerConfigError", "no secret")
    left = bench.runs(*bench.here, LABELS, "--plan")
    assert "delete" not in [action for action, *_ in changes(left)]
    assert "--allow=delete-unmanaged-pods deletes it" in json.dumps(left.result("rig")["notes"])
    allowed = bench.runs(*bench.here, LABELS, "--plan", "--allow=delete-unmanaged-pods")
    (delete,) = [c for c in allowed.result("rig")["changes"] if c["action"] == "delete"]
    assert (delete["risk"], delete["undo"]) == (
        "delete-unmanaged-pods",
        "irreversible: a deleted pod cannot be brought back; nothing makes it anew",
    )
    refused = bench.runs(*bench.here, LABELS, "--remediate", f"--from-plan={allowed.folder}")
    assert refused.code == 1, refused
    assert (
        f"refused for Namespace/{NAMESPACE}: it needs --allow=delete-unmanaged-pods" in refused.result("rig")["reason"]
    )
    assert bench.plane.api.exists(f"/api/v1/namespaces/{NAMESPACE}/pods/bare")


@pytest.fixture
def second(bench: Bench, start_controlplane: StartControlPlane) -> ControlPlane:
    """Another cluster with the same fault."""
    plane = start_controlplane(PXK_ADMISSION)
    broken.metallb(plane)
    assert bench
    return plane


def test_several_clusters_are_written_to_only_where_that_is_allowed(bench: Bench, second: ControlPlane) -> None:
    both = [*bench.here, f"--kubeconfig={second.kubeconfig}", LABELS]
    refused = bench.runs(*both, "--remediate")
    assert refused.code == 1, refused
    assert [result["outcome"] for result in refused.run["results"]] == ["failed", "failed"]
    words = "it would write to 2 clusters (rig, rig-2): --allow=several-clusters allows it"
    assert all(words in result["reason"] for result in refused.run["results"])
    assert bench.state() == bench.original

    done = bench.runs(*both, "--remediate", "--allow=several-clusters")
    assert done.code == 0, done
    assert {r["target"]: r["outcome"] for r in done.run["results"]} == {"rig": "fixed", "rig-2": "fixed"}

    here = bench.runs(f"--kubeconfig={second.kubeconfig}", "--settle=0", LABELS, f"--undo={done.folder}")
    assert here.code == 7, here
    assert f"left: Namespace/{NAMESPACE} on rig: that cluster is none of this run's targets" in here.said
    assert bench.labels()[ENFORCE] == "privileged"
    undone = bench.runs(*both, f"--undo={done.folder}")
    assert undone.code == 0, undone
    assert bench.state() == bench.original

    elsewhere = bench.runs(f"--kubeconfig={second.kubeconfig}", f"--undo={_only(bench, done.folder)}")
    assert elsewhere.code == 4, elsewhere
    assert "--undo: the journal is about rig, and none of the targets is that cluster" in elsewhere.said


def _only(bench: Bench, folder: Path) -> Path:
    """The journal of a run on the first cluster alone."""
    done = bench.runs(*bench.here, LABELS, "--remediate")
    assert done.code == 0, done
    assert done.folder != folder
    return done.folder


def test_a_plan_of_another_cluster_is_refused_before_anything_is_sent(bench: Bench, second: ControlPlane) -> None:
    planned = bench.runs(*bench.here, LABELS, "--plan")
    mark = second.audit_mark()
    done = bench.runs(f"--kubeconfig={second.kubeconfig}", LABELS, "--remediate", f"--from-plan={planned.folder}")
    assert done.code == 4, done
    assert (
        "--from-plan: the plan is for rig, and none of the targets is that cluster (by kube-system's uid)" in done.said
    )
    assert {e.verb for e in second.audit(mark, user="admin")} <= SENT


def test_one_cluster_by_two_names_is_refused(bench: Bench, tmp_path: Path) -> None:
    twin = tmp_path / "twin"
    twin.write_text(bench.plane.kubeconfig.read_text().replace('"rig"', '"twin"'))
    twin.chmod(0o600)
    for mode in (("--plan",), ("--remediate",), ("--remediate", "--allow=several-clusters")):
        done = bench.runs(*bench.here, f"--kubeconfig={twin}", LABELS, *mode)
        assert done.code == 1, done
        words = "rig and twin are the same cluster (by kube-system's uid): name it once"
        assert all(words in result["reason"] for result in done.run["results"])
    assert bench.lease() == {}
    assert bench.state() == bench.original
