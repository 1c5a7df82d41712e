"""The upgrade-pod's channel, version and shape; what they come to together stands in tests/cases/packs/upgrade_pod."""

import json
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.facts import Fact
from domain.microk8s import WAITS, State, UpgradePod, age, channel, clock, judge, minor, sets_apart, spoken
from domain.objects import Node, NodeStatus, NodeSystemInfo, ObjectMeta, OwnerReference
from domain.pods import Pod, PodSpec

NOW = datetime(2026, 11, 22, 10, 0, tzinfo=UTC)


def upgrade_pod(
    *,
    args: Any = ('curl -d \'{"action": "refresh","channel":"1.27/stable"}\' http://localhost/v2/snaps/microk8s',),
    container: str = "upgrade",
    path: str = "/run/snapd.socket",
    node: str = "cp-1",
    **meta: Any,
) -> Pod:
    names: dict[str, Any] = {"name": "upgrade-pod", "namespace": "default", **meta}
    return Pod(
        metadata=ObjectMeta(**names),
        spec=PodSpec(
            node_name=node,
            containers=[{"name": container, "command": ["su", "-c"], "args": args and list(args)}],
            volumes=[{"name": "other", "emptyDir": {}}, {"name": "s", "hostPath": {"path": path}}],
        ),
    )


def judged_at(old: timedelta, wanted: str, kubelet: str) -> State:
    args = (json.dumps({"action": "refresh", "channel": wanted}),)
    node = Node(metadata=ObjectMeta(name="cp-1"), status=NodeStatus(node_info=NodeSystemInfo(kubelet_version=kubelet)))
    pod = upgrade_pod(args=args, creation_timestamp=NOW - old)
    judged = judge(UpgradePod(Fact((pod,)), Fact((node,))), NOW)
    assert judged is not None
    return judged.state


@pytest.mark.parametrize(
    ("args", "found"),
    [
        (['curl -d \'{"action": "refresh","channel":"1.27/stable"}\' x'], "1.27/stable"),
        (['curl -d "{ \\"channel\\" :\n\\"latest/edge\\" }" x'], "latest/edge"),
        (["curl", "-d", '{"channel":" 1.28-strict/stable "}'], "1.28-strict/stable"),
        (['{"channel":""}'], None),
        (['{"channel":7}'], None),
        (["curl http://localhost/v2/snaps/microk8s"], None),
        ([], None),
        (None, None),
    ],
)
def test_channel_is_read_from_the_json_in_the_command(args: Any, found: str | None) -> None:
    assert channel(upgrade_pod(args=args)) == found


def test_channel_of_another_container_is_not_the_pods() -> None:
    assert channel(upgrade_pod(container="other")) is None


@given(
    st.from_regex(r"1\.[1-9][0-9]?(-strict|-eksd)?", fullmatch=True),
    st.sampled_from(["", "/stable", "/candidate", "/beta", "/edge", "/stable/fix-1"]),
    st.sampled_from([None, (",", ": "), (" , ", " : ")]),
    st.booleans(),
)
def test_channel_is_read_however_the_json_is_written(
    track: str, risk: str, separators: tuple[str, str] | None, escaped: bool
) -> None:
    posted = json.dumps({"action": "refresh", "channel": track + risk}, separators=separators)
    body = '"' + posted.replace('"', '\\"') + '"' if escaped else f"'{posted}'"
    assert (
        channel(upgrade_pod(args=[f"curl --unix-socket /run/snapd.socket -d {body} http://localhost"])) == track + risk
    )


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("1.27/stable", (1, 27)),
        (" 1.27 ", (1, 27)),
        ("1.28-strict/stable", (1, 28)),
        ("v1.26.15", (1, 26)),
        ("v1.29.3-eks-a1b2c3", (1, 29)),
        ("1.30+ck1/edge", (1, 30)),
        ("latest/edge", None),
        ("stable", None),
        ("1", None),
        ("1.x/stable", None),
        ("1.27rc/stable", None),
        ("99999.1", None),
        ("", None),
    ],
)
def test_minor_of_tracks_and_kubelets(text: str, found: tuple[int, int] | None) -> None:
    assert minor(text) == found


