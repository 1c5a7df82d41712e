"""A control plane whose nodes are hosts to log in to, and Calico on them: what API and SSH tell meets.

The API server, its controllers, sshd, apt, dpkg, GRUB and iptables are real; kwok runs the pods, and a host's ip6tables
stands in for the kernel that is said to be booted (tests/rigs/hosts).
"""

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests import broken
from tests.remediations.faults.packs import calico_ipv6_kernel as calico
from tests.remediations.runs import Runs, runs_below
from tests.rigs.controlplane import ControlPlane
from tests.rigs.controlplane.readiness import until
from tests.rigs.hosts import HostRig, HostSpec
from tests.rigs.hosts.plugin import StartHosts

DAEMON_SETS = f"/apis/apps/v1/namespaces/{calico.NAMESPACE}/daemonsets"
KERNEL, UNPAIRED = "packs/calico-ipv6-kernel", "packs/ipv6-off-unpaired"


class Joined:
    """The control plane, its hosts, and the options by which a run reaches both."""

    def __init__(self, plane: ControlPlane, rig: HostRig) -> None:
        self.plane, self.rig = plane, rig
        self.cluster = f"--kubeconfig={plane.kubeconfig}"
        self.ssh = [f"--ssh-config={rig.ssh_config}", "--sudo"]
        self.nodes = [self.cluster, "--hosts=nodes", *self.ssh]

    def calico(self, env: str = "true") -> None:
        """Install Calico, and wait until it runs on every host."""
        daemon_set = calico.daemon_set()
        for variable in daemon_set["spec"]["template"]["spec"]["containers"][1]["env"]:
            if variable["name"] == "FELIX_IPV6SUPPORT":
                variable["value"] = env
        broken.create(self.plane, [daemon_set])

        def runs() -> bool:
            status = self.plane.api.get(f"{DAEMON_SETS}/{calico.NAME}")["status"]
            return bool(status.get("numberReady") == status["desiredNumberScheduled"] == len(self.rig))

        until(runs, "Calico's pods are ready")

    def node(self, name: str) -> dict[str, Any]:
        """A Node as the API has it."""
        return dict(self.plane.api.get(f"/api/v1/nodes/{name}"))


Join = Callable[..., Joined]


@pytest.fixture
def join(fresh_controlplane: ControlPlane, hosts: StartHosts) -> Join:
    """Start hosts, make each a Node of the control plane, and have Calico program IPv6 on them."""

    def joined(*specs: HostSpec | int) -> Joined:
        rig = hosts(*specs)
        rig.join(fresh_controlplane)
        made = Joined(fresh_controlplane, rig)
        made.calico()
        return made

    return joined


@pytest.fixture(scope="session")
def runs(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Runs]:
    """Runs of packcheck."""
    with runs_below(tmp_path_factory.mktemp("runs")) as runs:
        yield runs
