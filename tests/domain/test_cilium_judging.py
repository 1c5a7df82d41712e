"""The ten values by cilium-config, minor version by minor version: each right, each wrong in turn, each absent."""

from collections.abc import Mapping

import pytest

from domain.cilium.judging import Judged, State, boolean, judge_config
from domain.cilium.parameters import parameters, version_of
from domain.cilium.version import Version, of_image, parse

MINORS = ("1.14", "1.15", "1.16", "1.17", "1.18", "1.19", "1.20")
RIGHT = {
    "auto-create-cilium-node-resource": "true",
    "auto-direct-node-routes": "false",
    "ec2-api-endpoint": "",
    "enable-bpf-masquerade": "false",
    "enable-endpoint-routes": "true",
    "enable-ipv4-masquerade": "false",
    "enable-ipv6": "true",
    "enable-ipv6-masquerade": "false",
    "eni-tags": "{}",
    "ipam": "eni",
    "kube-proxy-replacement": "true",
    "kube-proxy-replacement-healthz-bind-address": "0.0.0.0:10256",
    "routing-mode": "native",
    "tunnel-protocol": "vxlan",
}
WRONG: dict[str, dict[str, str | None]] = {
    "bpf.masquerade": {"enable-bpf-masquerade": "true"},
    "endpointRoutes.enabled": {"enable-endpoint-routes": None},
    "eni.enabled": {"auto-create-cilium-node-resource": None, "ec2-api-endpoint": None, "eni-tags": None},
    "ipam.mode": {"ipam": "cluster-pool"},
    "enableIPv4Masquerade": {"enable-ipv4-masquerade": "true"},
    "enableIPv6Masquerade": {"enable-ipv6-masquerade": "true"},
    "kubeProxyReplacement": {"kube-proxy-replacement": "false"},
    "kubeProxyReplacementHealthzBindAddr": {"kube-proxy-replacement-healthz-bind-address": ""},
    "autoDirectNodeRoutes": {"auto-direct-node-routes": "true"},
    "routingMode": {"routing-mode": "tunnel"},
}


def but(changes: Mapping[str, str | None]) -> dict[str, str]:
    """The right configuration with these keys otherwise, or not there."""
    return {key: value for key, value in {**RIGHT, **changes}.items() if value is not None}


def judged(value: str, changes: Mapping[str, str | None], version: str | None) -> Judged:
    found = judge_config(but(changes), version_of(version) if version else None)
    return next(one for one in found if one.parameter.value == value)


def states(data: Mapping[str, str], version: str | None) -> dict[str, State]:
    found = judge_config(data, version_of(version) if version else None)
    return {one.parameter.value: one.state for one in found if one.state is not State.RIGHT}


@pytest.mark.parametrize("version", [*MINORS, "1.16.19", None])
def test_the_right_configuration_is_right_in_every_version(version: str | None) -> None:
    assert states(RIGHT, version) == {}


@pytest.mark.parametrize("version", MINORS)
@pytest.mark.parametrize("value", WRONG)
def test_each_value_wrong_in_turn_is_wrong_alone(version: str, value: str) -> None:
    assert states(but(WRONG[value]), version) == {value: State.WRONG}


def test_the_page_has_ten_values_and_each_has_its_wrong_one_here() -> None:
    assert [one.value for one in parameters().parameters] == list(WRONG)
    assert (parameters().first, parameters().last) == (MINORS[0], MINORS[-1])
    assert all(one.source and one.why and all(row.source for row in one.defaults) for one in parameters().parameters)


@pytest.mark.parametrize("version", [*MINORS, None])
def test_an_empty_configuration_is_what_the_agents_do_without_any(version: str | None) -> None:
    right = {"bpf.masquerade", "autoDirectNodeRoutes"}
    expected = dict.fromkeys(set(WRONG) - right, State.WRONG)
    rendered = version in ("1.14", "1.15", "1.16")
    expected["kubeProxyReplacementHealthzBindAddr"] = State.WRONG if rendered else State.NOT_VISIBLE
    assert states({}, version) == expected


@pytest.mark.parametrize("version", ["1.13.9", "1.21", "1.99.1"])
def test_in_an_unknown_version_what_is_there_counts_and_what_is_absent_is_open(version: str) -> None:
    assert states(RIGHT, version) == {}
    assert states(but(WRONG["ipam.mode"]), version) == {"ipam.mode": State.WRONG}
    assert set(states({}, version).values()) == {State.NOT_VISIBLE}
    assert len(states({}, version)) == len(WRONG)
    assert "is not known here (known: 1.14 to 1.20)" in judged("ipam.mode", {"ipam": None}, version).why


