"""Whether a cluster is EKS: two signals, of which one is EKS' own, for none of them is sure by itself.

The version says `-eks-` on EKS Distro too, providerID `aws:///` on any machine of AWS', and the address may be a
proxy's (facts/cni.md). Where fewer are seen and some could not be read, that is not known.
"""

from collections.abc import Iterable
from typing import Final
from urllib.parse import urlsplit

import msgspec

from domain.facts import Fact
from domain.objects import Node

NEEDED: Final = 2
LABEL: Final = "eks.amazonaws.com/"
COMPUTE: Final = "eks.amazonaws.com/compute-type"
HYBRID: Final = "hybrid"
MACHINE: Final = "aws:///"
_HOSTS: Final = (".eks.amazonaws.com", ".eks.amazonaws.com.cn")


class Eks(msgspec.Struct, frozen=True):
    """Whether it is EKS (None: not known), and by which signals; `why` says what is missing."""

    here: bool | None
    signals: tuple[str, ...]
    why: str = ""


def recognise(version: Fact[str], nodes: Fact[Node], server: str | None) -> Eks:
    """Look for the signals in the server's version, its address, and the nodes' labels and providerIDs."""
    own = tuple(_own(version, nodes, server))
    machine = next((n.spec.provider_id for n in nodes.items if n.spec.provider_id.startswith(MACHINE)), None)
    signals = (*own, *((f"a node's providerID is {machine}",) if machine else ()))
    if own and len(signals) >= NEEDED:
        return Eks(True, signals)
    may_come = bool(version.unread) + NEEDED * bool(nodes.unread or (own and not nodes.items))
    said = f"{_spoken(signals)} of two signals that it is EKS"
    if len(signals) + may_come >= NEEDED:
        missing = "; ".join([u.reason for u in (*version.unread, *nodes.unread)]) or "there is no node to tell by"
        return Eks(None, signals, f"{said}, and {missing}")
    return Eks(False, signals, said)


def _own(version: Fact[str], nodes: Fact[Node], server: str | None) -> Iterable[str]:
    """The signals that only EKS gives, or what is made of it."""
    if version.first is not None and "-eks-" in version.first:
        yield f"the server's version is {version.first}"
    host = urlsplit(server).hostname if server else None
    if host is not None and host.endswith(_HOSTS):
        yield f"the API server is {host}"
    label = next((key for node in nodes.items for key in node.metadata.labels if key.startswith(LABEL)), None)
    if label is not None:
        yield f"a node has the label {label}"


def hybrid(nodes: Iterable[Node]) -> tuple[str, ...]:
    """The nodes outside AWS, where the AWS VPC CNI does not run and Cilium has no ENIs."""
    return tuple(n.metadata.name for n in nodes if n.metadata.labels.get(COMPUTE) == HYBRID)


def _spoken(signals: tuple[str, ...]) -> str:
    return f"one ({signals[0]})" if signals else "none"
