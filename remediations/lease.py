"""One remediating run at a time on a cluster: a Lease that says who holds it, renewed while the run lasts.

Taken and renewed by compare-and-swap on its resourceVersion; one whose holder died runs out and is taken over.
"""

import os
import socket
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from threading import Event, Thread
from typing import Any

import msgspec

from domain.resources import LEASES, Query
from fixtures.errors import NotFound, PackcheckError, PreconditionFailed, ReadError, WriteError
from fixtures.reading import Reader
from fixtures.writing import Writer

NAME = "packcheck"
DURATION_S = 30
LOOK_AGAIN_S = 2.0
"""How often a Lease that another run holds is looked at, where --wait-lock says to wait."""


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
        self.holder = f"{os.environ.get('USER', 'packcheck')}@{socket.gethostname()}/{os.getpid()} run {run}"
        self._duration_s = duration_s
        self._ended = Event()
        self._renewing: Thread | None = None
        self.lost: str | None = None
        """Why the Lease is not ours any more, if it was lost while the run lasted."""

    def take(self, wait_s: float, stop: Event) -> None:
        """Take the Lease, waiting up to `wait_s` for another holder; raises Held, a ReadError or a WriteError."""
        deadline = datetime.now(UTC) + timedelta(seconds=wait_s)
        said = ""
        while True:
            held = self._try()
            if held is None:
                break
            if datetime.now(UTC) >= deadline or stop.is_set():
                raise Held(f"{held}; --wait-lock=SECONDS waits for it")
            if held != said:
                self._tell(f"waiting: {held}")
                said = held
            stop.wait(LOOK_AGAIN_S)
        self._renewing = Thread(target=self._renew, name="packcheck-lease", daemon=True)
        self._renewing.start()

    def release(self) -> None:
        """Stop renewing, and delete the Lease where it is still ours; raises nothing: it runs out by itself."""
        self._ended.set()
        if self._renewing is not None:
            self._renewing.join()
        if self.lost is not None:
            return
        try:
            lease = self._read()
            if lease is not None and lease.spec.holder_identity == self.holder:
                self._writer.delete(LEASES, self._namespace, NAME, lease.metadata.uid)
        except (ReadError, WriteError) as error:
            self._tell(f"the Lease {self._namespace}/{NAME} could not be released and runs out by itself: {error}")

    def _try(self) -> str | None:
        """Take the Lease, or say who holds it and since when."""
        lease = self._read()
        now = datetime.now(UTC)
        if lease is None:
            return self._create(now)
        spec = lease.spec
        holder = spec.holder_identity
        lasts = timedelta(seconds=spec.lease_duration_seconds or DURATION_S)
        if holder and spec.renew_time is not None and spec.renew_time + lasts > now:
            since = spec.acquire_time.isoformat(timespec="seconds") if spec.acquire_time else "an unknown time"
            return f"another run holds this cluster (Lease {self._namespace}/{NAME}): {holder}, since {since}"
        try:
            self._write(lease, {"acquireTime": _micro(now), "renewTime": _micro(now)})
        except PreconditionFailed:
            return f"another run takes the Lease {self._namespace}/{NAME} at this moment"
        if holder:
            self._tell(f"the Lease of {holder} had run out and is taken over")
        return None

    def _create(self, now: datetime) -> str | None:
        spec = {
            "holderIdentity": self.holder,
            "leaseDurationSeconds": self._duration_s,
            "acquireTime": _micro(now),
            "renewTime": _micro(now),
        }
        body: dict[str, Any] = {
            "apiVersion": LEASES.api_version,
            "kind": LEASES.kind,
            "metadata": {"name": NAME, "namespace": self._namespace},
            "spec": spec,
        }
        try:
            self._writer.create(LEASES, self._namespace, body)
        except PreconditionFailed:
            return f"another run takes the Lease {self._namespace}/{NAME} at this moment"
        return None

    def _renew(self) -> None:
        while not self._ended.wait(self._duration_s / 3):
            try:
                lease = self._read()
                if lease is None or lease.spec.holder_identity != self.holder:
                    self.lost = f"the Lease {self._namespace}/{NAME} was taken away from this run"
                    self._tell(self.lost)
                    return
                self._write(lease, {"renewTime": _micro(datetime.now(UTC))})
            except (ReadError, WriteError) as error:
                self._tell(f"the Lease {self._namespace}/{NAME} could not be renewed, and is tried again: {error}")

    def _write(self, lease: _Lease, times: dict[str, str]) -> None:
        spec = {"holderIdentity": self.holder, "leaseDurationSeconds": self._duration_s, **times}
        self._writer.patch(
            LEASES,
            self._namespace,
            NAME,
            [
                {"op": "test", "path": "/metadata/resourceVersion", "value": lease.metadata.resource_version},
                {"op": "test", "path": "/metadata/uid", "value": lease.metadata.uid},
                *({"op": "add", "path": f"/spec/{key}", "value": value} for key, value in spec.items()),
            ],
        )

    def _read(self) -> _Lease | None:
        try:
            return msgspec.json.decode(self._reader.get(Query(LEASES, self._namespace, NAME)), type=_Lease)
        except NotFound:
            return None
        except msgspec.MsgspecError as error:
            raise ReadError(
                f"the Lease {self._namespace}/{NAME} does not fit what the API promises: {error}"
            ) from error


def _micro(time: datetime) -> str:
    return time.isoformat(timespec="microseconds").replace("+00:00", "Z")
