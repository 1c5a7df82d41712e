"""A pack declares labels that its namespace lacks; admission keeps its DaemonSet out, and one pod waits under the old labels."""

from tests import broken
from tests.rigs.controlplane import ControlPlane

STUCK = "stuck"


def plant(plane: ControlPlane, _remedy: str) -> None:
    broken.nodes(plane, "worker-1")
    broken.metallb(plane)
    broken.create(plane, [broken.workload("Deployment", STUCK, broken.NAMESPACE, broken.plain(), replicas=1)])
    stick(plane)
    broken.refused(plane, broken.NAMESPACE)


def stick(plane: ControlPlane) -> None:
    """Make the Deployment's pod wait for its container's configuration, as the runbook's example shows it."""
    (pod,) = broken.wait_ready(plane, broken.NAMESPACE, STUCK, 1).values()
    name = pod["metadata"]["name"]
    broken.stick(plane, broken.NAMESPACE, name, "CreateContainerConfigError", 'secret "memberlist" not found')
