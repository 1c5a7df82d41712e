"""The pod of a MicroK8s upgrade that is over lies about still, as the control-plane provider made it."""

from typing import Any

from tests.rigs.controlplane import ControlPlane

NODE = "microk8s-1"
KUBELET = "v1.27.16"
CALL = (
    'curl -X POST -H "Content-Type: application/json" --unix-socket /run/snapd.socket -d '
    '\'{"action": "refresh","channel":"1.27/stable"}\' http://localhost/v2/snaps/microk8s'
)
POD: dict[str, Any] = {
    "apiVersion": "v1",
    "kind": "Pod",
    "metadata": {"name": "upgrade-pod", "namespace": "default"},
    "spec": {
        "nodeName": NODE,
        "restartPolicy": "OnFailure",
        "containers": [
            {
                "name": "upgrade",
                "image": "curlimages/curl:7.87.0",
                "command": ["su", "-c"],
                "args": [CALL],
                "securityContext": {"privileged": True, "runAsUser": 0},
                "volumeMounts": [{"name": "snapd-socket", "mountPath": "/run/snapd.socket"}],
            }
        ],
        "volumes": [{"name": "snapd-socket", "hostPath": {"path": "/run/snapd.socket", "type": "Socket"}}],
    },
}


def plant(plane: ControlPlane, _remedy: str) -> None:
    plane.node(
        NODE,
        labels={"microk8s.io/cluster": "true", "node.kubernetes.io/microk8s-controlplane": "microk8s-controlplane"},
        nodeInfo={"kubeletVersion": KUBELET},
    )
    plane.kubectl("label", "namespace", "default", "pod-security.kubernetes.io/enforce=privileged")
    leave(plane)


def leave(plane: ControlPlane) -> None:
    """Leave the pod behind."""
    plane.api.post("/api/v1/namespaces/default/pods", POD)
