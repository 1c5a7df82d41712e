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


BEYOND_BASELINE = [
    "containers that AppArmor does not confine",
    "containers with capabilities beyond the default set, such as NET_ADMIN or SYS_ADMIN",
    "pods in the node's own network, process or IPC namespace (hostNetwork, hostPID, hostIPC)",
    "volumes that mount any path of the node (hostPath)",
    "containers that listen on ports of the node (hostPort)",
    "probes and lifecycle hooks that make the kubelet connect to any host",
    "privileged containers, which have every right of root on the node",
    "containers that see the node's /proc unmasked",
    "containers with any SELinux user, role or type",
    "containers that turn seccomp off",
    "any sysctl, also those that affect other pods of the node",
    "containers that run as processes of the Windows host (hostProcess)",
]
BEYOND_RESTRICTED = [
    "processes that gain privileges, as by a setuid program (allowPrivilegeEscalation)",
    "containers that keep the runtime's default capabilities",
    "unmasked /proc in pods with a user namespace of their own",
    "volumes that name storage outside the namespace, such as nfs, iscsi or gitRepo",
    "containers that may run as root",
    "containers that ask for user id 0",
    "containers without a seccomp profile",
]


def test_what_a_wider_level_admits_is_said_control_by_control() -> None:
    assert wider_admits(Level.BASELINE, Level.PRIVILEGED) == BEYOND_BASELINE
    assert wider_admits(Level.RESTRICTED, Level.BASELINE) == BEYOND_RESTRICTED
    assert wider_admits(Level.RESTRICTED, Level.PRIVILEGED) == BEYOND_BASELINE + BEYOND_RESTRICTED


def test_what_a_wider_level_admits_is_only_what_the_version_and_the_server_control() -> None:
    since_1_34 = "probes and lifecycle hooks that make the kubelet connect to any host"
    older = [said for said in BEYOND_BASELINE if said != since_1_34]
    assert wider_admits(Level.BASELINE, Level.PRIVILEGED, PolicyVersion.parse("v1.33")) == older
    assert wider_admits(Level.BASELINE, Level.PRIVILEGED, server=PolicyVersion.of_server("v1.33.1")) == older


def test_a_level_that_is_not_wider_admits_nothing_more() -> None:
    assert wider_admits(Level.PRIVILEGED, Level.BASELINE) == []
    assert wider_admits(Level.BASELINE, Level.BASELINE) == []
    assert admits(Level.RESTRICTED) == []
    assert admits(Level.BASELINE) == BEYOND_RESTRICTED
    assert admits(Level.PRIVILEGED, PolicyVersion.parse("v1.7"), server=V1_36) == [
        *(said for said in BEYOND_BASELINE if not said.startswith("probes")),
        "volumes that name storage outside the namespace, such as nfs, iscsi or gitRepo",
        "containers that may run as root",
    ]
