"""Helm's releases from their Secrets: the ten values and no others, whatever else is in them."""

import base64
import gzip
from typing import Any

import msgspec
import pytest

from domain.cilium import helm
from domain.cilium.helm import Release, ReleaseError, ReleaseSecret, newest, overlaid, release_of
from domain.cilium.version import Version
from tests.helm import HELD, secret

NAME = "Secret/kube-system/sh.helm.release.v1.cilium-cilium.v1"


def as_read(made: dict[str, Any]) -> ReleaseSecret:
    return msgspec.convert(made, ReleaseSecret)


def holding(data: bytes) -> ReleaseSecret:
    made = secret()
    return as_read(made | {"data": {"release": base64.b64encode(base64.b64encode(data)).decode()}})


@pytest.mark.parametrize("zipped", [True, False])
def test_the_users_values_lie_over_the_charts(zipped: bool) -> None:
    defaults = {"ipam": {"mode": "cluster-pool", "operator": {"x": 1}}, "routingMode": "", "eni": {"enabled": False}}
    made = secret({"ipam": {"mode": "eni"}, "kubeProxyReplacement": True}, defaults=defaults, zipped=zipped)
    assert release_of(as_read(made)) == Release(
        NAME,
        Version(17, 4),
        {"ipam": {"mode": "eni"}, "kubeProxyReplacement": True, "routingMode": "", "eni": {"enabled": False}},
    )


def test_nothing_else_of_it_is_kept() -> None:
    found = release_of(as_read(secret({"tunnel": "disabled", "ipam": "eni"})))
    assert found is not None
    assert found.values == {"tunnel": "disabled"}
    assert HELD not in repr(found)
    assert repr(as_read(secret())) == "ReleaseSecret(sh.helm.release.v1.cilium-cilium.v1)"


def test_another_charts_release_is_none_of_ours() -> None:
    assert release_of(as_read(secret(chart="coredns", release="cilium"))) is None


@pytest.mark.parametrize(
    "broken",
    [
        as_read(secret() | {"data": {}}),
        as_read(secret() | {"data": {"release": "no base64 !"}}),
        as_read(secret() | {"data": {"release": "é"}}),
        holding(b"{"),
        holding(b'{"chart": []}'),
        holding(b"\x1f\x8b\x08 no gzip"),
        holding(b"[" * 100_000),
        holding(b'{"chart": {"metadata": {"name": "' + HELD.encode() + b'", "version": 1}}}'),
    ],
    ids=range(8),
)
def test_what_cannot_be_read_is_said_without_what_it_holds(broken: ReleaseSecret) -> None:
    with pytest.raises(ReleaseError, match=r"it holds no release that can be read \(\w+\)") as error:
        release_of(broken)
    assert HELD not in str(error.value)
    assert error.value.__cause__ is None
    assert error.value.__suppress_context__


def test_a_bomb_is_not_unpacked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(helm, "MAX_BYTES", 1000)
    with pytest.raises(ReleaseError, match="it unpacks to more than 1000 bytes"):
        release_of(holding(gzip.compress(b" " * 1_000_000)))


def test_the_highest_revision_of_each_release_counts() -> None:
    made = [secret(revision=n) for n in (9, 10, 2)] + [secret(release="other.v2", revision=3)]
    odd = as_read(secret() | {"metadata": {"name": "by-hand"}})
    assert sorted(s.metadata.name for s in newest([*map(as_read, made), odd])) == [
        "by-hand",
        "sh.helm.release.v1.cilium-cilium.v10",
        "sh.helm.release.v1.other.v2.v3",
    ]


def test_maps_are_merged_and_a_null_takes_away() -> None:
    below = {"a": {"x": 1, "y": 2}, "b": {"z": 1}, "c": 1, "d": {"e": 1}}
    above = {"a": {"y": None, "n": 3}, "b": None, "c": {"f": 1}, "d": 2, "gone": None}
    assert overlaid(below, above) == {"a": {"x": 1, "n": 3}, "c": {"f": 1}, "d": 2}
    assert below["b"] == {"z": 1}
