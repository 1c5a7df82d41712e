"""Which pods of a node are evicted when it is drained, as `kubectl drain --ignore-daemonsets` has it.

A DaemonSet's pods stay, for they would come back at once; a mirror pod is the kubelet's own; what has ended stays too.
"""

from collections.abc import Iterable
from typing import Any, Final

import msgspec

from domain.objects import ObjectMeta, Struct

CORDONED: Final = "packcheck.dev/cordoned-by"
"""The annotation of a node that a run keeps pods from: whoever finds it knows that it may be let go."""

_MIRROR: Final = "kubernetes.io/config.mirror"
_ENDED: Final = ("Succeeded", "Failed")


class _Spec(Struct, frozen=True, kw_only=True):
    node_name: str = ""
    volumes: list[dict[str, Any]] = []


class _Status(Struct, frozen=True, kw_only=True):
    phase: str = ""


class PodOnNode(Struct, frozen=True, kw_only=True):
    """A pod by what tells whether and how it can leave its node."""

    metadata: ObjectMeta
    spec: _Spec = _Spec()
    status: _Status = _Status()

    @property
    def stays(self) -> bool:
        """Whether draining leaves it where it is."""
        owner = self.metadata.controller
        by_daemon_set = owner is not None and owner.kind == "DaemonSet"
        return by_daemon_set or _MIRROR in self.metadata.annotations or self.status.phase in _ENDED

    @property
    def unmanaged(self) -> bool:
        """Whether nothing makes it anew elsewhere."""
        return self.metadata.controller is None

    @property
    def keeps_data(self) -> bool:
        """Whether it has data that go with it (emptyDir)."""
        return any("emptyDir" in volume for volume in self.spec.volumes)

    def __str__(self) -> str:
        """`Pod/shop/web-1`."""
        return f"Pod/{self.metadata.namespace}/{self.metadata.name}"


class ToEvict(msgspec.Struct, frozen=True):
    """The pods of one node that draining evicts, in order."""

    pods: tuple[PodOnNode, ...] = ()

    @property
    def unmanaged(self) -> tuple[str, ...]:
        """Those that nothing makes anew."""
        return tuple(str(pod) for pod in self.pods if pod.unmanaged)

    @property
    def keeping_data(self) -> tuple[str, ...]:
        """Those whose data go with them."""
        return tuple(str(pod) for pod in self.pods if pod.keeps_data)


def to_evict(pods: Iterable[PodOnNode], node: str) -> ToEvict:
    """Choose among pods those that draining a node evicts."""
    return ToEvict(tuple(pod for pod in pods if pod.spec.node_name == node and not pod.stays))
