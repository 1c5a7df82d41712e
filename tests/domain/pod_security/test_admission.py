import pytest

from domain.pod_security import (
    CONTROLS,
    LATEST,
    NEWEST,
    Level,
    PolicyVersion,
    admits,
    controls_in_force,
    lowest_level,
    refusal,
    violations,
    wider_admits,
)
from tests.domain.pod_security.samples import container, hardened, pod

SPEAKER = pod(container("s", context={"privileged": True}), hostNetwork=True)
V1_36 = PolicyVersion.of_server("v1.36.1")


def test_the_refusal_is_the_one_that_the_daemonset_controller_was_given() -> None:
    assert refusal(SPEAKER, Level.BASELINE) == (
        'violates PodSecurity "baseline:latest": host namespaces (hostNetwork=true), '
        'privileged (container "s" must not set securityContext.privileged=true)'
    )


def test_controls_of_baseline_are_named_before_those_of_restricted_and_each_by_id() -> None:
    bare = pod(container("s", context={"privileged": True}), context={"sysctls": [{"name": "x"}]}, hostPID=True)
    assert [violation.control for violation in violations(bare, Level.RESTRICTED)] == [
        "hostNamespaces",
        "privileged",
        "sysctls",
        "allowPrivilegeEscalation",
        "capabilities_restricted",
        "runAsNonRoot",
        "seccompProfile_restricted",
    ]


def test_privileged_refuses_nothing_but_reads_the_pod() -> None:
    assert refusal(SPEAKER, Level.PRIVILEGED) is None
    assert refusal(hardened(), Level.RESTRICTED, PolicyVersion.parse("v1.20")) is None


def test_the_version_is_named_as_it_was_asked_for_and_judged_as_the_server_knows_it() -> None:
    slow = pod(context={"sysctls": [{"name": "net.ipv4.tcp_notsent_lowat", "value": "1"}]})
    beyond = PolicyVersion.parse("v1.99")
    assert refusal(slow, Level.BASELINE, beyond) is None
    assert refusal(slow, Level.BASELINE, LATEST, server=PolicyVersion.of_server("v1.37.0")) is None
    words = "forbidden sysctls (net.ipv4.tcp_notsent_lowat)"
    assert refusal(slow, Level.BASELINE, LATEST, server=V1_36) == f'violates PodSecurity "baseline:latest": {words}'
    assert refusal(slow, Level.BASELINE, beyond, server=V1_36) == f'violates PodSecurity "baseline:v1.99": {words}'


@pytest.mark.parametrize(
    ("version", "baseline", "restricted"),
    [
        ("v1.0", 11, 12),
        ("v1.8", 11, 13),
        ("v1.19", 11, 13),
        ("v1.22", 11, 13),
        ("v1.23", 11, 14),
        ("v1.33", 11, 14),
        ("v1.34", 12, 15),
        ("v1.35", 12, 15),
        ("latest", 12, 15),
    ],
)
def test_controls_in_force_replace_each_other(version: str, baseline: int, restricted: int) -> None:
    asked = PolicyVersion.parse(version)
    assert len(controls_in_force(Level.PRIVILEGED, asked)) == 0
    assert len(controls_in_force(Level.BASELINE, asked)) == baseline
    assert len(controls_in_force(Level.RESTRICTED, asked)) == restricted


def test_the_newest_version_known() -> None:
    assert str(NEWEST) == "v1.37"
    assert len({control.id for control in CONTROLS}) == len(CONTROLS) == 19


@pytest.mark.parametrize(
    ("pods", "level"),
    [
        ([], Level.RESTRICTED),
        ([hardened()], Level.RESTRICTED),
        ([hardened(), pod()], Level.BASELINE),
        ([SPEAKER, hardened()], Level.PRIVILEGED),
        ([pod(), SPEAKER], Level.PRIVILEGED),
    ],
)
def test_the_lowest_level_that_admits_all(pods: list[dict[str, object]], level: Level) -> None:
    assert lowest_level(pods) is level


def test_the_lowest_level_depends_on_the_version_and_the_server() -> None:
    probing = hardened()
    probing["spec"]["containers"][0]["livenessProbe"] = {"httpGet": {"host": "10.0.0.1"}}
    assert lowest_level([probing]) is Level.PRIVILEGED
    assert lowest_level([probing], PolicyVersion.parse("v1.33")) is Level.RESTRICTED
    assert lowest_level([probing], server=PolicyVersion.of_server("v1.33.2")) is Level.RESTRICTED


def test_what_a_wider_level_admits_is_said_control_by_control() -> None:
    handlers = "probes and lifecycle hooks that make the kubelet connect to any host"
    said = wider_admits(Level.BASELINE, Level.PRIVILEGED)
    assert said[:3] == [
        "containers that AppArmor does not confine",
        "containers with capabilities beyond the default set, such as NET_ADMIN or SYS_ADMIN",
        "pods in the node's own network, process or IPC namespace (hostNetwork, hostPID, hostIPC)",
    ]
    assert len(said) == 12
    assert handlers in said
    assert handlers not in wider_admits(Level.BASELINE, Level.PRIVILEGED, PolicyVersion.parse("v1.33"))
    assert handlers not in wider_admits(Level.BASELINE, Level.PRIVILEGED, server=PolicyVersion.parse("v1.33"))
    assert "containers that may run as root" in wider_admits(Level.RESTRICTED, Level.BASELINE)
    assert handlers not in wider_admits(Level.RESTRICTED, Level.BASELINE)


def test_a_level_that_is_not_wider_admits_nothing_more() -> None:
    assert wider_admits(Level.PRIVILEGED, Level.BASELINE) == []
    assert wider_admits(Level.BASELINE, Level.BASELINE) == []
    assert admits(Level.RESTRICTED) == []
    assert admits(Level.BASELINE) == wider_admits(Level.RESTRICTED, Level.BASELINE)
    assert len(admits(Level.PRIVILEGED)) == 19
