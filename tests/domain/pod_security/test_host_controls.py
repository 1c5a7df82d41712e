import pytest

from domain.pod_security import Level
from tests.domain.pod_security.samples import JsonObject, container, pod, said

SYSCTLS = (
    *("kernel.shm_rmid_forced", "net.ipv4.ip_local_port_range", "net.ipv4.ip_unprivileged_port_start"),
    *("net.ipv4.ping_group_range", "net.ipv4.tcp_syncookies"),
)
LIVENESS = container(livenessProbe={"httpGet": {"path": "/", "port": 80, "host": "127.0.0.1"}})


@pytest.mark.parametrize(
    ("control", "sample"),
    [
        ("hostNamespaces", pod()),
        ("hostNamespaces", pod(hostNetwork=False, hostPID=None, hostIPC=False)),
        ("hostPathVolumes", pod(volumes=[{"name": "v", "emptyDir": {}}, {"name": "w", "hostPath": None}])),
        ("hostPorts", pod(container(ports=[{"containerPort": 80}, {"containerPort": 81, "hostPort": 0}]))),
        ("privileged", pod(container(context={"privileged": False}), container("b", context={}))),
        ("sysctls", pod(context={"sysctls": [{"name": name, "value": "0"} for name in SYSCTLS]})),
        ("windowsHostProcess", pod(context={"windowsOptions": {"hostProcess": False}})),
        ("windowsHostProcess", pod(container(context={"windowsOptions": {"hostProcess": None}}))),
        ("hostProbesAndHostLifecycle", pod(container(livenessProbe={"httpGet": {"path": "/", "port": 80}}))),
        ("hostProbesAndHostLifecycle", pod(container(lifecycle={"preStop": {"tcpSocket": {"port": 1, "host": ""}}}))),
        ("hostProbesAndHostLifecycle", pod(container(lifecycle={"postStart": None}, startupProbe={"exec": {}}))),
    ],
)
@pytest.mark.parametrize("version", ["v1.0", "v1.36", "latest"])
def test_pass(control: str, sample: JsonObject, version: str) -> None:
    assert said(sample, Level.BASELINE, version, control) is None


@pytest.mark.parametrize(
    ("control", "sample", "words"),
    [
        ("hostNamespaces", pod(hostNetwork=True), "host namespaces (hostNetwork=true)"),
        (
            "hostNamespaces",
            pod(hostIPC=True, hostPID=True, hostNetwork=True),
            "host namespaces (hostNetwork=true, hostPID=true, hostIPC=true)",
        ),
        ("hostPathVolumes", pod(volumes=[{"name": "v", "hostPath": {}}]), 'hostPath volumes (volume "v")'),
        (
            "hostPathVolumes",
            pod(volumes=[{"name": "v", "hostPath": {}}, {"name": "a", "hostPath": {"path": "/"}}]),
            'hostPath volumes (volumes "v", "a")',
        ),
        (
            "hostPorts",
            pod(container(ports=[{"containerPort": 80, "hostPort": 80}])),
            'hostPort (container "a" uses hostPort 80)',
        ),
        (
            "hostPorts",
            pod(
                container("b", ports=[{"containerPort": 9, "hostPort": 9}, {"containerPort": 2}]),
                initContainers=[container("i", ports=[{"containerPort": 80, "hostPort": 80}])],
                ephemeralContainers=[container("e", ports=[{"containerPort": 80, "hostPort": 80}])],
            ),
            'hostPort (containers "i", "b", "e" use hostPorts 80, 9)',
        ),
        (
            "privileged",
            pod(container(context={"privileged": True})),
            'privileged (container "a" must not set securityContext.privileged=true)',
        ),
        (
            "privileged",
            pod(
                container("z", context={"privileged": True}),
                ephemeralContainers=[container("e", context={"privileged": True})],
                initContainers=[container("i", context={"privileged": True})],
            ),
            'privileged (containers "i", "z", "e" must not set securityContext.privileged=true)',
        ),
        (
            "sysctls",
            pod(context={"sysctls": [{"name": "b"}, {"name": "kernel.shm_rmid_forced"}, {"name": "a"}]}),
            "forbidden sysctls (b, a)",
        ),
        (
            "windowsHostProcess",
            pod(context={"windowsOptions": {"hostProcess": True}}),
            "hostProcess (pod must not set securityContext.windowsOptions.hostProcess=true)",
        ),
        (
            "windowsHostProcess",
            pod(
                container(context={"windowsOptions": {"hostProcess": True}}),
                context={"windowsOptions": {"hostProcess": True}},
            ),
            'hostProcess (pod and container "a" must not set securityContext.windowsOptions.hostProcess=true)',
        ),
    ],
)
@pytest.mark.parametrize("version", ["v1.0", "v1.36", "latest"])
def test_fail(control: str, sample: JsonObject, words: str, version: str) -> None:
    assert said(sample, Level.BASELINE, version, control) == words


