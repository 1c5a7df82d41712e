"""The ten values by pack values: what is written, what eni.enabled forces, and the chart's own defaults by version."""

from typing import Any

import pytest

from domain.cilium.judging import State
from domain.cilium.parameters import Parameter, by_value, parameters, version_of
from domain.cilium.values import Value, at, effective, judge_values, text_of
from tests.domain.test_cilium_judging import MINORS

RIGHT: dict[str, Any] = {
    "bpf": {"masquerade": False},
    "endpointRoutes": {"enabled": True},
    "eni": {"enabled": True},
    "ipam": {"mode": "eni"},
    "enableIPv4Masquerade": False,
    "enableIPv6Masquerade": False,
    "kubeProxyReplacement": "true",
    "kubeProxyReplacementHealthzBindAddr": "0.0.0.0:10256",
    "autoDirectNodeRoutes": False,
    "routingMode": "native",
}
BY_DEFAULT = {"bpf.masquerade", "autoDirectNodeRoutes"}
"""What is right where nothing is written."""


def put(values: dict[str, Any], path: tuple[str, ...], value: Any) -> dict[str, Any]:
    """The values with one of them otherwise; `...` takes it away."""
    key, *rest = path
    if rest:
        return values | {key: put(values.get(key, {}), tuple(rest), value)}
    return {k: v for k, v in values.items() if k != key} | ({} if value is ... else {key: value})


def but(value: str, is_: Any) -> dict[str, Any]:
    return put(RIGHT, tuple(value.split(".")), is_)


def states(values: dict[str, Any], version: str | None) -> dict[str, State]:
    found = judge_values(values, version_of(version) if version else None)
    return {one.parameter.value: one.state for one in found if one.state is not State.RIGHT}


def of(value: str, values: dict[str, Any], version: str | None) -> Value:
    return effective(by_value(value), values, version_of(version) if version else None)


@pytest.mark.parametrize("version", [*MINORS, "1.17.4", "1.13", "1.25", None])
def test_the_pages_values_are_right_in_every_version(version: str | None) -> None:
    assert states(RIGHT, version) == {}


@pytest.mark.parametrize("version", MINORS)
def test_without_any_the_charts_defaults_count(version: str) -> None:
    assert states({}, version) == {
        one.value: State.WRONG for one in parameters().parameters if one.value not in BY_DEFAULT
    }


@pytest.mark.parametrize(
    ("value", "is_"),
    [
        ("bpf.masquerade", True),
        ("endpointRoutes.enabled", False),
        ("eni.enabled", False),
        ("ipam.mode", "cluster-pool"),
        ("enableIPv4Masquerade", True),
        ("enableIPv6Masquerade", True),
        ("kubeProxyReplacement", False),
        ("kubeProxyReplacementHealthzBindAddr", "0.0.0.0:10257"),
        ("autoDirectNodeRoutes", "true"),
        ("routingMode", "tunnel"),
    ],
)
@pytest.mark.parametrize("version", MINORS)
def test_each_written_otherwise_is_wrong_alone_but_for_what_eni_forces(value: str, is_: Any, version: str) -> None:
    forced = value == "endpointRoutes.enabled" or (value == "ipam.mode" and version in ("1.19", "1.20"))
    assert states(but(value, is_), version) == ({} if forced else {value: State.WRONG})


@pytest.mark.parametrize(
    ("value", "version", "state"),
    [
        ("enableIPv4Masquerade", "1.17", State.WRONG),
        ("enableIPv4Masquerade", "1.18", State.RIGHT),
        ("enableIPv4Masquerade", None, State.NOT_VISIBLE),
        ("routingMode", "1.19.5", State.WRONG),
        ("routingMode", "1.19.6", State.RIGHT),
        ("routingMode", "1.19", State.NOT_VISIBLE),
        ("routingMode", "1.20", State.RIGHT),
        ("ipam.mode", "1.18", State.WRONG),
        ("ipam.mode", "1.19", State.RIGHT),
        ("ipam.mode", None, State.WRONG),
        ("endpointRoutes.enabled", None, State.RIGHT),
        ("bpf.masquerade", "1.21", State.NOT_VISIBLE),
        ("kubeProxyReplacement", None, State.WRONG),
    ],
)
def test_what_is_left_out_hangs_on_the_version(value: str, version: str | None, state: State) -> None:
    assert states(but(value, ...), version).get(value, State.RIGHT) is state


