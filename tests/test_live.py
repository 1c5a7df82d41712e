"""The first scenario on a real control plane, from the fault to its cure and back, as whole processes."""

import json
import shlex
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests import broken
from tests.broken import KINDS, NAMESPACE, PALETTE, REFUSED
from tests.commands import Done, packcheck
from tests.rigs.controlplane import ControlPlane

READS = {"get", "list", "watch"}
ALL = {NAMESPACE, *KINDS}
ENFORCE = "pod-security.kubernetes.io/enforce"
SCENARIO = "--scenario=packs/namespace-labels"
MOST_REQUESTS = 20
WORKLOADS = (
    ("by-replicaset", "web", 2),
    ("by-statefulset", "db", 2),
    ("by-job", "once", 1),
    ("by-replicationcontroller", "old", 1),
    ("by-cronjob", "nightly", 1),
)
"""Namespace, name and number of the pods that each controller but the DaemonSet is to have."""
WORDS = 'secret "speaker-memberlist" not found'

Check = Callable[..., Done]


@pytest.fixture(scope="module")
def plane(controlplane: ControlPlane) -> Iterator[ControlPlane]:
    """The session's control plane with every fault of the scenario, and pods that have nothing to do with it."""
    plane = controlplane
    plane.reset()
    broken.nodes(plane, "worker-1", "worker-2")
    broken.metallb(plane)
    broken.every_kind(plane)
    bare = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "bare", "namespace": NAMESPACE}}
    broken.create(
        plane,
        [
            broken.workload("Deployment", "healthy", NAMESPACE, broken.plain(), replicas=2),
            broken.workload("Deployment", "stuck", NAMESPACE, broken.plain(), replicas=1),
            broken.workload("Deployment", "image", NAMESPACE, broken.plain(), replicas=1),
            {**bare, "metadata": {**bare["metadata"], "labels": {"app": "bare"}}, "spec": broken.plain()},  # type: ignore[dict-item]
        ],
    )
    for app, count in (("healthy", 2), ("stuck", 1), ("image", 1), ("bare", 1)):
        broken.wait_ready(plane, NAMESPACE, app, count)
    for app, reason in (("stuck", "CreateContainerConfigError"), ("bare", "CreateContainerConfigError")):
        broken.stick(plane, NAMESPACE, name_of(plane, app), reason, WORDS)
    broken.stick(plane, NAMESPACE, name_of(plane, "image"), "ImagePullBackOff", "Back-off pulling image")
    broken.refused(plane, *ALL)
    yield plane
    plane.reset()


@pytest.fixture(scope="module")
def check(plane: ControlPlane, tmp_path_factory: pytest.TempPathFactory) -> Check:
    """Run packcheck on the cluster as its admin, whose token must stand nowhere."""
    token = json.loads(plane.kubeconfig.read_text())["users"][0]["user"]["token"]

    def run(*arguments: str) -> Done:
        folder = tmp_path_factory.mktemp("run") / "it"
        return packcheck(folder, f"--kubeconfig={plane.kubeconfig}", SCENARIO, *arguments, secrets=[token])

    return run


def name_of(plane: ControlPlane, app: str) -> str:
    (pod,) = broken.pods(plane, NAMESPACE, app).values()
    return str(pod["metadata"]["name"])


def uids(plane: ControlPlane, app: str) -> set[str]:
    return set(broken.pods(plane, NAMESPACE, app))


def labels(plane: ControlPlane, namespace: str) -> dict[str, str]:
    found: dict[str, str] = plane.api.get(f"/api/v1/namespaces/{namespace}")["metadata"].get("labels", {})
    return {key: value for key, value in found.items() if key.startswith("pod-security")}


def sent(plane: ControlPlane, since: int) -> list[tuple[str, str]]:
    return [(event.verb, event.request_uri) for event in plane.audit(since, "admin")]


# The tests of this module follow one cluster through its cure, in this order.


@pytest.fixture(scope="module")
def first(plane: ControlPlane, check: Check) -> tuple[Done, list[tuple[str, str]]]:
    """The first check of the broken cluster, and what it sent."""
    mark = plane.audit_mark()
    return check(), sent(plane, mark)


@pytest.fixture(scope="module")
def found(first: tuple[Done, list[tuple[str, str]]]) -> Done:
    return first[0]