@pytest.mark.parametrize(
    ("sample", "words"),
    [
        (pod(LIVENESS), 'container "a" uses probe or lifecycle host "127.0.0.1"'),
        (
            pod(
                container(
                    "z", lifecycle={"postStart": {"httpGet": {"host": "x"}}, "preStop": {"tcpSocket": {"host": "y"}}}
                ),
                container("b", startupProbe={"tcpSocket": {"host": "x"}}, readinessProbe={"httpGet": {"host": "w"}}),
            ),
            'containers "b", "z" use probe or lifecycle hosts "w", "x", "y"',
        ),
    ],
)
def test_hosts_in_handlers_fail_since_1_34(sample: JsonObject, words: str) -> None:
    control = "hostProbesAndHostLifecycle"
    assert said(sample, Level.BASELINE, "v1.33", control) is None
    assert said(sample, Level.BASELINE, "v1.34", control) == f"probe or lifecycle host ({words})"
    assert said(sample, Level.RESTRICTED, "latest", control) == f"probe or lifecycle host ({words})"


@pytest.mark.parametrize(
    ("name", "fails_at", "passes_at"),
    [
        ("net.ipv4.ip_local_reserved_ports", "v1.26", "v1.27"),
        ("net.ipv4.tcp_fin_timeout", "v1.28", "v1.29"),
        ("net.ipv4.tcp_keepalive_intvl", "v1.28", "v1.29"),
        ("net.ipv4.tcp_keepalive_probes", "v1.28", "v1.29"),
        ("net.ipv4.tcp_keepalive_time", "v1.28", "v1.29"),
        ("net.ipv4.tcp_rmem", "v1.31", "v1.32"),
        ("net.ipv4.tcp_wmem", "v1.31", "v1.32"),
        ("net.ipv4.tcp_notsent_lowat", "v1.36", "v1.37"),
        ("net.ipv4.tcp_slow_start_after_idle", "v1.36", "v1.37"),
    ],
)
def test_sysctls_become_safe_with_a_version(name: str, fails_at: str, passes_at: str) -> None:
    sample = pod(context={"sysctls": [{"name": name, "value": "1"}]})
    assert said(sample, Level.BASELINE, "v1.0", "sysctls") == f"forbidden sysctls ({name})"
    assert said(sample, Level.BASELINE, fails_at, "sysctls") == f"forbidden sysctls ({name})"
    assert said(sample, Level.BASELINE, passes_at, "sysctls") is None
    assert said(sample, Level.BASELINE, "latest", "sysctls") is None


def test_ports_without_a_host_port_take_their_own_on_the_network_of_the_host() -> None:
    sample = pod(container(ports=[{"containerPort": 80}]), hostNetwork=True)
    assert said(sample, Level.BASELINE, "latest", "hostPorts") == 'hostPort (container "a" uses hostPort 80)'