@pytest.mark.parametrize("empty", [None, ""])
def test_null_and_empty_are_as_good_as_nothing(empty: str | None) -> None:
    assert of("routingMode", but("routingMode", empty), "1.20") == Value("native", "the chart's default")
    assert of("ipam.mode", but("ipam.mode", empty), "1.18") == Value("cluster-pool", "the chart's default")


def test_what_forces_and_what_is_a_default_is_said() -> None:
    assert of("endpointRoutes.enabled", but("endpointRoutes.enabled", False), "1.14").origin == (
        "eni.enabled sets it, whatever is written"
    )
    two = of("routingMode", but("routingMode", ...), None)
    assert (two.text, two.why) == (None, "the chart's default is native or tunnel, by its version")
    assert two.would_help == "the pack's tag, or the chart's version"


@pytest.mark.parametrize(
    ("written", "version", "state"),
    [
        (True, "1.18", State.RIGHT),
        ("true", "1.14", State.RIGHT),
        ("strict", "1.15", State.RIGHT),
        ("strict", "1.16", State.WRONG),
        ("strict", None, State.NOT_VISIBLE),
        ("partial", "1.14", State.WRONG),
        ("{{ .spectro.var.kpr }}", "1.17", State.NOT_VISIBLE),
    ],
)
def test_kube_proxy_replacement_is_a_word_or_a_boolean(written: Any, version: str | None, state: State) -> None:
    assert states(but("kubeProxyReplacement", written), version).get("kubeProxyReplacement", State.RIGHT) is state


@pytest.mark.parametrize(
    ("tunnel", "mode", "version", "state", "words"),
    [
        ("disabled", ..., "1.14", State.RIGHT, "tunnel: disabled"),
        ("vxlan", ..., "1.14", State.WRONG, "tunnel: vxlan"),
        ("vxlan", "native", "1.14", State.RIGHT, "written"),
        ("disabled", "native", "1.15", State.WRONG, "the chart of Cilium 1.15 refuses to be installed with it"),
        ("disabled", ..., None, State.NOT_VISIBLE, "tunnel counts up to 1.14"),
        (None, "native", "1.18", State.RIGHT, "written"),
    ],
)
def test_tunnel_counts_in_1_14_and_breaks_the_chart_after_it(
    tunnel: str | None, mode: Any, version: str | None, state: State, words: str
) -> None:
    values = but("routingMode", mode) | {"tunnel": tunnel}
    found = judge_values(values, version_of(version) if version else None)
    (one,) = [each for each in found if each.parameter.value == "routingMode"]
    assert one.state is state
    assert words in str(one)


def test_eni_as_a_template_leaves_open_what_hangs_on_it() -> None:
    values = put(but("endpointRoutes.enabled", ...), ("eni", "enabled"), "{{.spectro.var.eni}}")
    assert states(values, "1.18") == {"eni.enabled": State.NOT_VISIBLE, "endpointRoutes.enabled": State.NOT_VISIBLE}
    assert of("endpointRoutes.enabled", values, "1.18").why == "it hangs on eni.enabled, which Palette resolves"
    assert states(put(RIGHT, ("eni", "enabled"), "{{.x}}"), "1.18") == {"eni.enabled": State.NOT_VISIBLE}


@pytest.mark.parametrize(("version", "said"), [("1.20", True), ("1.19", False), (None, False)])
def test_1_20_refuses_addresses_of_eni_without_eni(version: str | None, said: bool) -> None:
    found = judge_values(but("eni.enabled", False), version_of(version) if version else None)
    (one,) = [each for each in found if each.parameter.value == "eni.enabled"]
    assert ("refuses to be installed where it is off" in one.why) is said


@pytest.mark.parametrize(
    ("value", "text"),
    [(True, "true"), (False, "false"), (None, None), ("x", "x"), (1, "1"), ({"a": "secret"}, "a map"), ([1], "a list")],
)
def test_a_value_is_told_as_the_chart_renders_it(value: Any, text: str | None) -> None:
    assert text_of(value) == text


def test_a_path_through_what_is_no_map_leads_nowhere() -> None:
    assert at({"ipam": "eni"}, ("ipam", "mode")) is None
    assert states(RIGHT | {"ipam": "eni"}, "1.17") == {"ipam.mode": State.WRONG}


def test_every_version_has_a_default_of_every_value() -> None:
    for one in parameters().parameters:
        assert one.defaults[0].since == parameters().first
        assert _sorted(one)


def _sorted(one: Parameter) -> bool:
    since = [version_of(row.since) for row in one.defaults]
    return since == sorted(since)
