"""Where a change of Felix' IPv6 belongs, which is not the same for every install.

A manifest install and Canal are configured by their DaemonSet; the operator renders its DaemonSet from the Installation
and takes edits of it back (facts/cni.md).
"""

import msgspec

from domain.calico import CONTAINER, INSTALLATIONS, Install, Kind
from domain.felix.environment import IPV6_SUPPORT
from domain.resources import DAEMON_SETS, Resource


class Place(msgspec.Struct, frozen=True):
    """Where a change of Felix' IPv6 belongs: an object, the path in it, and why there."""

    resource: Resource
    namespace: str | None
    name: str
    path: str
    why: str

    def __str__(self) -> str:
        """`DaemonSet/kube-system/calico-node …`, by the object's parts."""
        return f"{'/'.join(part for part in (self.resource.kind, self.namespace, self.name) if part)} {self.path}"


def place_of_change(install: Install) -> Place:
    """Where IPv6 is turned off to stay off, as far as the cluster itself goes; a pack's values outlast both."""
    if install.kind is Kind.OPERATOR:
        name = install.installation.metadata.name if install.installation is not None else "default"
        path = "spec.calicoNetwork.nodeAddressAutodetectionV6, and the IPv6 entries of spec.calicoNetwork.ipPools"
        why = f"the operator renders {IPV6_SUPPORT} from its Installation and takes an edit of the DaemonSet back"
        return Place(INSTALLATIONS, None, name, path, why)
    meta = install.daemon_set.metadata
    path = f"spec.template.spec.containers[{CONTAINER}].env[{IPV6_SUPPORT}]"
    why = "the environment outranks every FelixConfiguration"
    return Place(DAEMON_SETS, meta.namespace, meta.name, path, why)