def test_a_check_sends_few_requests_and_only_reads(first: tuple[Done, list[tuple[str, str]]]) -> None:
    done, requests = first
    assert done.run["writes"] == 0
    assert {verb for verb, _ in requests} <= READS, requests
    assert len(requests) <= MOST_REQUESTS, requests
    assert len(requests) == len(set(requests)), "something was asked twice"


def test_a_check_finds_each_namespace_and_names_the_controllers_with_admissions_own_words(found: Done) -> None:
    assert found.code == 1, found
    assert found.result("rig")["outcome"] == "failed"
    findings = found.findings("rig")
    assert set(findings) == {f"Namespace/{name}" for name in ALL}
    finding = findings[f"Namespace/{NAMESPACE}"]
    assert finding["grade"] == "proven"
    assert f"DaemonSet/speaker is kept out, 2 pods missing: {REFUSED}" in finding["message"]
    assert "lb-metallb-helm declares privileged" in finding["message"]
    (kept_out,) = finding["evidence"]["kept out"]
    assert (kept_out["controller"], kept_out["admission"]) == ("DaemonSet/speaker", REFUSED)
    assert kept_out["known from"] == "event FailedCreate"
    (declared,) = finding["evidence"]["declared"]
    assert declared["read from"].startswith(f"Pack/{PALETTE}/lb-metallb-helm .spec.values (assumed")
    assert NAMESPACE in found.out
    assert "DaemonSet/speaker" in found.out


@pytest.mark.parametrize(
    ("namespace", "controller", "missing"),
    [
        ("by-replicaset", "ReplicaSet/web-", 2),
        ("by-statefulset", "StatefulSet/db", 2),
        ("by-job", "Job/once", 1),
        ("by-replicationcontroller", "ReplicationController/old", 1),
        ("by-cronjob", "Job/nightly-1 of CronJob/nightly", 1),
    ],
)
def test_it_is_found_for_each_kind_of_controller_without_any_pack(
    found: Done, namespace: str, controller: str, missing: int
) -> None:
    finding = found.findings("rig")[f"Namespace/{namespace}"]
    (kept_out,) = finding["evidence"]["kept out"]
    assert kept_out["controller"].startswith(controller)
    assert kept_out["pods missing"] == missing
    assert kept_out["admission"] == REFUSED
    assert finding["grade"] == "proven"
    assert finding["evidence"]["declared"] == []
    if namespace == "by-replicaset":
        assert kept_out["controller"].endswith("of Deployment/web")


def test_a_plan_is_exact_and_writes_nothing(plane: ControlPlane, check: Check) -> None:
    mark = plane.audit_mark()
    done = check("--plan")
    assert done.code == 1, done
    assert (done.run["writes"], done.run["mode"]) == (0, "plan")
    assert {verb for verb, _ in sent(plane, mark)} <= READS
    changes = [change for change in done.result("rig")["changes"] if change["subject"] == f"Namespace/{NAMESPACE}"]
    assert [(c["action"], c["object"], c["state"]) for c in changes] == [
        ("patch", f"Namespace/{NAMESPACE}", "planned"),
        ("delete", f"Pod/{NAMESPACE}/{name_of(plane, 'stuck')}", "planned"),
        ("prompt", f"DaemonSet/{NAMESPACE}/speaker", "planned"),
        ("wait", f"DaemonSet/{NAMESPACE}/speaker", "planned"),
    ]
    assert changes[0]["command"] == (
        f"kubectl label namespace {NAMESPACE} {ENFORCE}=privileged pod-security.kubernetes.io/audit=privileged "
        "pod-security.kubernetes.io/warn=privileged pod-security.kubernetes.io/enforce-version=v1.36 --overwrite"
    )
    assert f"+/metadata/labels/{ENFORCE}: privileged" in changes[0]["diff"]
    remarks = {note["message"] for note in done.result("rig")["notes"] if note["subject"] == f"Namespace/{NAMESPACE}"}
    assert any(f"Pod/{NAMESPACE}/bare" in r and "--allow=delete-unmanaged-pods" in r for r in remarks), remarks
    image = f"Pod/{NAMESPACE}/{name_of(plane, 'image')} waits for an image: ImagePullBackOff"
    assert any(remark.startswith(image) for remark in remarks), remarks
    plan = json.loads((done.folder / "plan.json").read_text())
    assert {one["subject"] for one in plan["plans"]} == {f"Namespace/{name}" for name in ALL}
    assert plan["refusals"] == []
    assert labels(plane, NAMESPACE) == {}


