"""A namespace whose level keeps its DaemonSet out, and one pod waits under the old labels.

For the runbook's remedy a pack declares privileged, and the namespace has no level; for the lowest level the namespace
is stricter than its controllers need, and than a pack declares.
"""

from tests import broken
from tests.rigs.controlplane import ControlPlane

STUCK = "stuck"
ENFORCE = "pod-security.kubernetes.io/enforce"
VALUES = f'pack:\n  namespaceLabels:\n    "{broken.NAMESPACE}": "{ENFORCE}=baseline"\n'


def plant(plane: ControlPlane, remedy: str) -> None:
    broken.nodes(plane, "worker-1")
    if remedy == "label-lowest-level":
        strict(plane)
    else:
        broken.metallb(plane)
        broken.create(plane, [broken.workload("Deployment", STUCK, broken.NAMESPACE, broken.plain(), replicas=1)])
        stick(plane)
    broken.refused(plane, broken.NAMESPACE)


def strict(plane: ControlPlane) -> None:
    """A namespace that enforces restricted where its pack declares baseline, which would admit its DaemonSet's pods."""
    broken.serve_packs(plane)
    plane.namespace(broken.PALETTE)
    broken.declare(plane, VALUES)
    plane.namespace(broken.NAMESPACE, {ENFORCE: "restricted"})
    broken.create(plane, [broken.workload("DaemonSet", broken.SPEAKER, broken.NAMESPACE, broken.plain())])


def stick(plane: ControlPlane) -> None:
    """Make the Deployment's pod wait for its container's configuration, as the runbook's example shows it."""
    (pod,) = broken.wait_ready(plane, broken.NAMESPACE, STUCK, 1).values()
    name = pod["metadata"]["name"]
    broken.stick(plane, broken.NAMESPACE, name, "CreateContainerConfigError", 'secret "memberlist" not found')
