"""Whatever is in cilium-config or in a pack's values: each of the ten is judged, and what is set as wanted is right."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from domain.cilium.byhand import config_of
from domain.cilium.judging import TUNNEL, State, judge_config
from domain.cilium.parameters import parameters
from domain.cilium.values import judge_values
from domain.cilium.version import Version, of_image, parse

KEYS = sorted({key for one in parameters().parameters for key in one.keys} | {TUNNEL, "enable-ipv6"})
WORDS = ["true", "false", "True", " false\n", "strict", "disabled", "partial", "eni", "native", "vxlan", "", "0", "{}"]
TEXTS = st.one_of(
    st.sampled_from(WORDS),
    st.text('abcdeintruvxlosf0123456789.:{}" -', max_size=12),
    st.sampled_from([p.wanted for p in parameters().parameters]),
)
VERSIONS = st.none() | st.builds(Version, st.integers(10, 30), st.integers(-1, 12))
SCALARS = st.one_of(
    st.none(), st.booleans(), st.integers(), TEXTS, st.just({"a": 1}), st.just([1]), st.just("{{ .x }}")
)


def nested(flat: dict[str, Any]) -> dict[str, Any]:
    """Values by their path: `{"ipam.mode": 1}` is `{"ipam": {"mode": 1}}`."""
    values: dict[str, Any] = {}
    for path, value in flat.items():
        place = values
        *above, last = path.split(".")
        for key in above:
            place = place.setdefault(key, {})
        place[last] = value
    return values


PATHS = sorted({one.value for one in parameters().parameters} | {TUNNEL})


@given(st.dictionaries(st.sampled_from(KEYS), TEXTS), VERSIONS)
def test_a_configuration_is_right_once_what_is_not_is_set_as_wanted(
    data: dict[str, str], version: Version | None
) -> None:
    judged = judge_config(data, version)
    assert [one.parameter for one in judged] == list(parameters().parameters)
    other = [one.parameter for one in judged if one.state is not State.RIGHT]
    mended = data | config_of(other)
    assert {one.state for one in judge_config(mended, version)} == {State.RIGHT}
    assert all(mended[key] == data[key] for key in data if key not in config_of(other))


@given(st.dictionaries(st.sampled_from(PATHS), SCALARS), VERSIONS)
def test_values_are_right_once_what_is_not_is_written_as_wanted(flat: dict[str, Any], version: Version | None) -> None:
    judged = judge_values(nested(flat), version)
    assert [one.parameter for one in judged] == list(parameters().parameters)
    mended = {path: value for path, value in flat.items() if path != TUNNEL}
    mended |= {one.parameter.value: one.parameter.wanted for one in judged if one.state is not State.RIGHT}
    again = judge_values(nested(mended), version)
    # without `tunnel` routingMode may be open that was right by it; everything else is right
    assert {one.parameter.value for one in again if one.state is not State.RIGHT} <= {"routingMode"}


@given(st.text("v10.23456789:/@-xab ", max_size=40))
def test_any_text_is_a_version_or_none(text: str) -> None:
    for found in (parse(text), of_image(text)):
        assert found is None or parse(str(found)) == found
