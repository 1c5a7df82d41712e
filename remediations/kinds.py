"""What the executor needs to know of a kind of change: how it is looked at, made and taken back.

A kind of change is a record of domain/plan.py and an entry of KINDS; the executor, the undo and the rehearsal know no
more of it than this.
"""

from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final, Protocol

from domain.plan import Change, DeleteObject, DrainNode, EvictPod, PatchObject, Prompt, RunOnHost, Uncordon, WriteFile
from domain.resources import Resource
from fixtures.hosts.writing import HostWriter
from fixtures.store import Store
from fixtures.writing import Written
from remediations.draining import Draining, Uncordoning
from remediations.in_files import InFiles
from remediations.objects import Objects
from remediations.on_hosts import OnHosts
from remediations.stopping import Stop

Current = dict[str, Any]
"""What a change is about, as it is now, as plain JSON."""


class Hand(Protocol):
    """A target that is held to be written to."""

    @property
    def store(self) -> Store:
        """What the target answers; its reader asks it afresh."""
        ...

    @property
    def writer(self) -> Any:
        """What can write to it: a Writer for a cluster, and for another kind of target its own."""
        ...

    @property
    def hosts(self) -> HostWriter | None:
        """What can change its hosts; None where it has none, and in a rehearsal."""
        ...

    @property
    def dry_run(self) -> bool:
        """Whether this is a rehearsal."""
        ...

    @property
    def stop(self) -> Stop:
        """Set once the run is asked to stop: what takes long looks at it."""
        ...

    @property
    def tell(self) -> Callable[[str], None]:
        """Says how far something is that takes long."""
        ...

    def lost(self) -> str:
        """Why nothing may be written any more; nothing where it may."""
        ...


class Kind(Protocol):
    """How changes of one kind are made; `change` is a record of that kind."""

    def look(self, store: Store, change: Any) -> Current | None:
        """What the change is about as it is now; None where it is not there. Raises a ReadError."""
        ...

    def left_to_do(self, change: Any, current: Current | None) -> Change | None:
        """What of a change is not so already; nothing where all of it is."""
        ...

    def touched(self, change: Any, current: Current) -> Current:
        """What a change touches, as it is: journaled before it is made and after."""
        ...

    def request(self, change: Any, current: Current, hand: Hand) -> Callable[[], Written]:
        """What makes a change on `current`; raises Moved where that is not what was planned on."""
        ...

    def opposite(self, change: Any) -> Change | None:
        """The change that brings back what was there before; None where nothing does."""
        ...

    def vanished(self, change: Any, current: Current | None) -> str:
        """Why there is nothing left to take a change back from; nothing where there is."""
        ...

    def check(self, change: Any, current: Current | None, earlier: Iterable[Change]) -> None:
        """Raise Moved where something is not what it was planned on, apart from what `earlier` changes make of it."""
        ...

    def rights(self, change: Any) -> Iterable[tuple[str, Resource, str]]:
        """The verbs, resources and subresources that making it needs of a cluster."""
        ...


_OBJECTS: Final = Objects()
KINDS: Final[Mapping[type, Kind]] = {
    **dict.fromkeys((PatchObject, Prompt, DeleteObject, EvictPod), _OBJECTS),
    DrainNode: Draining(),
    Uncordon: Uncordoning(),
    RunOnHost: OnHosts(),
    WriteFile: InFiles(),
}


def kind_of(change: Change) -> Kind:
    """How this change is made; raises KeyError for a wait, which makes nothing."""
    return KINDS[type(change)]


def opposite(change: Change) -> Change:
    """The change that takes this one back; raises TypeError for one that is irreversible."""
    back = kind_of(change).opposite(change)
    if back is None:
        raise TypeError(f"{change.ref}: nothing takes it back")
    return back
