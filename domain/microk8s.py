"""MicroK8s' upgrade-pod: which pod is one, and whether an upgrade still needs it or has left it over.

Cluster API's control-plane provider for MicroK8s makes it in the workload cluster to have snapd refresh one node's
snap, waits for that node's kubelet, and deletes it. Providers without the fix leave it when that one delete fails, and
their next upgrade needs the same name. The phase tells nothing (facts/kubernetes.md); what tells is the channel that
the pod asks snapd for, the version of its node's kubelet, and its age.
Source: canonical/cluster-api-control-plane-provider-microk8s, controllers/reconcile.go.
"""

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from posixpath import normpath

import msgspec

from domain.facts import Fact
from domain.objects import Namespace, Node
from domain.pods import Pod
from domain.verdict import Grade

NAME, NAMESPACE = "upgrade-pod", "default"
SUBJECT = f"Pod/{NAMESPACE}/{NAME}"
CONTAINER, SOCKET = "upgrade", "/run/snapd.socket"
SELECTORS = ("node.kubernetes.io/microk8s-controlplane", "microk8s.io/cluster=true")
"""The labels of MicroK8s' nodes: only the control plane's, which are few, then every node's, as old versions had it."""

WAITS = timedelta(minutes=10)
"""How long the provider waits for a node before it goes on as if it were upgraded: 60 times 10 s."""

OVERDUE = timedelta(minutes=1)
"""How long after its grace period a pod that is being deleted may still be there."""

CLOSING = "a provider that has only just seen that deletes the pod by itself within half a minute"

_CHANNEL = re.compile(r'\\?"channel\\?"\s*:\s*\\?"([^"\\]*)\\?"')
_VERSION = re.compile(r"v?(\d{1,4})\.(\d{1,4})(?:[-.+].*)?")


class UpgradePod(msgspec.Struct, frozen=True):
    """The pod of that name, the node it is bound to, a MicroK8s node if any was looked for, and its namespace."""

    pod: Fact[Pod] = Fact()
    node: Fact[Node] = Fact()
    microk8s: Fact[Node] = Fact()
    namespace: Namespace | None = None


class State(StrEnum):
    """What a pod of that name is."""

    SOMETHING_ELSE = "something else"
    IN_FLIGHT = "in flight"
    LEFT_OVER = "left over"
    UNTOLD = "in flight or left over"
    TERMINATING = "being deleted"
    STUCK = "stuck in its deletion"


class Judged(msgspec.Struct, frozen=True):
    """What a pod of that name is, and why that is believed; `look_again` is when more will be known."""

    pod: Pod
    state: State
    why: str
    grade: Grade = Grade.PROVEN
    look_again: datetime | None = None


def channel(pod: Pod) -> str | None:
    """The channel in the JSON that the pod posts to snapd: `1.27/stable`; None where its command names none."""
    for container in pod.spec.containers:
        if container.get("name") == CONTAINER:
            words = " ".join(map(str, [*(container.get("command") or ()), *(container.get("args") or ())]))
            match = _CHANNEL.search(words)
            return match[1].strip() or None if match else None
    return None


def minor(version: str) -> tuple[int, int] | None:
    """Major and minor of a channel's track or a kubelet's version: (1, 28) of `1.28-strict/stable`, `v1.28.9`."""
    match = _VERSION.fullmatch(version.partition("/")[0].strip())
    return (int(match[1]), int(match[2])) if match else None


def sets_apart(pod: Pod) -> Iterator[str]:
    """What a pod differs in from the provider's, a clause each; nothing where its whole shape is the provider's."""
    meta, spec = pod.metadata, pod.spec
    if (meta.namespace, meta.name) != (NAMESPACE, NAME):
        yield f"it is {meta.namespace}/{meta.name}"
    names = [str(container.get("name")) for container in spec.containers]
    if CONTAINER not in names:
        yield f"no container of it is named {CONTAINER} ({', '.join(names) or 'it has none'})"
    paths = [str((volume.get("hostPath") or {}).get("path", "")) for volume in spec.volumes]
    if SOCKET not in [normpath(path).removeprefix("/var") for path in paths]:
        yield f"no volume of it is the host's {SOCKET}"
    if not spec.node_name:
        yield "it is bound to no node"
    for owner in meta.owner_references:
        yield f"{owner.kind}/{owner.name} owns it"


