"""The real control plane with every fault planted, as a bundle and as a live run on it, made once for all tests."""

import os
import signal
from pathlib import Path
from typing import NamedTuple

import pytest

from tests import broken, cilium
from tests.bundles.collector import collect
from tests.commands import Done, packcheck
from tests.remediations.faults.packs import calico_ipv6_kernel, upgrade_pod
from tests.rigs.controlplane import ControlPlane


class Planted(NamedTuple):
    """What was taken of the broken cluster while its controllers stood still."""

    bundle: Path
    live: Done
    namespaces: tuple[str, ...]


@pytest.fixture(scope="session")
def planted(controlplane: ControlPlane, tmp_path_factory: pytest.TempPathFactory) -> Planted:
    """A bundle of every namespace, and the live run."""
    plane = controlplane
    plane.reset()
    broken.metallb(plane)
    broken.every_kind(plane)
    calico_ipv6_kernel.plant(plane, "")
    upgrade_pod.plant(plane, "")
    cilium.install(plane, cilium.OVERLAY, "ip-1")
    broken.refused(plane, broken.NAMESPACE, *broken.KINDS)
    names = tuple(each["metadata"]["name"] for each in plane.api.get("/api/v1/namespaces")["items"])
    controllers = plane.pids["kube-controller-manager"]
    os.kill(controllers, signal.SIGSTOP)  # they try again and again, and every try moves events and versions
    try:
        bundle = collect(plane, tmp_path_factory.mktemp("bundle"), names)
        live = packcheck(tmp_path_factory.mktemp("live") / "run", f"--kubeconfig={plane.kubeconfig}", "--record")
    finally:
        os.kill(controllers, signal.SIGCONT)
    plane.reset()
    return Planted(bundle, live, names)