@pytest.mark.parametrize(
    ("text", "value"),
    [("true", True), ("True", True), ("t", True), (" 1\n", True), ("FALSE", False), ("0", False), ("f", False)]
    + [(odd, None) for odd in ("", "yes", "on", "off", '"true"', "disabled")],
)
def test_booleans_are_those_that_the_agents_read(text: str, value: bool | None) -> None:
    assert boolean(text) is value


@pytest.mark.parametrize(
    ("changes", "value", "state", "words"),
    [
        ({"enable-bpf-masquerade": None}, "bpf.masquerade", State.RIGHT, "false (enable-bpf-masquerade is absent)"),
        ({"enable-bpf-masquerade": "False"}, "bpf.masquerade", State.RIGHT, '"False" (enable-bpf-masquerade)'),
        ({"enable-bpf-masquerade": "off"}, "bpf.masquerade", State.WRONG, "that is no boolean"),
        ({"enable-endpoint-routes": "false"}, "endpointRoutes.enabled", State.WRONG, '"false" (enable-endpoint-routes)'),
        ({"ipam": "eni\n"}, "ipam.mode", State.RIGHT, "eni"),
        ({"ipam": "ENI"}, "ipam.mode", State.WRONG, '"ENI" (ipam), wanted eni'),
        ({"ipam": None}, "ipam.mode", State.WRONG, "cluster-pool (ipam is absent), wanted eni"),
        ({"enable-ipv4-masquerade": None}, "enableIPv4Masquerade", State.WRONG, "true (enable-ipv4-masquerade is absent)"),
        (
            {"enable-ipv6-masquerade": "true", "enable-ipv6": "false"},
            "enableIPv6Masquerade",
            State.WRONG,
            "without effect while enable-ipv6 is false, and the page wants it off all the same",
        ),
        ({"enable-ipv6-masquerade": "true", "enable-ipv6": None}, "enableIPv6Masquerade", State.WRONG, "wanted false"),
        ({"auto-direct-node-routes": None}, "autoDirectNodeRoutes", State.RIGHT, "false"),
        (
            {"kube-proxy-replacement-healthz-bind-address": None},
            "kubeProxyReplacementHealthzBindAddr",
            State.WRONG,
            "empty (kube-proxy-replacement-healthz-bind-address is absent), wanted 0.0.0.0:10256",
        ),
        ({"routing-mode": "native", "tunnel": "vxlan"}, "routingMode", State.RIGHT, '"native" (routing-mode)'),
        ({"routing-mode": None}, "routingMode", State.WRONG, "tunnel (routing-mode is absent), wanted native"),
        ({"ec2-api-endpoint": None, "eni-tags": None}, "eni.enabled", State.RIGHT, "on (by auto-create-cilium-node"),
        ({"auto-create-cilium-node-resource": None}, "eni.enabled", State.RIGHT, "on (by ec2-api-endpoint, eni-tags)"),
        (
            {"auto-create-cilium-node-resource": "false", "ec2-api-endpoint": None, "eni-tags": None},
            "eni.enabled",
            State.WRONG,
            "off, wanted true: none of auto-create-cilium-node-resource, ec2-api-endpoint, eni-tags is there, which it would",
        ),
    ],
)  # fmt: skip
@pytest.mark.parametrize("version", MINORS)
def test_what_a_key_says(changes: dict[str, str | None], value: str, state: State, words: str, version: str) -> None:
    found = judged(value, changes, version)
    assert found.state is state
    assert words in str(found)


@pytest.mark.parametrize(
    ("text", "version", "state"),
    [("strict", v, State.RIGHT) for v in ("1.13.1", "1.14", "1.15.9")]
    + [("Strict", v, State.WRONG) for v in ("1.16", "1.17", "1.20", "1.21")]
    + [(odd, v, State.WRONG) for odd in ("partial", "disabled", "probe", "", "strict-ish") for v in ("1.14", "1.18")]
    + [("True", "1.18", State.RIGHT), ("strict", None, State.NOT_VISIBLE), ("partial", None, State.WRONG)],
)  # fmt: skip
def test_what_replaces_kube_proxy_changed_with_the_versions(text: str, version: str | None, state: State) -> None:
    found = judged("kubeProxyReplacement", {"kube-proxy-replacement": text}, version)
    assert found.state is state
    assert ("--read-helm-secrets" in (found.would_help or "")) is (state is State.NOT_VISIBLE)


