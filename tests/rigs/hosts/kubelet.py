"""What a kubelet tells the API server of its host, so that what the API says and what SSH says meet.

The rig's control plane has kwok instead of kubelets; it makes the Nodes Ready and leaves their nodeInfo alone.
"""

import json
from typing import Any

from tests.rigs.controlplane import ApiError, ControlPlane
from tests.rigs.controlplane.api import NOT_FOUND
from tests.rigs.hosts.distributions import DISTRIBUTIONS
from tests.rigs.hosts.state import HostState

NODES = "/api/v1/nodes"
CONFLICT = 409
MERGE = "application/merge-patch+json"


def register(plane: ControlPlane, host: HostState) -> None:
    """Create the host's Node, or bring the one that there is up to date."""
    role = {"node-role.kubernetes.io/control-plane": ""} if host.spec.control_plane else {}
    name = host.spec.name
    labels = {"kubernetes.io/hostname": name, "kubernetes.io/os": "linux", **role, **host.spec.labels}
    node = {"metadata": {"name": name, "labels": labels}, "status": _status(plane, host)}
    try:
        plane.api.post(NODES, node)
    except ApiError as error:
        if error.status != CONFLICT:
            raise
        plane.api.text("PATCH", f"{NODES}/{name}", {"metadata": {"labels": labels}}, MERGE)
        refresh(plane, host)


def refresh(plane: ControlPlane, host: HostState) -> bool:
    """Tell what the host is after a boot; false where it has no Node any more."""
    body = {"status": _status(plane, host)}
    try:
        plane.api.text("PATCH", f"{NODES}/{host.spec.name}/status", body, MERGE)
    except ApiError as error:
        if error.status == NOT_FOUND:
            return False
        raise
    return True


def ready(plane: ControlPlane, name: str) -> bool:
    """Tell whether the Node is Ready and takes Pods."""
    node = json.loads(plane.api.text("GET", f"{NODES}/{name}"))
    conditions = {each["type"]: each["status"] for each in node["status"].get("conditions", [])}
    taints = {taint["key"] for taint in node["spec"].get("taints", [])}
    return conditions.get("Ready") == "True" and "node.kubernetes.io/not-ready" not in taints


def _status(plane: ControlPlane, host: HostState) -> dict[str, Any]:
    return {
        "nodeInfo": {
            "machineID": host.machine_id,
            "systemUUID": host.machine_id,
            "bootID": host.boot_id,
            "kernelVersion": host.kernel,
            "osImage": DISTRIBUTIONS[host.spec.os].pretty,
            "containerRuntimeVersion": "containerd://1.7.27",
            "kubeletVersion": plane.version,
            "kubeProxyVersion": plane.version,
            "operatingSystem": "linux",
            "architecture": "amd64",
        },
        "addresses": [
            {"type": "InternalIP", "address": host.address},
            {"type": "InternalIP", "address": host.address6},
            {"type": "Hostname", "address": host.spec.name},
        ],
    }
