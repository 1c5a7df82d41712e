"""Waiting for what a change brings about: watches with a deadline and progress, never sleeps.

A watch that ends early, whose resourceVersion is too old or that a troubled server refuses is begun anew from a fresh
read, until the deadline; what cannot mend in the meantime (a right that is missing, a target that is down) ends it.
"""

import contextlib
import time
from collections.abc import Callable
from typing import Any

import msgspec

from domain.plan import WaitFor
from domain.resources import Query
from domain.waiting import Progress, progress
from fixtures.errors import (
    Garbled,
    ListExpired,
    NotFound,
    ReadTimedOut,
    ServerFailed,
    TargetDown,
    WriteError,
)
from fixtures.reading import Reader
from fixtures.writing import Writer
from remediations.patching import value_at
from remediations.stopping import Stop

WATCH_S = 5.0
"""How long one watch runs before the progress is told again and a request to stop is looked for."""

AGAIN_S = 1.0
"""How soon, at the earliest, something is asked again that ended early or failed."""

PASSING = (ListExpired, ReadTimedOut, ServerFailed, Garbled)
"""Failures that may be over at the next try."""


class WaitedInVain(WriteError):
    """What was waited for did not come about."""


class Stopped(Exception):
    """The run was asked to stop while it waited; the text says for what."""


def wait(change: WaitFor, reader: Reader, writer: Writer, stop: Stop, tell: Callable[[str], None]) -> str:
    """Wait until an object is as `change` wants it, and say what it is like then.

    Raises WaitedInVain at the deadline or where it cannot come, Stopped, a ReadError for what cannot mend by itself,
    and msgspec.ValidationError where the object does not fit what the API promises.
    """
    begun = time.monotonic()
    ref = change.ref
    query = Query(ref.resource, ref.namespace, ref.name)
    while True:
        looked = time.monotonic()
        try:
            seen, version = _read(change, reader, query)
        except PASSING as error:
            seen, version = Progress(done=False, now=f"not known: {error}"), ""
        if seen.done:
            return seen.now
        left = change.timeout_s - (time.monotonic() - begun)
        if seen.hopeless or left <= 0:
            why = "it cannot come" if seen.hopeless else f"{change.timeout_s:.0f} s"
            raise WaitedInVain(f"waited in vain ({why}) for {ref} until {change.until}: {seen.now}")
        if stop.is_set():
            raise Stopped(f"asked to stop while waiting for {ref} until {change.until}: {seen.now}")
        tell(f"  waiting for {ref} until {change.until}: {seen.now} ({time.monotonic() - begun:.0f} s)")
        ended = _watch(change, writer, query, version, min(left, WATCH_S)) if version else None
        if ended is not None:
            return ended.now
        stop.wait(min(left, looked + AGAIN_S - time.monotonic()))


def _watch(change: WaitFor, writer: Writer, query: Query, version: str, timeout_s: float) -> Progress | None:
    """Follow the object until it is as wanted (what it is like then), or until this watch is over (None)."""
    try:
        for event in writer.watch(query, version, timeout_s):
            if event.type == "BOOKMARK":
                continue
            found = None if event.type == "DELETED" else event.object
            seen = progress(change.until, change.ref.resource, change.ref.uid, found, change.beyond)
            if seen.done or seen.hopeless:
                return seen if seen.done else None
    except (*PASSING, TargetDown):  # where nothing answers any more, the next read says so
        return None
    return None


def _read(change: WaitFor, reader: Reader, query: Query) -> tuple[Progress, str]:
    """How far it is, and the resourceVersion to watch from."""
    found: dict[str, Any] | None = None
    with contextlib.suppress(NotFound):
        found = msgspec.json.decode(reader.get(query), type=dict[str, Any])
    seen = progress(change.until, query.resource, change.ref.uid, found, change.beyond)
    return seen, str(value_at(found, "/metadata/resourceVersion") or "")
