"""Emptying a node before its host is rebooted, as PodDisruptionBudgets allow, and letting it take pods again."""

import time
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any, Final

from domain.decoding import decode
from domain.drain import PodOnNode, ToEvict, to_evict
from domain.plan import Change, DrainNode, PatchObject, Uncordon
from domain.resources import PODS, Query, Resource
from fixtures.errors import NotNow, ObjectGone, PreconditionFailed, WriteError
from fixtures.store import Store
from fixtures.writing import Written
from remediations.objects import Objects

if TYPE_CHECKING:
    from remediations.kinds import Hand

EVERY_S: Final = 1.0
"""How often what is left is looked at, and evicted again where a budget did not allow it."""

_NAMED: Final = 5
_OBJECTS: Final = Objects()


class NotDrained(WriteError):
    """A node's pods did not all leave it in time."""


class Draining:
    """How a node is drained (a Kind)."""

    def look(self, store: Store, change: DrainNode) -> dict[str, Any]:
        """The pods that are left to evict."""
        return {"pods": [str(pod) for pod in _left(store, change.ref.name).pods]}

    def left_to_do(self, change: DrainNode, current: dict[str, Any] | None) -> Change | None:
        """The change, until no pod is left."""
        return change if current and current["pods"] else None

    def touched(self, change: DrainNode, current: dict[str, Any]) -> dict[str, Any]:
        """The pods that are evicted, or are left."""
        del change
        return current

    def request(self, change: DrainNode, current: dict[str, Any], hand: "Hand") -> Callable[[], Written]:
        """What evicts them and waits until they are gone."""
        del current
        return lambda: _drain(change, hand)

    def opposite(self, change: DrainNode) -> Change | None:
        """Nothing: their controllers have made them anew elsewhere."""
        del change
        return None

    def vanished(self, change: DrainNode, current: dict[str, Any] | None) -> str:
        """Nothing is taken back."""
        del change, current
        return ""

    def check(self, change: DrainNode, current: dict[str, Any] | None, earlier: Iterable[Change]) -> None:
        """Pods come and go: which are evicted is looked at when it is done."""

    def rights(self, change: DrainNode) -> Iterable[tuple[str, Resource, str]]:
        """To list pods, and to evict them."""
        del change
        yield "create", PODS, "eviction"
        yield "list", PODS, ""


class Uncordoning:
    """How a node is let take pods again (a Kind): a patch that nothing takes back."""

    def look(self, store: Store, change: Uncordon) -> dict[str, Any] | None:
        """The node."""
        return _OBJECTS.look(store, _patch(change))

    def left_to_do(self, change: Uncordon, current: dict[str, Any] | None) -> Change | None:
        """The change, until it is made."""
        return change if _OBJECTS.left_to_do(_patch(change), current) is not None else None

    def touched(self, change: Uncordon, current: dict[str, Any]) -> dict[str, Any]:
        """The values that it sets."""
        return _OBJECTS.touched(_patch(change), current)

    def request(self, change: Uncordon, current: dict[str, Any], hand: "Hand") -> Callable[[], Written]:
        """The patch of what is not so already."""
        left = _OBJECTS.left_to_do(_patch(change), current)
        return _OBJECTS.request(left if isinstance(left, PatchObject) else _patch(change), current, hand)

    def opposite(self, change: Uncordon) -> Change | None:
        """Nothing: so it was before the run."""
        del change
        return None

    def vanished(self, change: Uncordon, current: dict[str, Any] | None) -> str:
        """Nothing is taken back."""
        del change, current
        return ""

    def check(self, change: Uncordon, current: dict[str, Any] | None, earlier: Iterable[Change]) -> None:
        """Raise Moved where it is not what cordoning it makes of it."""
        _OBJECTS.check(_patch(change), current, earlier)

    def rights(self, change: Uncordon) -> Iterable[tuple[str, Resource, str]]:
        """To patch the node."""
        return _OBJECTS.rights(_patch(change))


def _patch(change: Uncordon) -> PatchObject:
    return PatchObject(ref=change.ref, edits=change.edits, reason=change.reason, command=change.command)


def _left(store: Store, node: str) -> ToEvict:
    """The pods that draining a node would evict now; raises a ReadError."""
    found = store.reader.list(Query(PODS, fields=f"spec.nodeName={node}"))
    return to_evict((decode(item, PodOnNode) for item in found.items), node)


def _drain(change: DrainNode, hand: "Hand") -> Written:
    """Evict what there is until nothing is left; raises NotDrained at the deadline, or where the run is to stop."""
    node, begun = change.ref.name, time.monotonic()
    refused: dict[str, str] = {}
    evicted: dict[str, None] = {}
    while pods := _left(hand.store, node).pods:
        for pod in pods:
            if pod.metadata.deletion_timestamp is None:
                _evict(pod, hand, refused, evicted)
        if hand.dry_run:
            break
        waited = time.monotonic() - begun
        now = _said(pods, refused)
        if waited > change.timeout_s:
            raise NotDrained(f"{node} was not drained within {change.timeout_s:.0f} s: {now}")
        if hand.stop.is_set():
            raise NotDrained(f"asked to stop while {node} was drained: {now}")
        if why := hand.lost():
            raise NotDrained(f"{node} is not drained any further: {why}")
        hand.tell(f"  draining {node}: {now} ({waited:.0f} s)")
        hand.stop.wait(EVERY_S)
    return Written({"pods": list(evicted)})


def _evict(pod: PodOnNode, hand: "Hand", refused: dict[str, str], evicted: dict[str, None]) -> None:
    """Ask for one pod's eviction; one that a budget does not allow now is asked for again."""
    name = str(pod)
    try:
        hand.writer.evict(pod.metadata.namespace, pod.metadata.name, pod.metadata.uid)
    except (ObjectGone, PreconditionFailed):
        return
    except NotNow as error:
        refused[name] = str(error)
    else:
        refused.pop(name, None)
        evicted[name] = None


def _said(pods: tuple[PodOnNode, ...], refused: dict[str, str]) -> str:
    """What is left, with the words of the budgets that hold it."""
    names = [str(pod) for pod in pods]
    more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
    held = [f"{name}: {refused[name]}" for name in names if name in refused]
    return "; ".join(
        [
            f"{len(names)} {'pod is' if len(names) == 1 else 'pods are'} left: {', '.join(names[:_NAMED])}{more}",
            *held[:_NAMED],
        ]
    )
