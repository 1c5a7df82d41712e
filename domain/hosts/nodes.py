"""A node of a cluster by what tells which machine it is, as its kubelet says it."""

from typing import Final

import msgspec

from domain.objects import ObjectMeta, Struct

_HOSTNAME: Final = "kubernetes.io/hostname"


class NodeInfo(Struct, frozen=True, kw_only=True):
    """What a node's kubelet says of its machine and kernel."""

    machine_id: str = msgspec.field(default="", name="machineID")
    boot_id: str = msgspec.field(default="", name="bootID")
    kernel_version: str = ""
    os_image: str = ""


class NodeAddress(Struct, frozen=True, kw_only=True):
    """One of a node's addresses: InternalIP, Hostname and the like."""

    type: str = ""
    address: str = ""


class ClusterNodeStatus(Struct, frozen=True, kw_only=True):
    """How a node is."""

    node_info: NodeInfo = NodeInfo()
    addresses: list[NodeAddress] = []


class ClusterNode(Struct, frozen=True, kw_only=True):
    """A Node with its machine's identity, kernel and addresses."""

    metadata: ObjectMeta
    status: ClusterNodeStatus = ClusterNodeStatus()

    @property
    def name(self) -> str:
        """Its name."""
        return self.metadata.name

    @property
    def info(self) -> NodeInfo:
        """What its kubelet says."""
        return self.status.node_info

    @property
    def hostnames(self) -> frozenset[str]:
        """Every name that its machine may go by: its own, its label's and its addresses', in small letters."""
        told = (a.address for a in self.status.addresses if a.type == "Hostname")
        names = (self.name, self.metadata.labels.get(_HOSTNAME, ""), *told)
        return frozenset(name.lower() for name in names if name)
