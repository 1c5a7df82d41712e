"""Cilium on EKS, made on the real control plane for tests to look at: nodes that EKS would have, agents and their values."""

import json
from collections.abc import Mapping
from typing import Any

from tests import broken
from tests.rigs.controlplane import ApiError, ControlPlane
from tests.rigs.controlplane.readiness import until

NAMESPACE, AGENT, CONFIG = "kube-system", "cilium", "cilium-config"
AGENTS = f"/apis/apps/v1/namespaces/{NAMESPACE}/daemonsets/{AGENT}"
VALUES = f"/api/v1/namespaces/{NAMESPACE}/configmaps/{CONFIG}"
NODE_CONFIGS = "/apis/cilium.io/v2"
LABEL = {"k8s-app": AGENT}
Data = Mapping[str, str]

OVERLAY = {
    "auto-direct-node-routes": "false",
    "enable-ipv4": "true",
    "enable-ipv4-masquerade": "true",
    "enable-ipv6": "false",
    "enable-ipv6-masquerade": "true",
    "ipam": "cluster-pool",
    "kube-proxy-replacement": "false",
    "routing-mode": "tunnel",
    "tunnel-protocol": "vxlan",
}
"""What the chart of 1.17 renders where nothing is set."""


def install(plane: ControlPlane, data: Data, *names: str, eks: bool = True, version: str = "1.17.4") -> None:
    """Cilium with this configuration on nodes of EKS, or of no cloud; wait until its agents are ready."""
    for name in names:
        labels = {"eks.amazonaws.com/nodegroup": "pool"} if eks else {}
        plane.node(name, labels=labels, nodeInfo={"operatingSystem": "linux"})
        if eks:
            plane.api.text(
                "PATCH",
                f"/api/v1/nodes/{name}",
                {"spec": {"providerID": f"aws:///us-east-1a/{name}"}},
                "application/merge-patch+json",
            )
    broken.create(plane, [config_map(data), daemon_set(version)])
    settled(plane)


def settled(plane: ControlPlane) -> None:
    """Wait until every agent is of the current template, and ready."""

    def ready() -> bool:
        found = plane.api.get(AGENTS)
        status = found["status"]
        if status.get("observedGeneration") != found["metadata"]["generation"]:
            return False
        wanted = status.get("desiredNumberScheduled")
        return bool(wanted) and wanted == status.get("numberReady") == status.get("updatedNumberScheduled")

    until(ready, "Cilium's agents are ready")


def set_values(plane: ControlPlane, data: Data) -> None:
    """Have exactly these in cilium-config, as a chart that is installed again has it."""
    there = plane.api.get(VALUES)
    plane.api.text("PUT", VALUES, {**there, "data": dict(data)})


def set_version(plane: ControlPlane, version: str) -> None:
    """Have the agents' template name this version."""
    containers = [{"name": "cilium-agent", "image": f"quay.io/cilium/cilium:v{version}"}]
    patch = {"spec": {"template": {"spec": {"containers": containers}}}}
    plane.api.text("PATCH", AGENTS, patch, "application/strategic-merge-patch+json")


def serve_node_configs(plane: ControlPlane) -> None:
    """Serve CiliumNodeConfigs; the fields of their spec are anybody's."""
    version = {
        "name": "v2",
        "served": True,
        "storage": True,
        "schema": {"openAPIV3Schema": {"type": "object", "x-kubernetes-preserve-unknown-fields": True}},
    }
    names = {"plural": "ciliumnodeconfigs", "singular": "ciliumnodeconfig", "kind": "CiliumNodeConfig"}
    spec = {"group": "cilium.io", "scope": "Namespaced", "names": names, "versions": [version]}
    plane.api.post(
        "/apis/apiextensions.k8s.io/v1/customresourcedefinitions",
        {"metadata": {"name": "ciliumnodeconfigs.cilium.io"}, "spec": spec},
    )

    def served() -> bool:
        try:
            return plane.api.exists(f"{NODE_CONFIGS}/ciliumnodeconfigs")
        except ApiError:  # its storage is made at the first request
            return False

    until(served, "CiliumNodeConfigs are served")


def override(plane: ControlPlane, name: str, defaults: Data, labels: Data) -> None:
    """Have the agents of some nodes read other values."""
    plane.api.post(
        f"{NODE_CONFIGS}/namespaces/{NAMESPACE}/ciliumnodeconfigs",
        {
            "apiVersion": "cilium.io/v2",
            "kind": "CiliumNodeConfig",
            "metadata": {"name": name},
            "spec": {"nodeSelector": {"matchLabels": dict(labels)}, "defaults": dict(defaults)},
        },
    )


def config_map(data: Data) -> dict[str, Any]:
    """The ConfigMap cilium-config."""
    return {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": CONFIG, "namespace": NAMESPACE},
        "data": dict(data),
    }


def daemon_set(version: str) -> dict[str, Any]:
    """Cilium's agents, as the chart has them."""
    containers = [{"name": "cilium-agent", "image": f"quay.io/cilium/cilium:v{version}"}]
    pod = {
        "hostNetwork": True,
        "terminationGracePeriodSeconds": 0,
        "tolerations": [{"operator": "Exists"}],
        "containers": containers,
    }
    return {
        "apiVersion": "apps/v1",
        "kind": "DaemonSet",
        "metadata": {"name": AGENT, "namespace": NAMESPACE, "labels": LABEL},
        "spec": {
            "selector": {"matchLabels": LABEL},
            "updateStrategy": {"type": "RollingUpdate", "rollingUpdate": {"maxUnavailable": 2}},
            "template": {"metadata": {"labels": LABEL}, "spec": pod},
        },
    }


def uids(plane: ControlPlane) -> set[str]:
    """The agents' pods."""
    listed = json.loads(
        plane.kubectl("get", "pods", f"--namespace={NAMESPACE}", "--selector=k8s-app=cilium", "-o", "json").stdout
    )
    return {pod["metadata"]["uid"] for pod in listed["items"] if "deletionTimestamp" not in pod["metadata"]}