def test_the_providers_pod_is_recognised_by_its_whole_shape() -> None:
    assert not list(sets_apart(upgrade_pod()))
    assert not list(sets_apart(upgrade_pod(path="/var/run//snapd.socket")))


@pytest.mark.parametrize(
    ("other", "words"),
    [
        ({"name": "upgrade-pod-2"}, "it is default/upgrade-pod-2"),
        ({"namespace": "kube-system"}, "it is kube-system/upgrade-pod"),
        ({"container": "upgrader"}, "no container of it is named upgrade (upgrader)"),
        ({"path": "/run"}, "no volume of it is the host's /run/snapd.socket"),
        ({"path": ""}, "no volume of it is the host's /run/snapd.socket"),
        ({"node": ""}, "it is bound to no node"),
        ({"owner_references": [OwnerReference(kind="Job", name="refresh")]}, "Job/refresh owns it"),
    ],
)
def test_one_difference_sets_a_pod_apart(other: dict[str, Any], words: str) -> None:
    assert list(sets_apart(upgrade_pod(**other))) == [words]


def test_a_pod_of_nothing_differs_in_everything() -> None:
    pod = Pod(metadata=ObjectMeta(name="upgrade-pod", namespace="default"), spec=PodSpec(volumes=[{"hostPath": None}]))
    assert list(sets_apart(pod)) == [
        "no container of it is named upgrade (it has none)",
        "no volume of it is the host's /run/snapd.socket",
        "it is bound to no node",
    ]


def test_nothing_is_judged_where_there_is_no_pod() -> None:
    assert judge(UpgradePod(), NOW) is None


@given(
    st.timedeltas(min_value=timedelta(seconds=-600), max_value=timedelta(days=3)),
    st.integers(0, 60),
    st.integers(0, 60),
)
def test_in_flight_is_what_is_young_and_above_the_kubelet_and_nothing_else(
    old: timedelta, wanted: int, has: int
) -> None:
    expected = State.IN_FLIGHT if wanted > has and old < WAITS else State.LEFT_OVER
    assert judged_at(old, f"1.{wanted}/stable", f"v1.{has}.3") is expected


def test_the_major_version_counts_before_the_minor() -> None:
    assert judged_at(timedelta(), "2.0/stable", "v1.40.1") is State.IN_FLIGHT


def test_age_is_never_below_nothing() -> None:
    assert age(upgrade_pod(creation_timestamp=NOW + timedelta(minutes=1)), NOW) == timedelta()
    assert age(upgrade_pod(creation_timestamp=NOW - timedelta(minutes=1)), NOW) == timedelta(minutes=1)
    assert age(upgrade_pod(), NOW) is None


def test_clock_is_utc() -> None:
    assert clock(datetime(2026, 11, 22, 11, 4, 5, 999, tzinfo=timezone(timedelta(hours=1)))) == "2026-11-22T10:04:05Z"


@pytest.mark.parametrize(
    ("span", "words"),
    [
        (timedelta(), "0 s"),
        (timedelta(milliseconds=900), "0 s"),
        (timedelta(seconds=45), "45 s"),
        (timedelta(minutes=10), "10 min"),
        (timedelta(minutes=2, seconds=30), "2 min 30 s"),
        (timedelta(hours=5, minutes=10, seconds=3), "5 h 10 min"),
        (timedelta(hours=5, seconds=3), "5 h"),
        (timedelta(days=12, hours=1), "12 d 1 h"),
        (timedelta(days=400), "400 d"),
    ],
)
def test_spans_are_spoken_in_two_units_at_most(span: timedelta, words: str) -> None:
    assert spoken(span) == words
