"""Calico from its manifest, whose Felix has IPv6 on, on two nodes: the page lists one's kernel, and not the other's."""

from typing import Any

from tests import broken
from tests.rigs.controlplane import ControlPlane
from tests.rigs.controlplane.readiness import until

NAMESPACE, NAME = "kube-system", "calico-node"
LISTED, FIXED = "6.8.0-57-generic", "6.8.0-60-generic"
ENV: list[dict[str, Any]] = [
    {"name": "DATASTORE_TYPE", "value": "kubernetes"},
    {"name": "NODENAME", "valueFrom": {"fieldRef": {"apiVersion": "v1", "fieldPath": "spec.nodeName"}}},
    {"name": "IP6", "value": "autodetect"},
    {"name": "FELIX_IPV6SUPPORT", "value": "true"},
    {"name": "FELIX_HEALTHENABLED", "value": "true"},
]
LABEL = {"k8s-app": NAME}


def plant(plane: ControlPlane, _remedy: str) -> None:
    for name, kernel in (("edge-1", LISTED), ("edge-2", FIXED)):
        plane.node(
            name, nodeInfo={"kernelVersion": kernel, "osImage": "Ubuntu 24.04.2 LTS", "operatingSystem": "linux"}
        )
    broken.create(plane, [daemon_set()])

    def runs() -> bool:
        status = plane.api.get(f"/apis/apps/v1/namespaces/{NAMESPACE}/daemonsets/{NAME}")["status"]
        return bool(status.get("numberReady") == status["desiredNumberScheduled"] == 2)

    until(runs, "Calico's pods are ready")


def daemon_set() -> dict[str, Any]:
    """The DaemonSet as Calico's manifest has it, with the container of Felix second: beside it runs another."""
    containers = [
        {"name": "sidecar", "image": "sidecar", "env": [{"name": "FELIX_IPV6SUPPORT", "value": "true"}]},
        {"name": NAME, "image": "calico/node", "env": ENV, "securityContext": {"privileged": True}},
    ]
    return {
        "apiVersion": "apps/v1",
        "kind": "DaemonSet",
        "metadata": {"name": NAME, "namespace": NAMESPACE, "labels": LABEL},
        "spec": {
            "selector": {"matchLabels": LABEL},
            "template": {
                "metadata": {"labels": LABEL},
                "spec": {
                    "hostNetwork": True,
                    "terminationGracePeriodSeconds": 0,
                    "tolerations": [{"operator": "Exists"}],
                    "containers": containers,
                },
            },
        },
    }
