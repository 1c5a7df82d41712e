"""The values of a Helm release, from its Secret: what the chart brought, overlaid by what its user said.

The Secret's data is base64 of base64 of gzipped JSON. Its values may hold credentials: of everything in it only what is
below `eni`, `ipam` and the like is kept, and nothing of it is quoted in a message (facts/palette.md).
"""

import base64
import re
import zlib
from collections.abc import Iterable, Mapping
from typing import Any, Final

import msgspec

from domain.cilium.parameters import parameters
from domain.cilium.version import Version, parse
from domain.objects import ObjectMeta, Struct
from domain.resources import Resource

SECRETS: Final = Resource("", "v1", "secrets", "Secret")
TYPE: Final = "helm.sh/release.v1"
DEPLOYED: Final = "owner=helm,status=deployed"
"""The label selector of releases that are in force; there is one of each release."""

CHART: Final = "cilium"
MAX_BYTES: Final = 16_000_000
"""Of a release's JSON: a Secret holds at most 1 MB of it compressed."""

_GZIP: Final = b"\x1f\x8b\x08"
_SECRET_NAME: Final = re.compile(r"sh\.helm\.release\.v1\.(.+)\.v(\d+)")


class ReleaseSecret(Struct, frozen=True, kw_only=True):
    """A Secret that holds a release; never shown: its data may hold credentials."""

    metadata: ObjectMeta
    data: dict[str, str] = {}

    def __repr__(self) -> str:
        """Its name alone."""
        return f"ReleaseSecret({self.metadata.name})"

    @property
    def revision(self) -> tuple[str, int]:
        """The release and its revision, by the Secret's name."""
        match = _SECRET_NAME.fullmatch(self.metadata.name)
        return (match[1], int(match[2])) if match else (self.metadata.name, 0)


class Release(msgspec.Struct, frozen=True):
    """A deployed release of Cilium's chart: the ten values with what they hang on, none else, and its version."""

    name: str
    """`Secret/kube-system/sh.helm.release.v1.cilium-cilium.v3`."""
    version: Version | None
    values: dict[str, Any]


class ReleaseError(ValueError):
    """A Secret that holds no release that can be read; the text says why, and nothing of what it holds."""


class _ChartMeta(msgspec.Struct, frozen=True):
    name: str = ""
    version: str = ""


class _Chart(msgspec.Struct, frozen=True):
    metadata: _ChartMeta = _ChartMeta()
    values: dict[str, Any] | None = None


class _Release(msgspec.Struct, frozen=True):
    chart: _Chart = _Chart()
    config: dict[str, Any] | None = None


def release_of(secret: ReleaseSecret) -> Release | None:
    """The release in a Secret; None where it is another chart's. Raises ReleaseError where it cannot be read."""
    try:
        inner = base64.b64decode(base64.b64decode(secret.data["release"], validate=True), validate=True)
        found = msgspec.json.decode(_unzipped(inner), type=_Release)
    except ReleaseError:
        raise
    except (KeyError, ValueError, zlib.error, RecursionError) as error:  # of base64, JSON and what fits neither
        raise ReleaseError(f"it holds no release that can be read ({type(error).__name__})") from None
    meta = found.chart.metadata
    if meta.name != CHART:
        return None
    held = kept(overlaid(found.chart.values or {}, found.config or {}))
    name = f"Secret/{secret.metadata.namespace}/{secret.metadata.name}"
    return Release(name, parse(meta.version), held)


def newest(secrets: Iterable[ReleaseSecret]) -> list[ReleaseSecret]:
    """Of each release the Secret of its highest revision."""
    latest: dict[str, ReleaseSecret] = {}
    for secret in sorted(secrets, key=lambda one: one.revision[1]):
        latest[secret.revision[0]] = secret
    return list(latest.values())


def overlaid(below: Mapping[str, Any], above: Mapping[str, Any]) -> dict[str, Any]:
    """Helm's merge: maps are merged key by key, everything else replaces, and a null takes away what is below."""
    merged = dict(below)
    for key, value in above.items():
        under = merged.get(key)
        if value is None:
            merged.pop(key, None)
        elif isinstance(value, dict) and isinstance(under, dict):
            merged[key] = overlaid(under, value)
        else:
            merged[key] = value
    return merged


def _unzipped(data: bytes) -> bytes:
    """Old releases are not compressed; what is, is unpacked no further than a release can be large."""
    if not data.startswith(_GZIP):
        return data
    unpacking = zlib.decompressobj(wbits=zlib.MAX_WBITS | 16)
    unpacked = unpacking.decompress(data, MAX_BYTES)
    if unpacking.unconsumed_tail:
        raise ReleaseError(f"it unpacks to more than {MAX_BYTES} bytes")
    return unpacked


def kept(values: Mapping[str, Any]) -> dict[str, Any]:
    """The ten and `tunnel`, at their places: the rest is nobody's business."""
    held: dict[str, Any] = {}
    for path in (*(one.path for one in parameters().parameters), ("tunnel",)):
        found: Any = values
        for key in path:
            found = found.get(key) if isinstance(found, dict) else None
        if found is not None:
            place = held
            for key in path[:-1]:
                place = place.setdefault(key, {})
            place[path[-1]] = found
    return held