def test_only_who_allows_it_would_have_a_bare_pod_deleted(plane: ControlPlane, check: Check) -> None:
    done = check("--plan", "--allow=delete-unmanaged-pods")
    deleted = {change["object"] for change in done.result("rig")["changes"] if change["action"] == "delete"}
    assert deleted == {f"Pod/{NAMESPACE}/{name_of(plane, 'stuck')}", f"Pod/{NAMESPACE}/bare"}


def test_remediating_brings_every_controllers_pods_and_replaces_no_healthy_one(
    plane: ControlPlane, check: Check
) -> None:
    before = {app: uids(plane, app) for app in ("healthy", "stuck", "image", "bare")}
    done = check("--remediate", "--settle=0")
    assert done.code == 0, done
    result = done.result("rig")
    assert result["outcome"] == "fixed"
    assert {change["state"] for change in result["changes"]} == {"applied"}, result["changes"]
    assert done.run["writes"] >= 2 * len(ALL)
    assert all(broken.ready(pod) for pod in broken.wait_ready(plane, NAMESPACE, "speaker", 2).values())
    for namespace, app, count in WORKLOADS:
        broken.wait_ready(plane, namespace, app, count)
    assert uids(plane, "healthy") == before["healthy"], "healthy pods were replaced"
    assert uids(plane, "bare") == before["bare"]
    assert uids(plane, "image") == before["image"]
    fresh = set(broken.wait_ready(plane, NAMESPACE, "stuck", 1))
    assert fresh.isdisjoint(before["stuck"]), "the stuck pod was not made anew"
    said = " ".join(note["message"] for note in result["notes"])
    assert f"Pod/{NAMESPACE}/bare" in said
    assert "ImagePullBackOff" in said
    assert labels(plane, NAMESPACE) == {
        ENFORCE: "privileged",
        f"{ENFORCE}-version": "v1.36",
        "pod-security.kubernetes.io/audit": "privileged",
        "pod-security.kubernetes.io/warn": "privileged",
    }


def test_what_was_fixed_passes_and_is_only_read(plane: ControlPlane, check: Check) -> None:
    mark = plane.audit_mark()
    done = check()
    assert done.code == 0, done
    assert done.result("rig")["outcome"] == "passed"
    assert done.run["writes"] == 0
    assert {verb for verb, _ in sent(plane, mark)} <= READS
    mark = plane.audit_mark()
    again = check("--remediate", "--settle=0")
    assert (again.code, again.run["writes"], again.result("rig")["outcome"]) == (0, 0, "passed")
    assert {verb for verb, _ in sent(plane, mark)} <= READS, "a plan that is empty sends nothing"


def test_labels_that_are_taken_away_are_missed_although_no_pod_is(plane: ControlPlane, check: Check) -> None:
    plane.kubectl("label", "namespace", NAMESPACE, *(f"{key}-" for key in labels(plane, NAMESPACE)))
    done = check()
    assert done.code == 1, done
    (finding,) = done.findings("rig").values()
    assert (finding["subject"], finding["grade"]) == (f"Namespace/{NAMESPACE}", "declared")
    assert "has no enforce label, and lb-metallb-helm declares privileged" in finding["message"]
    assert "no controller is kept out at present" in finding["message"]


def test_each_command_by_hand_cures_it_too(plane: ControlPlane, check: Check) -> None:
    plane.reset()
    broken.nodes(plane, "worker-1")
    broken.metallb(plane)
    broken.every_kind(plane)
    broken.refused(plane, *ALL)
    findings = check().findings("rig")
    assert set(findings) == {f"Namespace/{name}" for name in ALL}
    typed = [command for finding in findings.values() for command in finding["by_hand"]]
    assert len(typed) >= 3 * len(ALL)
    for command in typed:
        program, *arguments = shlex.split(command)
        assert program == "kubectl"
        plane.kubectl(*arguments)
    for namespace, app, count in ((NAMESPACE, "speaker", 1), *WORKLOADS):
        broken.wait_ready(plane, namespace, app, count)
    done = check()
    assert (done.code, done.result("rig")["outcome"]) == (0, "passed"), done


def test_runs_leave_their_reports_and_name_who_asked(found: Done) -> None:
    assert {path.name for path in found.folder.iterdir()} >= {"run.json", "junit.xml", "summary.md", "report.html"}
    target = found.target("rig")
    assert (target["as"], target["kind"], target["version"]) == ("admin", "cluster", "v1.36.1")
    assert target["cluster_uid"]
    assert Path(target["source"]).name == "kubeconfig"
