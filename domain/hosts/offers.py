"""What is asked only of hosts and nodes that are to be changed: what apt offers there, and which pods run there."""

import msgspec

from domain.drain import ToEvict


class Offers(msgspec.Struct, frozen=True):
    """The packages of kernels that apt offers, by host; and why a host was not asked."""

    packages: dict[str, tuple[str, ...]] = {}
    unread: dict[str, str] = {}


class PodsOnNodes(msgspec.Struct, frozen=True):
    """The pods that draining would evict, by node; and why a node's pods are not known."""

    to_evict: dict[str, ToEvict] = {}
    unread: dict[str, str] = {}
