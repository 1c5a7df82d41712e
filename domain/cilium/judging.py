"""Each of the ten values by the ConfigMap cilium-config: right, wrong, or not visible there, and why.

What the agents read is strings, and each key has its own past: which spelling counts, what an absent key means and
whether the chart renders it at all hang on the minor version (facts/cni.md).
"""

from collections.abc import Callable, Mapping
from enum import StrEnum
from typing import Final

import msgspec

from domain.cilium.parameters import Parameter, Reads, by_value, parameters, until, version_of
from domain.cilium.version import Version

TUNNEL: Final = "tunnel"
DISABLED: Final = "disabled"
RELEASE_TELLS: Final = "--read-helm-secrets: the Helm release has the value"
_TRUE: Final = frozenset({"1", "t", "true"})
_FALSE: Final = frozenset({"0", "f", "false"})


class State(StrEnum):
    """What one value came to."""

    RIGHT = "right"
    WRONG = "wrong"
    NOT_VISIBLE = "not visible"


class Judged(msgspec.Struct, frozen=True):
    """One of the ten: `seen` is what there is, `why` what it comes to by, where that is not plain.

    `by_release` is what Helm's release alone tells: the agents do not read it yet.
    """

    parameter: Parameter
    state: State
    seen: str
    why: str = ""
    would_help: str | None = None
    by_release: bool = False

    @property
    def to_set(self) -> bool:
        """Whether its keys are set when the others are: agents do not read it as it is wanted, or nobody sees it."""
        return self.state is not State.RIGHT or self.by_release

    def __str__(self) -> str:
        """`charts.cilium.ipam.mode is "cluster-pool" (ipam), wanted eni`."""
        wanted = f", wanted {self.parameter.wanted}" if self.state is not State.RIGHT else ""
        return f"{self.parameter.name} is {self.seen}{wanted}" + (f": {self.why}" if self.why else "")


def judge_config(data: Mapping[str, str], version: Version | None) -> tuple[Judged, ...]:
    """Judge all ten by cilium-config's data; `version` is Cilium's, None where it could not be read."""
    return tuple(_JUDGES[one.reads](one, data, version) for one in parameters().parameters)


def boolean(text: str) -> bool | None:
    """A boolean as the agents read it (Go's ParseBool, any case); None for what is none."""
    word = text.strip().lower()
    return True if word in _TRUE else False if word in _FALSE else None


def replaces(text: str, version: Version | None) -> bool | None:
    """Whether a kubeProxyReplacement replaces kube-proxy; None where that hangs on a version that is not known."""
    word = text.strip().lower()
    if word != "strict":
        return boolean(word) is True
    return None if version is None else until(version, by_value("kubeProxyReplacement").strict_until)


def _boolean(one: Parameter, data: Mapping[str, str], version: Version | None) -> Judged:
    (key,) = one.keys
    if key not in data:
        return _absent(one, version)
    value = boolean(data[key])
    why = "that is no boolean" if value is None else ""
    state = _state(value is boolean(one.wanted))
    inert = one.inert_while_off
    if state is State.WRONG and inert is not None and boolean(data.get(inert, "true")) is False:
        why = f"without effect while {inert} is {data[inert]}, and the page wants it off all the same"
    return Judged(one, state, _shown(one, data[key]), why)


def _word(one: Parameter, data: Mapping[str, str], version: Version | None) -> Judged:
    (key,) = one.keys
    if key not in data:
        return _absent(one, version)
    return Judged(one, _state(data[key].strip() == one.wanted), _shown(one, data[key]))


def _replacement(one: Parameter, data: Mapping[str, str], version: Version | None) -> Judged:
    (key,) = one.keys
    if key not in data:
        return _absent(one, version)
    found, shown = replaces(data[key], version), _shown(one, data[key])
    if found is None:
        why = f"strict counts as true up to {one.strict_until}, and which version of Cilium runs is not known"
        return Judged(one, State.NOT_VISIBLE, shown, why, "--read-helm-secrets: the Helm release has the version")
    strict = data[key].strip().lower() == "strict"
    why = f"strict {'counts as true up' if found else 'is understood only'} to {one.strict_until}" if strict else ""
    return Judged(one, _state(found), shown, why)


def _address(one: Parameter, data: Mapping[str, str], version: Version | None) -> Judged:
    """The chart renders it only beside a kube-proxy replacement; what it is without one only the values tell."""
    (key,) = one.keys
    if key in data:
        return Judged(one, _state(data[key].strip() == one.wanted), _shown(one, data[key]))
    replacement = by_value("kubeProxyReplacement")
    has = data.get(replacement.keys[0], replacement.absent)
    late = version is not None and bool(version.since(version_of(one.rendered_if_true_from or "")))
    rendered = bool(replaces(has, version)) or (version is not None and not late and has != DISABLED)
    if rendered:
        return _absent(one, version)
    why = f"the chart renders {key} only beside kube-proxy replacement, which is {has!r}"
    return Judged(one, State.NOT_VISIBLE, "not in cilium-config", why, RELEASE_TELLS)


def _routing(one: Parameter, data: Mapping[str, str], version: Version | None) -> Judged:
    """`tunnel` counts where it is all there is, and Cilium is old enough to know it."""
    (key,) = one.keys
    if key in data or TUNNEL not in data:
        return _word(one, data, version)
    shown = f'"{data[TUNNEL]}" ({TUNNEL})'
    if version is None:
        why = f"{TUNNEL} counts up to {one.tunnel_until}, and which version of Cilium runs is not known"
        return Judged(one, State.NOT_VISIBLE, shown, why, "--read-helm-secrets: the Helm release has the version")
    if not until(version, one.tunnel_until):
        return msgspec.structs.replace(_absent(one, version), seen=f"{shown}, which Cilium {version} does not know")
    return Judged(one, _state(data[TUNNEL].strip() == DISABLED), shown, f"{TUNNEL} counts up to {one.tunnel_until}")


def _signals(one: Parameter, data: Mapping[str, str], version: Version | None) -> Judged:
    """What the chart renders because of it: none of the three there is off, any of them is on."""
    # `ipam: eni` alone tells nothing: facts/cni.md
    there = [key for key in one.keys if key in data and boolean(data[key]) is not False]
    if there:
        return Judged(one, State.RIGHT, f"on (by {', '.join(there)})")
    if version is not None and not parameters().known(version):
        return _absent(one, version)
    return Judged(one, State.WRONG, "off", f"none of {', '.join(one.keys)} is there, which it would bring")


def _absent(one: Parameter, version: Version | None) -> Judged:
    """A key that is not there: what the agent has without it, where that is known."""
    known = parameters()
    if version is not None and not known.known(version):
        why = f"what Cilium {version} does without it is not known here (known: {known.first} to {known.last})"
        return Judged(one, State.NOT_VISIBLE, "not in cilium-config", why, RELEASE_TELLS)
    shown = one.absent or "empty"
    return Judged(one, _state(one.absent == one.wanted), f"{shown} ({one.keys[0]} is absent)")


def _state(right: bool) -> State:
    return State.RIGHT if right else State.WRONG


def _shown(one: Parameter, text: str) -> str:
    return f'"{text}" ({one.keys[0]})'


_JUDGES: Final[dict[Reads, Callable[[Parameter, Mapping[str, str], Version | None], Judged]]] = {
    Reads.BOOLEAN: _boolean,
    Reads.WORD: _word,
    Reads.REPLACEMENT: _replacement,
    Reads.ADDRESS: _address,
    Reads.ROUTING: _routing,
    Reads.SIGNALS: _signals,
}
