"""Big clusters in seconds: objects written into etcd as JSON, which the API server reads there like protobuf.

Through the API server, the scheduler and kwok 20,000 Pods take minutes; so they take as long as etcd takes to write.
What is written is not admitted nor defaulted, so it must be whole. The controllers see it like everything else: a Pod
without a Node would be scheduled, one on a Node that is not there would be collected; hence the Nodes.
"""

import datetime as dt
import json
import uuid
from collections.abc import Iterable, Iterator
from typing import Any

from tests.rigs.controlplane.cluster import ControlPlane

STORED_AS = {"Node": "minions", "Service": "services/specs"}
BATCH = 2000  # objects in memory at a time


def seed(plane: ControlPlane, objects: Iterable[dict[str, Any]]) -> int:
    """Write whole objects of built-in kinds into etcd and return how many; uid and creation time are added."""
    now = dt.datetime.now(dt.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    batch: dict[str, bytes] = {}
    written = 0
    for given in objects:
        added = {"uid": str(uuid.uuid4()), "creationTimestamp": now}
        whole = {**given, "metadata": {**added, **given["metadata"]}}
        batch[_key(whole)] = json.dumps(whole).encode()
        if len(batch) == BATCH:
            written += len(plane.etcd.put(batch))
            batch = {}
    return written + len(plane.etcd.put(batch))


def seed_pods(plane: ControlPlane, *, namespaces: int = 50, pods: int = 5000, nodes: int = 20) -> int:
    """Write Running Pods on Ready Nodes ``seed-node-0…`` in Namespaces ``seed-0…``; return how many objects."""
    return seed(plane, _cluster(namespaces, pods, nodes))


def _cluster(namespaces: int, pods: int, nodes: int) -> Iterator[dict[str, Any]]:
    now = dt.datetime.now(dt.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    for number in range(nodes):
        yield node(f"seed-node-{number}", now)
    for number in range(namespaces):
        yield namespace(f"seed-{number}")
    suffix = uuid.uuid4().hex[
        :5
    ]  # as ReplicaSets name Pods; kube-scheduler ends itself if it misses that one of a name went
    for number in range(pods):
        yield pod(f"pod-{number}-{suffix}", f"seed-{number % namespaces}", f"seed-node-{number % nodes}", now)


def namespace(name: str) -> dict[str, Any]:
    """Return an active Namespace."""
    return {
        "apiVersion": "v1",
        "kind": "Namespace",
        "metadata": {"name": name, "labels": {"kubernetes.io/metadata.name": name}},
        "spec": {"finalizers": ["kubernetes"]},
        "status": {"phase": "Active"},
    }


def node(name: str, now: str) -> dict[str, Any]:
    """Return a Node that is Ready."""
    condition = {"reason": "KubeletReady", "lastHeartbeatTime": now, "lastTransitionTime": now}
    room = {"cpu": "1k", "memory": "1Ti", "pods": "1M"}
    return {
        "apiVersion": "v1",
        "kind": "Node",
        "metadata": {"name": name, "labels": {"kubernetes.io/hostname": name, "kubernetes.io/os": "linux"}},
        "status": {
            "phase": "Running",
            "capacity": room,
            "allocatable": room,
            "conditions": [{"type": "Ready", "status": "True", **condition}],
            "addresses": [{"type": "Hostname", "address": name}],
            "nodeInfo": {
                "kernelVersion": "5.15.0-88-generic",
                "osImage": "Ubuntu 22.04.4 LTS",
                "operatingSystem": "linux",
            },
        },
    }


def pod(name: str, within: str, on: str, now: str) -> dict[str, Any]:
    """Return a Pod that is Running and Ready, of the size that Pods have in real clusters (some 3 KB)."""
    conditions = ("PodScheduled", "Initialized", "ContainersReady", "Ready")
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": name, "namespace": within, "labels": {"app": name, "app.kubernetes.io/part-of": within}},
        "spec": {
            "nodeName": on,
            "restartPolicy": "Always",
            "dnsPolicy": "ClusterFirst",
            "schedulerName": "default-scheduler",
            "serviceAccountName": "default",
            "terminationGracePeriodSeconds": 30,
            "securityContext": {},
            "containers": [_container(number) for number in range(2)],
            "volumes": [{"name": "data", "emptyDir": {}}],
        },
        "status": {
            "phase": "Running",
            "qosClass": "Burstable",
            "startTime": now,
            "conditions": [{"type": kind, "status": "True", "lastTransitionTime": now} for kind in conditions],
            "containerStatuses": [_container_status(number, now) for number in range(2)],
        },
    }


def _container(number: int) -> dict[str, Any]:
    probe = {"httpGet": {"path": "/healthz", "port": 8080, "scheme": "HTTP"}, "timeoutSeconds": 1, "periodSeconds": 10}
    thresholds = {"successThreshold": 1, "failureThreshold": 3}
    return {
        "name": f"container-{number}",
        "image": f"registry.example/seed/image-{number}:1.0.0",
        "imagePullPolicy": "IfNotPresent",
        "env": [{"name": f"VARIABLE_{each}", "value": f"a value of some length {each}"} for each in range(8)],
        "resources": {"requests": {"cpu": "10m", "memory": "16Mi"}},
        "livenessProbe": {**probe, **thresholds},
        "readinessProbe": {**probe, **thresholds},
        "volumeMounts": [{"name": "data", "mountPath": "/data"}],
        "terminationMessagePath": "/dev/termination-log",
        "terminationMessagePolicy": "File",
    }


def _container_status(number: int, now: str) -> dict[str, Any]:
    image = f"registry.example/seed/image-{number}:1.0.0"
    return {
        "name": f"container-{number}",
        "image": image,
        "imageID": image,
        "ready": True,
        "started": True,
        "restartCount": 0,
        "state": {"running": {"startedAt": now}},
    }


def _key(given: dict[str, Any]) -> str:
    kind, metadata = given["kind"], given["metadata"]
    resource = STORED_AS.get(kind) or _plural(kind)
    where = f"{metadata['namespace']}/" if "namespace" in metadata else ""
    return f"/registry/{resource}/{where}{metadata['name']}"


def _plural(kind: str) -> str:
    word = kind.lower()
    return f"{word}es" if word.endswith("s") else f"{word}s"