def age(pod: Pod, now: datetime) -> timedelta | None:
    """How old a pod is; 0 for one from the future, where clocks differ."""
    created = pod.metadata.creation_timestamp
    return None if created is None else max(now - created, timedelta())


def judge(found: UpgradePod, now: datetime) -> Judged | None:
    """Say what the pod of that name is; None where there is none, or it could not be read."""
    pod = found.pod.first
    if pod is None:
        return None
    apart = "; ".join(sets_apart(pod))
    if apart:
        return Judged(pod, State.SOMETHING_ELSE, apart)
    if pod.metadata.deletion_timestamp is not None:
        return _deleted(pod, pod.metadata.deletion_timestamp, now)
    return _compared(pod, found.node, age(pod, now), now)


def _deleted(pod: Pod, due: datetime, now: datetime) -> Judged:
    """Judge a pod whose grace period ends, or ended, at `due`."""
    finalizers = ", ".join(pod.metadata.finalizers)
    held = f"finalizers hold it: {finalizers}" if finalizers else f"the kubelet of {pod.spec.node_name} has it to end"
    if now - due < OVERDUE:
        ends = f"its grace period ends at {clock(due)}; {held}"
        return Judged(pod, State.TERMINATING, ends, look_again=due + OVERDUE)
    return Judged(pod, State.STUCK, f"it should have been gone at {clock(due)}; {held}")


def _compared(pod: Pod, nodes: Fact[Node], old: timedelta | None, now: datetime) -> Judged:
    """Judge a pod by what it asks for, what its node has, and how long the provider waits."""
    on, asked, node = pod.spec.node_name, channel(pod), nodes.first
    kubelet = node.status.node_info.kubelet_version if node else ""
    wanted, has = minor(asked or ""), minor(kubelet)
    upgrade = f"upgrade of node {on} to channel {asked}" if asked else f"upgrade of node {on}"
    if node is None and not nodes.unread:
        return Judged(pod, State.LEFT_OVER, f"the {upgrade} left it, and that node is gone")
    late = old is not None and old >= WAITS
    if wanted and has and wanted <= has:
        left = f"the {upgrade} left it: that is over, the node's kubelet is {kubelet}"
        return Judged(pod, State.LEFT_OVER, left if late else f"{left} ({CLOSING})")
    look_again = None if old is None else now + WAITS - old
    if wanted and has and late:
        gave_up = (
            f"did not complete and left it: the node's kubelet is still {kubelet}, and the provider waits 10 minutes"
        )
        return Judged(pod, State.LEFT_OVER, f"the {upgrade} {gave_up}")
    if wanted and has and old is not None:
        under_way = f"the {upgrade} is under way: the node's kubelet is {kubelet}"
        return Judged(pod, State.IN_FLIGHT, under_way, look_again=look_again)
    unknown = "; ".join(_unknown(asked, kubelet, nodes, old))
    if late:
        outlived = f"the {upgrade} left it: it is older than the 10 minutes that the provider waits; {unknown}"
        return Judged(pod, State.LEFT_OVER, outlived, Grade.PREDICTED)
    return Judged(pod, State.UNTOLD, f"whether the {upgrade} is over cannot be told: {unknown}", look_again=look_again)


def _unknown(asked: str | None, kubelet: str, nodes: Fact[Node], old: timedelta | None) -> Iterator[str]:
    """What keeps channel and kubelet from being compared, a clause each."""
    if not minor(asked or ""):
        yield f"channel {asked} names no version" if asked else "its command names no channel"
    yield from (f"its node could not be read: {unread.reason}" for unread in nodes.unread)
    if nodes.items and not minor(kubelet):
        yield f"its node says no version of its kubelet ({kubelet or 'nothing'})"
    if old is None:
        yield "it does not say when it was created"


def clock(time: datetime) -> str:
    """A time for a sentence: `2026-11-22T10:04:00Z`."""
    return f"{time.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"


def spoken(span: timedelta) -> str:
    """A span for a sentence, in its two largest units at most: `5 h 10 min`, `45 s`."""
    seconds = int(span.total_seconds())
    units = (("d", seconds // 86400), ("h", seconds // 3600 % 24), ("min", seconds // 60 % 60), ("s", seconds % 60))
    first = next((index for index, (_, count) in enumerate(units) if count), 3)
    return " ".join(f"{count} {unit}" for unit, count in units[first : first + 2] if count) or "0 s"
