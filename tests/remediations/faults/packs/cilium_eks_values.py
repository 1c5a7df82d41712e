"""Cilium on EKS with the chart's own values, an overlay beside the AWS VPC CNI, on three nodes."""

from tests import cilium
from tests.rigs.controlplane import ControlPlane


def plant(plane: ControlPlane, _remedy: str) -> None:
    cilium.install(plane, cilium.OVERLAY, "ip-1", "ip-2", "ip-3")
