"""Waiting for what a change brings about: watches with a deadline and progress, never sleeps.

A watch that ends early or whose resourceVersion is too old is begun anew from a fresh read.
"""

import time
from collections.abc import Callable
from threading import Event
from typing import Any

import msgspec

from domain.plan import WaitFor
from domain.resources import Query
from domain.waiting import Progress, progress
from fixtures.errors import ListExpired, NotFound, WriteError
from fixtures.reading import Reader
from fixtures.writing import Writer

WATCH_S = 5.0
"""How long one watch runs before the progress is told again and a request to stop is looked for."""


class WaitedInVain(WriteError):
    """What was waited for did not come about."""


def wait(change: WaitFor, reader: Reader, writer: Writer, stop: Event, tell: Callable[[str], None]) -> str:
    """Wait until an object is as `change` wants it and say what it is like then; raises WaitedInVain or a ReadError."""
    begun = time.monotonic()
    ref = change.ref
    query = Query(ref.resource, ref.namespace, ref.name)
    while True:
        found, version = _read(reader, query)
        seen = progress(change.until, ref.resource, ref.uid, found)
        left = change.timeout_s - (time.monotonic() - begun)
        if seen.done:
            return seen.now
        if seen.hopeless or left <= 0 or stop.is_set():
            why = (
                "asked to stop" if stop.is_set() else "it cannot come" if seen.hopeless else f"{change.timeout_s:.0f} s"
            )
            raise WaitedInVain(f"waited in vain ({why}) for {ref} until {change.until}: {seen.now}")
        tell(f"  waiting for {ref} until {change.until}: {seen.now} ({time.monotonic() - begun:.0f} s)")
        ended = _watch(change, writer, query, version, min(left, WATCH_S))
        if ended is not None:
            return ended.now


def _watch(change: WaitFor, writer: Writer, query: Query, version: str, timeout_s: float) -> Progress | None:
    """Follow the object until it is as wanted (what it is like then), or until this watch is over (None)."""
    try:
        for event in writer.watch(query, version, timeout_s):
            if event.type == "BOOKMARK":
                continue
            found = None if event.type == "DELETED" else event.object
            seen = progress(change.until, change.ref.resource, change.ref.uid, found)
            if seen.done or seen.hopeless:
                return seen if seen.done else None
    except ListExpired:
        return None
    return None


def _read(reader: Reader, query: Query) -> tuple[dict[str, Any] | None, str]:
    try:
        found: dict[str, Any] = msgspec.json.decode(reader.get(query))
    except NotFound:
        return None, ""
    return found, str(found["metadata"].get("resourceVersion", ""))
