"""A cluster with the faults of the scenario namespace-labels, made on the real control plane for tests to look at."""

import json
from collections.abc import Iterable, Mapping
from typing import Any

from tests.rigs.controlplane import ApiError, ControlPlane
from tests.rigs.controlplane.readiness import until

NAMESPACE = "metallb-system"
SPEAKER = "speaker"
PACK = "lb-metallb-helm"
PALETTE = "cluster-0123456789abcdef01234567"
VALUES = """\
pack:
  namespace: "metallb-system"
  namespaceLabels:
    "metallb-system": "pod-security.kubernetes.io/enforce=privileged,\
pod-security.kubernetes.io/enforce-version=v{{ .spectro.system.kubernetes.version | substr 0 4 }}"
charts:
  metallb-full: {}
"""
REFUSED = (
    'violates PodSecurity "baseline:latest": host namespaces (hostNetwork=true), privileged (container "speaker" must '
    "not set securityContext.privileged=true)"
)
"""Admission's own words for the pods of `privileged`."""
KINDS = {
    "by-replicaset": "ReplicaSet",
    "by-statefulset": "StatefulSet",
    "by-job": "Job",
    "by-replicationcontroller": "ReplicationController",
    "by-cronjob": "Job",
}
"""A namespace for each kind of controller, beside the DaemonSet's, with the kind that admission speaks to."""

Manifest = dict[str, Any]


def privileged() -> Manifest:
    """The spec of a pod that only the level privileged admits."""
    container = {"name": SPEAKER, "image": "speaker", "securityContext": {"privileged": True}}
    return {"hostNetwork": True, "containers": [container]}


def plain() -> Manifest:
    """The spec of a pod that the level baseline admits."""
    return {"containers": [{"name": "controller", "image": "controller"}]}


def workload(kind: str, name: str, namespace: str, pod: Manifest, **spec: Any) -> Manifest:
    """A controller of pods that carry its name as their label."""
    label = {"app": name}
    template = {"metadata": {"labels": label}, "spec": pod}
    selector: Manifest = {"selector": {"matchLabels": label}}
    match kind:
        case "Job" | "CronJob":
            selector, version = {}, "batch/v1"
            template["spec"] = {**pod, "restartPolicy": "Never"}
        case "ReplicationController":
            selector, version = {"selector": label}, "v1"
        case _:
            version = "apps/v1"
    if kind == "CronJob":
        whole = {"schedule": "0 0 1 1 *", "jobTemplate": {"spec": {"template": template}}}
    else:
        whole = {**selector, "template": template, **spec}
    return {"apiVersion": version, "kind": kind, "metadata": {"name": name, "namespace": namespace}, "spec": whole}


def serve_packs(plane: ControlPlane) -> None:
    """Serve Palette's packs; the fields of their spec are anybody's."""
    version = {
        "name": "v1alpha1",
        "served": True,
        "storage": True,
        "schema": {"openAPIV3Schema": {"type": "object", "x-kubernetes-preserve-unknown-fields": True}},
    }
    names = {"plural": "packs", "singular": "pack", "kind": "Pack", "listKind": "PackList"}
    plane.api.post(
        "/apis/apiextensions.k8s.io/v1/customresourcedefinitions",
        {
            "metadata": {"name": "packs.cluster.spectrocloud.com"},
            "spec": {
                "group": "cluster.spectrocloud.com",
                "scope": "Namespaced",
                "names": names,
                "versions": [version],
            },
        },
    )

    def served() -> bool:
        try:
            return plane.api.exists("/apis/cluster.spectrocloud.com/v1alpha1/packs")
        except ApiError:  # its storage is made at the first request
            return False

    until(served, "packs are served")


def declare(plane: ControlPlane, values: str = VALUES, name: str = PACK) -> None:
    """Create a pack in Palette's own namespace."""
    plane.api.post(
        f"/apis/cluster.spectrocloud.com/v1alpha1/namespaces/{PALETTE}/packs",
        {
            "apiVersion": "cluster.spectrocloud.com/v1alpha1",
            "kind": "Pack",
            "metadata": {"name": name},
            "spec": {"values": values},
        },
    )


