"""One remediating run at a time on a cluster: a Lease that says who holds it, renewed while the run lasts.

Taken and renewed by compare-and-swap on its resourceVersion. One whose holder died runs out and is taken over, but not
by the clock alone: clocks differ, and a holder that lives is seen to renew.
"""

import os
import socket
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from threading import Event, Thread
from typing import Any

import msgspec

from domain.decoding import decode
from domain.resources import LEASES, Query
from fixtures.errors import AnswerLost, NotFound, PackcheckError, PreconditionFailed, ReadError, WriteError
from fixtures.reading import Reader
from fixtures.writing import Writer
from remediations.stopping import Stop

NAME = "packcheck"
DURATION_S = 30
LOOK_AGAIN_S = 2.0
"""How often a Lease that another run holds is looked at, where --wait-lock says to wait."""
A_LITTLE_S = 0.05
TRIES = 5
"""How often a Lease is tried for whose answers are lost."""


class Held(PackcheckError):
    """Another run holds the cluster's Lease."""


class _Spec(msgspec.Struct, frozen=True, rename="camel"):
    holder_identity: str | None = None
    acquire_time: datetime | None = None
    renew_time: datetime | None = None
    lease_duration_seconds: int | None = None


class _Meta(msgspec.Struct, frozen=True, rename="camel"):
    uid: str
    resource_version: str


class _Lease(msgspec.Struct, frozen=True):
    metadata: _Meta
    spec: _Spec = _Spec()


class _Busy(msgspec.Struct, frozen=True):
    """Why a Lease cannot be had now, when to look again, and whether to do so though nobody waits for it."""

    words: str
    again_s: float = LOOK_AGAIN_S
    anyway: bool = False