def test_strict_is_said_to_count_or_not() -> None:
    strict = {"kube-proxy-replacement": "strict"}
    assert judged("kubeProxyReplacement", strict, "1.15").why == "strict counts as true up to 1.15"
    assert judged("kubeProxyReplacement", strict, "1.16").why == "strict is understood only to 1.15"
    assert "which version of Cilium runs is not known" in judged("kubeProxyReplacement", strict, None).why


@pytest.mark.parametrize(
    ("replacement", "version", "state"),
    [
        ("disabled", "1.16", State.NOT_VISIBLE),
        ("false", "1.16", State.WRONG),
        ("false", "1.17", State.NOT_VISIBLE),
        (None, "1.18", State.NOT_VISIBLE),
        ("true", "1.17", State.WRONG),
        ("strict", "1.15", State.WRONG),
        ("strict", "1.17", State.NOT_VISIBLE),
        ("true", None, State.WRONG),
        ("false", None, State.NOT_VISIBLE),
        ("strict", None, State.NOT_VISIBLE),
    ],
)
def test_the_health_address_is_rendered_beside_a_replacement_alone(
    replacement: str | None, version: str | None, state: State
) -> None:
    absent = {"kube-proxy-replacement-healthz-bind-address": None, "kube-proxy-replacement": replacement}
    found = judged("kubeProxyReplacementHealthzBindAddr", absent, version)
    assert found.state is state
    if state is State.NOT_VISIBLE:
        assert "the chart renders kube-proxy-replacement-healthz-bind-address only beside" in found.why
        assert found.would_help == "--read-helm-secrets: the Helm release has the value"


@pytest.mark.parametrize(
    ("tunnel", "version", "state", "words"),
    [
        ("disabled", "1.14.3", State.RIGHT, '"disabled" (tunnel)'),
        ("disabled", "1.13.3", State.RIGHT, "tunnel counts up to 1.14"),
        ("vxlan", "1.14", State.WRONG, '"vxlan" (tunnel), wanted native'),
        ("disabled", "1.15", State.WRONG, '"disabled" (tunnel), which Cilium 1.15 does not know, wanted native'),
        ("disabled", "1.21", State.NOT_VISIBLE, "is not known here"),
        ("disabled", None, State.NOT_VISIBLE, "which version of Cilium runs is not known"),
    ],
)
def test_tunnel_counts_where_it_is_all_there_is_in_1_14(
    tunnel: str, version: str | None, state: State, words: str
) -> None:
    found = judged("routingMode", {"routing-mode": None, "tunnel": tunnel}, version)
    assert found.state is state
    assert words in str(found)


@pytest.mark.parametrize(
    ("text", "version"),
    [
        ("1.17.4", Version(17, 4)),
        ("v1.17.4-spectro", Version(17, 4)),
        ("1.17.x", Version(17)),
        ("1.20", Version(20)),
        ("2.0.1", None),
        ("1.1.1.1", None),
        ("latest", None),
        ("", None),
    ],
)
def test_versions_are_read_as_they_are_written(text: str, version: Version | None) -> None:
    assert parse(text) == version


@pytest.mark.parametrize(
    ("image", "version"),
    [
        ("quay.io/cilium/cilium:v1.17.4", Version(17, 4)),
        ("registry:5000/packs/cilium:v1.18.0-rc.1@sha256:5a94b561", Version(18, 0)),
        ("registry:5000/packs/cilium", None),
        ("quay.io/cilium/cilium@sha256:5a94b561", None),
        ("quay.io/cilium/cilium:latest", None),
        ("", None),
    ],
)
def test_an_image_names_the_version_by_its_tag(image: str, version: Version | None) -> None:
    assert of_image(image) == version


def test_a_version_says_since_when_where_it_can() -> None:
    assert Version(19, 6).since(Version(19, 6)) is True
    assert Version(19, 5).since(Version(19, 6)) is False
    assert Version(19).since(Version(19, 6)) is None
    assert Version(19).since(Version(19, 0)) is True
    assert Version(19).since(Version(19)) is True
    assert Version(20).since(Version(19, 6)) is True
    assert [str(v) for v in sorted([Version(17, 4), Version(17), Version(9, 1)])] == ["1.9.1", "1.17", "1.17.4"]
    with pytest.raises(ValueError, match="'x' is no version of Cilium's"):
        version_of("x")
