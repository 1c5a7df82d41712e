"""Calico as the operator installs it, on a real control plane: its Installation is changed, and its rollout waited for.

The operator is a stand-in that does the one thing that matters here as the real one does it (facts/cni.md): of the
Installation's autodetection for IPv6 it makes FELIX_IPV6SUPPORT in the DaemonSet.
"""

import json
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Thread
from typing import Any

import pytest

from tests import broken
from tests.commands import packcheck
from tests.remediations.faults.packs import calico_ipv6_kernel as calico
from tests.rigs.controlplane import ApiError, ControlPlane
from tests.rigs.controlplane.readiness import until

NAMESPACE, GROUP = "calico-system", "operator.tigera.io"
INSTALLATIONS = f"/apis/{GROUP}/v1/installations"
DAEMON_SET = f"/apis/apps/v1/namespaces/{NAMESPACE}/daemonsets/{calico.NAME}"
SCENARIO = "packs/calico-ipv6-kernel"
DETECTED = {"firstFound": True}


@pytest.fixture
def plane(controlplane: ControlPlane) -> Iterator[ControlPlane]:
    plane = controlplane
    plane.reset()
    plane.namespace(NAMESPACE, {"pod-security.kubernetes.io/enforce": "privileged"})
    info = {"kernelVersion": calico.LISTED, "osImage": "Ubuntu 24.04.2 LTS", "operatingSystem": "linux"}
    plane.node("edge-1", nodeInfo=info)
    daemon_set = calico.daemon_set()
    daemon_set["metadata"]["namespace"] = NAMESPACE
    broken.create(plane, [_definition(), daemon_set])
    until(lambda: _served(plane), "Installations are served")
    spec = {"calicoNetwork": {"nodeAddressAutodetectionV4": DETECTED, "nodeAddressAutodetectionV6": DETECTED}}
    plane.api.post(
        INSTALLATIONS,
        {"apiVersion": f"{GROUP}/v1", "kind": "Installation", "metadata": {"name": "default"}, "spec": spec},
    )
    until(lambda: _rolled_out(plane), "Calico's pods are ready")
    yield plane
    plane.reset()


def _definition() -> dict[str, Any]:
    version = {
        "name": "v1",
        "served": True,
        "storage": True,
        "schema": {"openAPIV3Schema": {"type": "object", "x-kubernetes-preserve-unknown-fields": True}},
    }
    names = {"plural": "installations", "singular": "installation", "kind": "Installation"}
    return {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": f"installations.{GROUP}"},
        "spec": {"group": GROUP, "scope": "Cluster", "names": names, "versions": [version]},
    }


def _served(plane: ControlPlane) -> bool:
    try:
        return plane.api.exists(INSTALLATIONS)
    except ApiError:  # its storage is made at the first request
        return False


def _rolled_out(plane: ControlPlane) -> bool:
    found = plane.api.get(DAEMON_SET)
    status = found["status"]
    current = status.get("observedGeneration") == found["metadata"]["generation"]
    return bool(current and status.get("updatedNumberScheduled") == status.get("numberReady") == 1)


@contextmanager
def operator(plane: ControlPlane, since: int) -> Iterator[None]:
    """Reconcile while the context lasts; a change that a run makes only once that run watches the DaemonSet."""
    watch = subprocess.Popen(
        [*plane.kubectl_command(plane.pki.folder / "rig.kubeconfig"), "get", "installations", "default", "--watch",
         "-o", r'jsonpath={.spec.calicoNetwork.nodeAddressAutodetectionV6}{"\n"}'],
        stdout=subprocess.PIPE,
        text=True,
        env=plane.kubectl_environment(),
    )  # fmt: skip

    def watched() -> bool:
        events = (e for e in plane.audit(since, user="admin") if e.object_ref)
        return any((e.verb, e.object_ref.resource) == ("watch", "daemonsets") for e in events)

    def reconcile() -> None:
        assert watch.stdout is not None
        for line in watch.stdout:
            if not line.strip():
                until(watched, "the run waits for the operator")
            _render(plane, "true" if line.strip() else "false")

    thread = Thread(target=reconcile)
    thread.start()
    try:
        yield
    finally:
        watch.terminate()
        watch.wait()
        thread.join()


def _render(plane: ControlPlane, value: str) -> None:
    env = [{"name": "FELIX_IPV6SUPPORT", "value": value}]
    patch = {"spec": {"template": {"spec": {"containers": [{"name": calico.NAME, "env": env}]}}}}
    plane.kubectl("patch", "daemonset", calico.NAME, f"--namespace={NAMESPACE}", f"--patch={json.dumps(patch)}")


def network(plane: ControlPlane) -> Any:
    return plane.api.get(f"{INSTALLATIONS}/default")["spec"]["calicoNetwork"]


def felix_has(plane: ControlPlane) -> str:
    (container,) = [
        one for one in plane.api.get(DAEMON_SET)["spec"]["template"]["spec"]["containers"] if one["name"] == calico.NAME
    ]
    return next(str(one["value"]) for one in container["env"] if one["name"] == "FELIX_IPV6SUPPORT")


def test_the_installation_is_changed_and_what_the_operator_makes_of_it_waited_for(
    plane: ControlPlane, tmp_path: Path
) -> None:
    here = [f"--kubeconfig={plane.kubeconfig}", f"--scenario={SCENARIO}", "--settle=0"]
    with operator(plane, plane.audit_mark()):
        done = packcheck(tmp_path / "done", *here, "--remediate")
        assert done.code == 0, done
        result = done.result("rig", SCENARIO)
        assert result["outcome"] == "fixed"
        assert [(c["action"], c["object"], c["state"]) for c in result["changes"]] == [
            ("patch", "Installation/default", "applied"),
            ("wait", f"DaemonSet/{NAMESPACE}/calico-node", "applied"),
        ]
        assert "its operator has not changed it yet" in done.said
        assert network(plane) == {"nodeAddressAutodetectionV4": DETECTED}
        assert felix_has(plane) == "false"

        undone = packcheck(tmp_path / "undone", *here, f"--undo={done.folder}")
        assert undone.code == 0, undone
        assert network(plane)["nodeAddressAutodetectionV6"] == DETECTED
        until(lambda: felix_has(plane) == "true", "the operator has it on again")


def test_an_operator_that_does_nothing_is_waited_for_in_vain_and_the_field_set_again(
    plane: ControlPlane, tmp_path: Path
) -> None:
    here = [f"--kubeconfig={plane.kubeconfig}", f"--scenario={SCENARIO}"]
    planned = packcheck(tmp_path / "planned", *here, "--plan")
    path = planned.folder / "plan.json"
    plan = json.loads(path.read_text())
    for change in plan["plans"][0]["changes"]:
        if change["type"] == "wait":
            change["timeout_s"] = 1.0
    path.write_text(json.dumps(plan))
    done = packcheck(tmp_path / "done", *here, "--settle=0", "--remediate", f"--from-plan={path}")
    assert done.code == 7, done
    assert "its operator has not changed it yet" in done.result("rig", SCENARIO)["changes"][1]["message"]
    assert network(plane)["nodeAddressAutodetectionV6"] == DETECTED