def create(plane: ControlPlane, manifests: Iterable[Manifest]) -> None:
    """Create objects as they are given."""
    items = {"apiVersion": "v1", "kind": "List", "items": list(manifests)}
    plane.kubectl("create", "-f", "-", input=json.dumps(items))


def nodes(plane: ControlPlane, *names: str) -> None:
    """Make Ready nodes for pods to run on."""
    for name in names:
        plane.node(name)


def metallb(plane: ControlPlane) -> None:
    """The runbook's own fault: a pack that declares labels, a namespace without them, and its DaemonSet kept out."""
    serve_packs(plane)
    plane.namespace(PALETTE)
    declare(plane)
    plane.namespace(NAMESPACE)
    create(plane, [workload("DaemonSet", SPEAKER, NAMESPACE, privileged())])


def every_kind(plane: ControlPlane) -> None:
    """For each other kind of controller a namespace, which no pack knows of, with one that is kept out."""
    for name in KINDS:
        plane.namespace(name)
    create(
        plane,
        [
            workload("Deployment", "web", "by-replicaset", privileged(), replicas=2),
            workload("StatefulSet", "db", "by-statefulset", privileged(), replicas=2, serviceName="db"),
            workload("Job", "once", "by-job", privileged()),
            workload("ReplicationController", "old", "by-replicationcontroller", privileged(), replicas=1),
            workload("CronJob", "nightly", "by-cronjob", privileged()),
        ],
    )
    plane.kubectl("create", "job", "nightly-1", "--from=cronjob/nightly", "--namespace=by-cronjob")


def refused(plane: ControlPlane, *namespaces: str) -> None:
    """Wait until admission has refused pods in these namespaces."""

    def heard() -> bool:
        events = plane.api.get("/api/v1/events?fieldSelector=reason%3DFailedCreate")["items"]
        return set(namespaces) <= {each["metadata"]["namespace"] for each in events}

    until(heard, f"FailedCreate events in {', '.join(namespaces)}")


def pods(plane: ControlPlane, namespace: str, app: str = "") -> dict[str, Manifest]:
    """The pods of a namespace, or of one controller there, by uid."""
    path = f"/api/v1/namespaces/{namespace}/pods" + (f"?labelSelector=app%3D{app}" if app else "")
    return {pod["metadata"]["uid"]: pod for pod in plane.api.get(path)["items"]}


def ready(pod: Mapping[str, Any]) -> bool:
    """Whether a pod is Running and Ready, or has done its work."""
    conditions = {each["type"]: each["status"] for each in pod["status"].get("conditions", [])}
    return pod["status"]["phase"] == "Succeeded" or (
        pod["status"]["phase"] == "Running" and conditions.get("Ready") == "True"
    )


def wait_ready(plane: ControlPlane, namespace: str, app: str, count: int) -> dict[str, Manifest]:
    """Wait until so many pods of a controller are ready, and return them by uid."""

    def found() -> dict[str, Manifest] | None:
        there = {uid: pod for uid, pod in pods(plane, namespace, app).items() if ready(pod)}
        return there if len(there) == count else None

    return until(found, f"{count} ready pods of {namespace}/{app}")


def stick(plane: ControlPlane, namespace: str, pod: str, reason: str, message: str) -> None:
    """Make a running pod's container wait, as a kubelet would say it: kwok leaves alone what is Running."""
    waiting = {"waiting": {"reason": reason, "message": message}}
    status = {
        "conditions": [
            {"type": "Ready", "status": "False"},
            {"type": "ContainersReady", "status": "False"},
            {"type": "PodScheduled", "status": "True"},
        ],
        "containerStatuses": [
            {"name": "controller", "ready": False, "restartCount": 0, "image": "", "imageID": "", "state": waiting}
        ],
    }
    plane.kubectl(
        "patch", "pod", pod, f"--namespace={namespace}", "--subresource=status", "--type=merge",
        f"--patch={json.dumps({'status': status})}",
    )  # fmt: skip
