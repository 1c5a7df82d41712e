"""The ten values as files and releases say them: the chart's defaults of that version, overlaid by what is written.

What a pack leaves out, the chart decides, each minor version by its own defaults; eni.enabled forces some. A value that
is a template of Palette's is resolved by Palette alone, so it stays open.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

import msgspec

from domain.cilium.judging import DISABLED, TUNNEL, Judged, State, boolean, replaces
from domain.cilium.parameters import Default, Parameter, Reads, by_value, parameters, until, version_of
from domain.cilium.version import Version

NEEDS_VERSION: Final = "the pack's tag, or the chart's version"
RESOLVED: Final = "the values as Palette resolved them"
_TEMPLATE: Final = "{{"


class Value(msgspec.Struct, frozen=True):
    """What a value comes to: its text (None: not known), where that is from, and why that is all."""

    text: str | None
    origin: str
    why: str = ""
    would_help: str | None = None


def judge_values(values: Mapping[str, Any], version: Version | None) -> tuple[Judged, ...]:
    """Judge all ten by what stands below `charts.cilium`; `version` is the chart's, None where it is not told."""
    return tuple(_judge(one, values, version) for one in parameters().parameters)


def effective(one: Parameter, values: Mapping[str, Any], version: Version | None) -> Value:
    """What one of the ten comes to: what is written, what eni.enabled forces, else the chart's default."""
    written = text_of(at(values, by_value("eni.enabled").path)) or ""
    if _TEMPLATE not in written:
        return _effective(one, values, version, eni=boolean(written) is True)
    on, off = (_effective(one, values, version, eni=eni) for eni in (True, False))
    why = "it hangs on eni.enabled, which Palette resolves"
    return off if on.text == off.text else Value(None, off.origin, why, RESOLVED)


def _effective(one: Parameter, values: Mapping[str, Any], version: Version | None, *, eni: bool) -> Value:
    written = text_of(at(values, one.path))
    if one.reads is Reads.ROUTING and values.get(TUNNEL) is not None:
        return _tunnel(one, written, text_of(values[TUNNEL]) or "", version)
    if eni and one.forced_with_eni is not None and _forced(one, version):
        return Value(one.wanted, "eni.enabled sets it, whatever is written")
    return Value(written, "written") if written else _default(one, version, eni=eni)


def to_write(judged: Iterable[Judged]) -> tuple[Judged, ...]:
    """What somebody can write: the values that are wrong, and those that are left to a default nobody knows."""
    return tuple(one for one in judged if one.state is State.WRONG or one.would_help == NEEDS_VERSION)


def at(values: Any, path: tuple[str, ...]) -> Any:
    """What is at a path; None where it, or a map on the way, is not there."""
    for key in path:
        values = values.get(key) if isinstance(values, Mapping) else None
    return values


def text_of(value: Any) -> str | None:
    """A value as the chart renders it (`True` is "true"); None for null, and the kind alone of what is no scalar."""
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, Mapping | list):
        return "a map" if isinstance(value, Mapping) else "a list"
    return str(value).lower() if isinstance(value, bool) else str(value)


def _judge(one: Parameter, values: Mapping[str, Any], version: Version | None) -> Judged:
    found = effective(one, values, version)
    if found.text is None:
        return Judged(one, State.NOT_VISIBLE, found.origin, found.why, found.would_help)
    shown = f'"{found.text}" ({found.origin})'
    if _TEMPLATE in found.text:
        return Judged(one, State.NOT_VISIBLE, shown, "Palette resolves it", RESOLVED)
    right = _same(one, found.text, version)
    if right is None:
        why = f"strict counts as true up to {one.strict_until}, and Cilium's version is not told"
        return Judged(one, State.NOT_VISIBLE, shown, why, NEEDS_VERSION)
    if right:
        return Judged(one, State.RIGHT, shown)
    return Judged(one, State.WRONG, shown, found.why or _why(one, values, version))


def _same(one: Parameter, text: str, version: Version | None) -> bool | None:
    if one.reads is Reads.REPLACEMENT:
        return replaces(text, version)
    if one.reads in (Reads.BOOLEAN, Reads.SIGNALS):
        return boolean(text) is boolean(one.wanted)
    return text.strip() == one.wanted


def _why(one: Parameter, values: Mapping[str, Any], version: Version | None) -> str:
    """From 1.20 the chart refuses to render ENI addresses without ENI."""
    refuses = one.reads is Reads.SIGNALS and version is not None and bool(version.since(version_of("1.20")))
    if refuses and at(values, ("ipam", "mode")) == "eni":
        return "with ipam.mode eni the chart refuses to be installed where it is off"
    return ""


def _forced(one: Parameter, version: Version | None) -> bool:
    """Whether eni.enabled sets a value in this version; in every one that is known, where none is told."""
    since = version_of(one.forced_with_eni or "")
    return bool(version.since(since)) if version is not None else since <= version_of(parameters().first)


def _tunnel(one: Parameter, written: str | None, tunnel: str, version: Version | None) -> Value:
    """`tunnel` beside or instead of routingMode: 1.14 reads it where the other is not said, and 1.15 refuses it."""
    origin = f"{TUNNEL}: {tunnel}"
    if version is None:
        why = f"{TUNNEL} counts up to {one.tunnel_until}, and Cilium's version is not told"
        return Value(None, origin, why, NEEDS_VERSION)
    if not until(version, one.tunnel_until):
        why = f"the chart of Cilium {version} refuses to be installed with it: take it away, and set {one.value}"
        return Value(origin, "written", why)
    if written:
        return Value(written, "written")
    return Value(one.wanted if tunnel == DISABLED else one.absent, origin)


def _default(one: Parameter, version: Version | None, *, eni: bool) -> Value:
    """The chart's default; where no version is told, the one that all versions agree on."""
    known = parameters()
    if version is not None and not known.known(version):
        why = f"the chart's default in Cilium {version} is not known here (known: {known.first} to {known.last})"
        return Value(None, "not written", why, NEEDS_VERSION)
    means = {row.with_eni or row.means if eni else row.means for row in _rows(one, version)}
    if len(means) > 1:
        why = f"the chart's default is {' or '.join(sorted(means))}, by its version"
        return Value(None, "not written", why, NEEDS_VERSION)
    return Value(means.pop(), "the chart's default")


def _rows(one: Parameter, version: Version | None) -> Iterator[Default]:
    """The defaults that a version may have: the last that it is surely not before, and those it may be of."""
    if version is None:
        yield from one.defaults
        return
    sure = [row for row in one.defaults if version.since(version_of(row.since)) is True]
    yield sure[-1]
    yield from (row for row in one.defaults if version.since(version_of(row.since)) is None)
