"""Whether a control plane outlives the reboot of one of its nodes: etcd and dqlite answer while a majority does."""

from collections.abc import Iterable

from domain.objects import Node


def quorum_lost(node: Node, nodes: Iterable[Node]) -> str:
    """Why a node must not be taken away now; nothing where it may be, or is none of the control plane's."""
    members = [one for one in nodes if one.control_plane]
    if not node.control_plane:
        return ""
    majority = len(members) // 2 + 1
    left = [one.name for one in members if one.ready and one.name != node.name]
    if len(left) >= majority:
        return ""
    there = f"{len(left)} others are Ready" if left else "no other is Ready"
    return (
        f"{node.name} is one of {len(members)} control-plane nodes, of which {majority} must be up, and {there}: while "
        "it is away the API and etcd would be down; do it by hand, at a time when they may be"
    )
