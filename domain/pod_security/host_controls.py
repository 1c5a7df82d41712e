"""The baseline controls that keep a pod apart from the node it runs on.

Source: k8s.io/pod-security-admission v0.36.1 and v0.37.0, policy/check_*.go of the control's name; the standards
themselves: https://kubernetes.io/docs/concepts/security/pod-security-standards/
"""

from collections.abc import Iterator
from typing import Final

from domain.pod_security.control import Control, Forbidden, Revision, Rule
from domain.pod_security.levels import Level, v1
from domain.pod_security.pod import Container, Handler, Pod
from domain.pod_security.wording import containers, counted, joined, setters

_SYSCTLS: Final = frozenset(
    {
        "kernel.shm_rmid_forced",
        "net.ipv4.ip_local_port_range",
        "net.ipv4.ip_unprivileged_port_start",
        "net.ipv4.ping_group_range",
        "net.ipv4.tcp_syncookies",
    }
)
_SYSCTLS_1_27: Final = _SYSCTLS | {"net.ipv4.ip_local_reserved_ports"}
_SYSCTLS_1_29: Final = _SYSCTLS_1_27 | {
    "net.ipv4.tcp_fin_timeout",
    "net.ipv4.tcp_keepalive_intvl",
    "net.ipv4.tcp_keepalive_probes",
    "net.ipv4.tcp_keepalive_time",
}
_SYSCTLS_1_32: Final = _SYSCTLS_1_29 | {"net.ipv4.tcp_rmem", "net.ipv4.tcp_wmem"}
_SYSCTLS_1_37: Final = _SYSCTLS_1_32 | {"net.ipv4.tcp_notsent_lowat", "net.ipv4.tcp_slow_start_after_idle"}


def _host_namespaces(pod: Pod) -> Forbidden | None:
    """The node's network, process and IPC namespaces are not shared."""
    asked = (("hostNetwork", pod.host_network), ("hostPID", pod.host_pid), ("hostIPC", pod.host_ipc))
    shared = [f"{field}=true" for field, shares in asked if shares]
    return Forbidden("host namespaces", ", ".join(shared)) if shared else None


def _host_path_volumes(pod: Pod) -> Forbidden | None:
    """No volume mounts a path of the node."""
    bad = [volume.name for volume in pod.volumes if "hostPath" in volume.types]
    return Forbidden("hostPath volumes", f"{counted('volume', bad)} {joined(bad)}") if bad else None


def _host_ports(pod: Pod) -> Forbidden | None:
    """No container listens on a port of the node; ports are sorted as text, as admission sorts them."""
    asked = {port for container in pod.containers for port in _host_ports_of(container)}
    if not asked:
        return None
    bad = [container.name for container in pod.containers if _host_ports_of(container)]
    ports = sorted(asked)
    return Forbidden(
        "hostPort", f"{containers(bad)} {counted('uses', bad, 'use')} {counted('hostPort', ports)} {', '.join(ports)}"
    )


def _host_ports_of(container: Container) -> list[str]:
    return [str(port.host_port) for port in container.ports if port.host_port]


def _privileged(pod: Pod) -> Forbidden | None:
    """No container is privileged."""
    bad = [container.name for container in pod.containers if container.security.privileged]
    return Forbidden("privileged", f"{containers(bad)} must not set securityContext.privileged=true") if bad else None


def _windows_host_process(pod: Pod) -> Forbidden | None:
    """Neither the pod nor a container runs as a process of the Windows host."""
    bad = [container.name for container in pod.containers if container.security.host_process]
    who = setters(bad, pod=pod.security.host_process)
    return (
        Forbidden("hostProcess", f"{who} must not set securityContext.windowsOptions.hostProcess=true") if who else None
    )


def _sysctls(allowed: frozenset[str]) -> Rule:
    """Only sysctls that are safe for other pods of the node, which are more from version to version."""

    def rule(pod: Pod) -> Forbidden | None:
        bad = [sysctl.name for sysctl in pod.security.sysctls if sysctl.name not in allowed]
        return Forbidden("forbidden sysctls", ", ".join(bad)) if bad else None

    return rule


def _handler_hosts(pod: Pod) -> Forbidden | None:
    """Probes and lifecycle hooks do not make the kubelet connect to a host other than the pod."""
    asked = [(container.name, host) for container in pod.containers for host in _hosts_of(container)]
    if not asked:
        return None
    bad, hosts = (sorted(set(column)) for column in zip(*asked, strict=True))
    noun = counted("probe or lifecycle host", hosts)
    return Forbidden(
        "probe or lifecycle host", f"{containers(bad)} {counted('uses', bad, 'use')} {noun} {joined(hosts)}"
    )


def _hosts_of(container: Container) -> Iterator[str]:
    """Every host that a probe or hook of the container names."""
    handlers: list[Handler | None] = [container.liveness_probe, container.readiness_probe, container.startup_probe]
    if container.lifecycle is not None:
        handlers += [container.lifecycle.post_start, container.lifecycle.pre_stop]
    for handler in handlers:
        for target in (handler.http_get, handler.tcp_socket) if handler is not None else ():
            if target is not None and target.host:
                yield target.host


HOST_CONTROLS: Final = (
    Control(
        "hostNamespaces",
        Level.BASELINE,
        "pods in the node's own network, process or IPC namespace (hostNetwork, hostPID, hostIPC)",
        (Revision(v1(0), _host_namespaces),),
    ),
    Control(
        "hostPathVolumes",
        Level.BASELINE,
        "volumes that mount any path of the node (hostPath)",
        (Revision(v1(0), _host_path_volumes),),
    ),
    Control(
        "hostPorts",
        Level.BASELINE,
        "containers that listen on ports of the node (hostPort)",
        (Revision(v1(0), _host_ports),),
    ),
    Control(
        "hostProbesAndHostLifecycle",
        Level.BASELINE,
        "probes and lifecycle hooks that make the kubelet connect to any host",
        (Revision(v1(34), _handler_hosts),),
    ),
    Control(
        "privileged",
        Level.BASELINE,
        "privileged containers, which have every right of root on the node",
        (Revision(v1(0), _privileged),),
    ),
    Control(
        "sysctls",
        Level.BASELINE,
        "any sysctl, also those that affect other pods of the node",
        (
            Revision(v1(0), _sysctls(_SYSCTLS)),
            Revision(v1(27), _sysctls(_SYSCTLS_1_27)),
            Revision(v1(29), _sysctls(_SYSCTLS_1_29)),
            Revision(v1(32), _sysctls(_SYSCTLS_1_32)),
            Revision(v1(37), _sysctls(_SYSCTLS_1_37)),
        ),
    ),
    Control(
        "windowsHostProcess",
        Level.BASELINE,
        "containers that run as processes of the Windows host (hostProcess)",
        (Revision(v1(0), _windows_host_process),),
    ),
)
