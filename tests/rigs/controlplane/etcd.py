"""etcd through its own HTTP gateway: what the API server holds, read and written beneath it, 100 keys a request.

https://etcd.io/docs/v3.6/dev-guide/api_grpc_gateway/: keys and values are base64, numbers are strings.

The keys of one request share a revision, which the API server never does: its cache counts itself as fresh when it has
the first of them. So one key of each resource is written by itself, last: a list that has seen that has seen all.
"""

from base64 import b64decode, b64encode
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from tests.rigs.controlplane.api import Api

OPERATIONS_A_REQUEST = 100  # etcd's --max-txn-ops is 128
KEYS_A_REQUEST = 5000


class Etcd:
    """The keys of one etcd."""

    def __init__(self, api: Api) -> None:
        self._api = api

    def revisions(self, prefix: str) -> dict[str, int]:
        """Return the revision of the last write of each key under `prefix`."""
        return {_text(item["key"]): int(item["mod_revision"]) for item in self._range(prefix, keys_only=True)}

    def values(self, prefix: str) -> dict[str, tuple[int, bytes]]:
        """Return the revision and the value of each key under `prefix`."""
        return {
            _text(item["key"]): (int(item["mod_revision"]), b64decode(item.get("value", "")))
            for item in self._range(prefix, keys_only=False)
        }

    def put(self, values: Mapping[str, bytes]) -> dict[str, int]:
        """Write `values` and return the revision that each key got."""
        revisions: dict[str, int] = {}
        for keys in _batches(values):
            operations = [
                {"requestPut": {"key": _base64(key), "value": b64encode(values[key]).decode()}} for key in keys
            ]
            revisions |= dict.fromkeys(keys, self._transaction(operations))
        return revisions

    def delete(self, keys: Iterable[str]) -> None:
        """Delete `keys`."""
        for batch in _batches(keys):
            self._transaction([{"requestDeleteRange": {"key": _base64(key)}} for key in batch])

    def _transaction(self, operations: list[dict[str, Any]]) -> int:
        answer = self._api.post("/v3/kv/txn", {"success": operations})
        return int(answer["header"]["revision"])

    def _range(self, prefix: str, *, keys_only: bool) -> Iterator[dict[str, Any]]:
        start, end = prefix.encode(), prefix[:-1].encode() + bytes([ord(prefix[-1]) + 1])
        more = True
        while more:
            answer = self._api.post(
                "/v3/kv/range",
                {
                    "key": b64encode(start).decode(),
                    "range_end": b64encode(end).decode(),
                    "keys_only": keys_only,
                    "limit": str(KEYS_A_REQUEST),
                },
            )
            items = answer.get("kvs", [])
            yield from items
            more = bool(answer.get("more")) and bool(items)
            if items:
                start = b64decode(items[-1]["key"]) + b"\0"


def _batches(keys: Iterable[str]) -> Iterator[list[str]]:
    last: dict[str, str] = {}
    batch: list[str] = []
    for key in keys:
        before = last.pop(_resource(key), None)
        last[_resource(key)] = key
        if before is not None:
            batch.append(before)
        if len(batch) == OPERATIONS_A_REQUEST:
            yield batch
            batch = []
    if batch:
        yield batch
    for key in last.values():
        yield [key]


def _resource(key: str) -> str:
    """Return what the API server has one cache for: ``pods``, ``services/specs``, ``apps.example.org/things``."""
    name, _, within = key.removeprefix("/registry/").partition("/")
    return f"{name}/{within.partition('/')[0]}" if name == "services" or "." in name else name


def _base64(text: str) -> str:
    return b64encode(text.encode()).decode()


def _text(encoded: str) -> str:
    return b64decode(encoded).decode()
