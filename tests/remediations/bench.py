"""A control plane on which both scenarios are broken, and that is broken again after each test as it was before it.

Breaking it takes seconds, for Palette's resource definition has to be served; breaking it again takes none.
"""

import json
import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from tests import broken
from tests.broken import NAMESPACE
from tests.remediations.faults.packs import upgrade_pod
from tests.remediations.runs import Runs
from tests.rigs.controlplane import ControlPlane
from tests.rigs.controlplane.readiness import until

ENFORCE = "pod-security.kubernetes.io/enforce"
LABEL = "/metadata/labels/pod-security.kubernetes.io~1enforce"
LEASE = "/apis/coordination.k8s.io/v1/namespaces/default/leases/packcheck"
SPEAKER = f"/apis/apps/v1/namespaces/{NAMESPACE}/daemonsets/speaker"
LABELS, POD = "--scenario=packs/namespace-labels", "--scenario=packs/upgrade-pod"
PODS = f"/api/v1/namespaces/{NAMESPACE}/pods"
LEFT = "/api/v1/namespaces/default/pods/upgrade-pod"
NAMESPACE_PATH = f"/api/v1/namespaces/{NAMESPACE}"
LEASE_WRITES = 2
"""The Lease is taken and let go of."""
SENT = {"get", "list", "watch"}
"""The verbs of a run that changes nothing."""


class Bench:
    """The broken cluster; a remediating run patches its namespace, prompts its DaemonSet and deletes the upgrade-pod."""

    def __init__(self, plane: ControlPlane, runs: Runs) -> None:
        self.plane, self.runs = plane, runs
        self.here = [f"--kubeconfig={plane.kubeconfig}", "--settle=0"]
        self.both = [*self.here, LABELS, POD]
        plane.reset()
        broken.nodes(plane, "worker-1")
        broken.metallb(plane)
        upgrade_pod.plant(plane, "delete-upgrade-pod")
        broken.refused(plane, NAMESPACE)
        self.original = self.state()

    def state(self) -> dict[str, Any]:
        """What a run touches and an undo brings back: labels and annotations; deleted pods stay deleted."""
        namespace, speaker = self.plane.api.get(NAMESPACE_PATH), self.plane.api.get(SPEAKER)
        return {
            "labels": namespace["metadata"]["labels"],
            "annotations": speaker["metadata"].get("annotations", {}),
            "uids": (namespace["metadata"]["uid"], speaker["metadata"]["uid"]),
        }

    def is_there(self) -> bool:
        """Whether the cluster was not reset meanwhile: by the uid of what was broken."""
        return self.plane.api.exists(SPEAKER) and self.state()["uids"] == self.original["uids"]

    def break_again(self) -> None:
        """Have everything as it was, so that the next run finds what the first found."""
        if self.plane.api.exists(LEASE):
            self.plane.api.text("DELETE", LEASE)
        now = self.state()
        for path, part in ((NAMESPACE_PATH, "labels"), (SPEAKER, "annotations")):
            if now[part] != self.original[part]:
                self.patch(path, {"metadata": {part: dict.fromkeys(now[part]) | self.original[part]}})
        if not self.plane.api.exists(LEFT):
            upgrade_pod.leave(self.plane)
        until(self._kept_out, "the DaemonSet has no pods, and knows it")

    def patch(self, path: str, body: Any) -> None:
        """Change an object as somebody else (a merge patch)."""
        self.plane.api.text("PATCH", path, body, "application/merge-patch+json")

    def label(self, value: str) -> None:
        """Have somebody else set the namespace's level."""
        self.patch(NAMESPACE_PATH, {"metadata": {"labels": {ENFORCE: value}}})

    def labels(self) -> dict[str, str]:
        """The namespace's labels."""
        return dict(self.plane.api.get(NAMESPACE_PATH)["metadata"]["labels"])

    def lease(self) -> dict[str, Any]:
        """The Lease's spec, empty where there is none."""
        return dict(self.plane.api.get(LEASE)["spec"]) if self.plane.api.exists(LEASE) else {}

    def sent(self, since: int) -> list[tuple[str, str, str, int]]:
        """What runs have asked to change since a mark: verb, resource, query and answer; no access reviews."""
        return [
            (e.verb, e.object_ref.resource, e.request_uri.partition("?")[2], e.response_status.code)
            for e in self.plane.audit(since, user="admin")
            if e.verb not in SENT and e.object_ref.resource != "selfsubjectaccessreviews"
        ]

    @contextmanager
    def standing_still(self) -> Iterator[None]:
        """Have the rig's controllers stand still."""
        pid = self.plane.pids["kube-controller-manager"]
        os.kill(pid, signal.SIGSTOP)
        try:
            yield
        finally:
            os.kill(pid, signal.SIGCONT)

    def _kept_out(self) -> bool:
        if broken.pods(self.plane, NAMESPACE):
            self.plane.api.text("DELETE", f"{PODS}?gracePeriodSeconds=0", json.loads("{}"))
            return False
        status = self.plane.api.get(SPEAKER)["status"]
        return bool(status["desiredNumberScheduled"] > status["currentNumberScheduled"])