class Lease:
    """The Lease of one cluster, held for one run."""

    def __init__(
        self,
        reader: Reader,
        writer: Writer,
        namespace: str,
        run: str,
        tell: Callable[[str], None],
        duration_s: int = DURATION_S,
    ) -> None:
        self._reader, self._writer = reader, writer
        self._namespace, self._tell = namespace, tell
        self._where = f"Lease {namespace}/{NAME}"
        self.holder = f"{os.environ.get('USER', 'packcheck')}@{socket.gethostname()}/{os.getpid()} run {run}"
        self._duration_s = duration_s
        self._ended = Event()
        self._renewing: Thread | None = None
        self._acquired = ""
        self._renewed = 0.0
        self._taken_away = ""
        self._seen = ("", 0.0)
        """The resourceVersion that was seen last, and when it was seen first."""

    @property
    def lost(self) -> str:
        """Why the Lease is not ours any more, or may be another's by now; nothing while it is."""
        if self._taken_away or time.monotonic() <= self._renewed + self._duration_s:
            return self._taken_away
        return f"the {self._where} could not be renewed for {self._duration_s} s: another run may hold it by now"

    def take(self, wait_s: float, stop: Stop) -> None:
        """Take the Lease, waiting up to `wait_s` for another holder; raises Held, a ReadError or a WriteError."""
        until = time.monotonic() + wait_s
        said = ""
        while (busy := self._try()) is not None:
            left = until - time.monotonic()
            if stop.is_set() or (left <= 0 and not busy.anyway):
                raise Held(f"{busy.words}; --wait-lock=SECONDS waits for it")
            if busy.words != said:
                self._tell(f"waiting: {busy.words}")
                said = busy.words
            stop.wait(min(LOOK_AGAIN_S, busy.again_s) + A_LITTLE_S)
        self._renewing = Thread(target=self._renew, name="packcheck-lease", daemon=True)
        self._renewing.start()

    def release(self) -> None:
        """Stop renewing, and delete the Lease where it is still ours; raises nothing: it runs out by itself."""
        self._ended.set()
        if self._renewing is not None:
            self._renewing.join()
        if self.lost:
            return
        try:
            self._delete()
        except (ReadError, WriteError) as error:
            self._tell(f"the {self._where} could not be released and runs out by itself: {error}")

    def _delete(self) -> None:
        for again in (True, False):
            lease = self._read()
            if lease is None or lease.spec.holder_identity != self.holder:
                return
            try:
                self._writer.delete(LEASES, self._namespace, NAME, lease.metadata.uid)
            except AnswerLost:
                if not again:
                    raise

    def _try(self) -> _Busy | None:
        """Take the Lease, or say who holds it and since when."""
        lost: AnswerLost | None = None
        for _ in range(TRIES):
            lease = self._read()
            if lease is not None and lease.spec.holder_identity == self.holder:
                return None  # taken by a request whose answer was lost
            busy = self._busy(lease) if lease is not None and lease.spec.holder_identity else None
            if busy is not None:
                return busy
            try:
                self._take(lease)
            except AnswerLost as error:
                lost = error
            except PreconditionFailed:
                return _Busy(f"another run takes the {self._where} at this moment")
            else:
                return None
        assert lost is not None
        raise lost

    def _busy(self, lease: _Lease) -> _Busy | None:
        """Why a held Lease cannot be taken over: it has not run out, or was not looked at for long enough to tell."""
        spec, version, now = lease.spec, lease.metadata.resource_version, time.monotonic()
        if self._seen[0] != version:
            self._seen = (version, now)
        unmoved = now - self._seen[1]
        lasts = spec.lease_duration_seconds or DURATION_S
        since = spec.acquire_time.isoformat(timespec="seconds") if spec.acquire_time else "an unknown time"
        who = f"another run holds this cluster ({self._where}): {spec.holder_identity}, since {since}"
        until = (spec.renew_time or datetime.min.replace(tzinfo=UTC)) + timedelta(seconds=lasts)
        left = (until - datetime.now(UTC)).total_seconds()
        if left > 0:
            return _Busy(who, min(left, lasts - unmoved)) if unmoved < lasts else None
        enough = lasts / 2  # more than the third of it after which one that lives renews
        if unmoved < enough:
            return _Busy(
                f"{who}; it has run out: whether it is renewed is seen in {enough:g} s", enough - unmoved, True
            )
        return None

    def _take(self, lease: _Lease | None) -> None:
        self._acquired = _now()
        self._renewed = time.monotonic()  # before it is sent: where the answer is lost, it may be ours from then on
        if lease is not None:
            self._write(lease)
        else:
            body = {
                "apiVersion": LEASES.api_version,
                "kind": LEASES.kind,
                "metadata": {"name": NAME, "namespace": self._namespace},
                "spec": self._spec(),
            }
            self._writer.create(LEASES, self._namespace, body)
        if lease is not None and lease.spec.holder_identity:
            self._tell(f"the Lease of {lease.spec.holder_identity} had run out and is taken over")

    def _renew(self) -> None:
        while not self._ended.wait(self._duration_s / 3):
            try:
                lease = self._read()
                if lease is None or lease.spec.holder_identity != self.holder:
                    self._taken_away = f"the {self._where} was taken away from this run"
                    self._tell(self._taken_away)
                    return
                began = time.monotonic()
                self._write(lease)
                self._renewed = began
            except (ReadError, WriteError) as error:
                self._tell(f"the {self._where} could not be renewed, and is tried again: {error}")

    def _spec(self) -> dict[str, Any]:
        return {
            "holderIdentity": self.holder,
            "leaseDurationSeconds": self._duration_s,
            "acquireTime": self._acquired,
            "renewTime": _now(),
        }

    def _write(self, lease: _Lease) -> None:
        self._writer.patch(
            LEASES,
            self._namespace,
            NAME,
            [
                {"op": "test", "path": "/metadata/resourceVersion", "value": lease.metadata.resource_version},
                {"op": "test", "path": "/metadata/uid", "value": lease.metadata.uid},
                {"op": "add", "path": "/spec", "value": self._spec()},
            ],
        )

    def _read(self) -> _Lease | None:
        try:
            return decode(self._reader.get(Query(LEASES, self._namespace, NAME)), _Lease)
        except NotFound:
            return None
        except msgspec.MsgspecError as error:
            raise ReadError(f"the {self._where} does not fit what the API promises: {error}") from error


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")
