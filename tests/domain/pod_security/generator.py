"""Pods made at random that the API accepts, each with a few of the aspects that the standards look at.

Valid by construction and by `made_valid`: the rules of pkg/apis/core/v1/validation.go in Kubernetes 1.36.1.
"""

from collections.abc import Callable, Iterator
from copy import deepcopy
from random import Random
from typing import Any, Final

from tests.domain.pod_security.validity import made_valid
from tests.domain.pod_security.volumes import VOLUME_SOURCES

Pod = dict[str, Any]

APPARMOR: Final = "container.apparmor.security.beta.kubernetes.io/"
SECCOMP_POD: Final = "seccomp.security.alpha.kubernetes.io/pod"
SECCOMP: Final = "container.seccomp.security.alpha.kubernetes.io/"

NAMES: Final = ("web", "db", "cache", "z9", "a0", "side-car", "init", "log")
CAPABILITIES: Final = (
    *("AUDIT_WRITE", "CHOWN", "DAC_OVERRIDE", "FOWNER", "FSETID", "KILL", "MKNOD", "NET_BIND_SERVICE", "SETFCAP"),
    *("SETGID", "SETPCAP", "SETUID", "SYS_CHROOT", "NET_RAW", "SYS_ADMIN", "NET_ADMIN", "ALL", "chown", "CAP_CHOWN"),
    *("CAP_SYS_ADMIN", 'odd "name", (privileged)'),
)
SYSCTLS: Final = (
    *("kernel.shm_rmid_forced", "net.ipv4.ip_local_port_range", "net.ipv4.tcp_syncookies", "net.ipv4.ping_group_range"),
    *("net.ipv4.ip_unprivileged_port_start", "net.ipv4.ip_local_reserved_ports", "net.ipv4.tcp_keepalive_time"),
    *("net.ipv4.tcp_fin_timeout", "net.ipv4.tcp_keepalive_intvl", "net.ipv4.tcp_keepalive_probes"),
    *("net.ipv4.tcp_rmem", "net.ipv4.tcp_wmem", "net.ipv4.tcp_notsent_lowat", "net.ipv4.tcp_slow_start_after_idle"),
    *("net.core.somaxconn", "net/ipv4/tcp_syncookies", "kernel.msgmax", "fs.mqueue.msg_max", "vm.swappiness"),
)
SELINUX_TYPES: Final = (
    *("", "container_t", "container_init_t", "container_kvm_t", "container_engine_t", "spc_t", 'quo"ted), x', "тип"),
)
HOSTS: Final = ("127.0.0.1", "localhost", "example.com", "10.0.0.1", "::1", "", None)
PORTS: Final = (80, 443, 8080, 9, 53, 9090, 10250)


def pods(random: Random) -> Iterator[Pod]:
    """Yield pods without end, named by their number; the same for the same seed."""
    number = 0
    while True:
        yield pod(random, f"pod-{number}")
        number += 1


def pod(random: Random, name: str) -> Pod:
    """One pod: bare, or as restricted wants it, and then some aspects changed."""
    made = _bare(random, name)
    kind = random.random()
    if kind < 0.08:
        made["spec"]["os"] = {"name": "windows"}
    elif kind < 0.15:
        made["spec"]["os"] = {"name": "linux"}
    if random.random() < 0.75:
        _harden(random, made)
    for aspect in random.sample(ASPECTS, random.choice((0, 1, 1, 1, 2, 2, 3, 5))):
        aspect(random, made)
    if random.random() < 0.08:
        _no_context(random, made)
    return made_valid(made)


def ephemeral_container(random: Random, name: str, *, own_user_namespace: bool) -> dict[str, Any]:
    """One ephemeral container, for PATCH of the subresource; it has a securityContext and nothing else of interest."""
    made: Pod = {"metadata": {"annotations": {}}, "spec": {"containers": [_container(name)], "securityContext": {}}}
    if own_user_namespace:
        made["spec"]["hostUsers"] = False
    if random.random() < 0.6:
        _harden(random, made)
    for aspect in random.sample(CONTAINER_ASPECTS, random.choice((0, 1, 1, 2, 3))):
        aspect(random, made)
    container: dict[str, Any] = made_valid(made)["spec"]["containers"][0]
    return container


def _bare(random: Random, name: str) -> Pod:
    names = random.sample(NAMES, random.choice((1, 1, 1, 2, 2, 3, 4)))
    ordinary = random.randint(1, len(names))
    spec: dict[str, Any] = {"containers": [_container(each) for each in names[:ordinary]], "securityContext": {}}
    if names[ordinary:]:
        spec["initContainers"] = [_container(each) for each in names[ordinary:]]
    for container in spec.get("initContainers", ()):
        if random.random() < 0.5:
            container["restartPolicy"] = "Always"
    return {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": name, "annotations": {}}, "spec": spec}


def _container(name: str) -> dict[str, Any]:
    return {"name": name, "image": "image", "securityContext": {}}


def _all(made: Pod) -> list[dict[str, Any]]:
    return [*made["spec"].get("initContainers", ()), *made["spec"]["containers"]]


def _some(random: Random, made: Pod) -> list[dict[str, Any]]:
    containers = _all(made)
    return random.sample(containers, random.randint(1, len(containers)))


def _harden(random: Random, made: Pod) -> None:
    of_pod = random.random() < 0.6
    where = [made["spec"]] if of_pod else _all(made)
    for each in where:
        each["securityContext"]["runAsNonRoot"] = True
        each["securityContext"]["seccompProfile"] = {"type": "RuntimeDefault"}
    for container in _all(made):
        container["securityContext"]["allowPrivilegeEscalation"] = False
        container["securityContext"]["capabilities"] = {"drop": ["ALL"]}


def _contexts(random: Random, made: Pod) -> Iterator[dict[str, Any]]:
    """The securityContexts of the pod, of some containers, or of both."""
    where = random.choice(("pod", "containers", "both"))
    if where != "containers":
        yield made["spec"]["securityContext"]
    if where != "pod":
        for container in _some(random, made):
            yield container["securityContext"]


def _host_namespaces(random: Random, made: Pod) -> None:
    for field in random.sample(("hostNetwork", "hostPID", "hostIPC"), random.randint(1, 3)):
        made["spec"][field] = random.choice((True, True, False, None))


def _host_users(random: Random, made: Pod) -> None:
    made["spec"]["hostUsers"] = random.choice((False, False, True, None))


def _proc_mount(random: Random, made: Pod) -> None:
    if random.random() < 0.8:
        made["spec"]["hostUsers"] = False
    for container in _some(random, made):
        container["securityContext"]["procMount"] = random.choice(("Unmasked", "Unmasked", "Default"))


def _root_in_own_user_namespace(random: Random, made: Pod) -> None:
    made["spec"]["hostUsers"] = False
    for context in _contexts(random, made):
        context["runAsUser"] = 0
        context["runAsNonRoot"] = False


def _privileged(random: Random, made: Pod) -> None:
    for container in _some(random, made):
        container["securityContext"]["privileged"] = random.choice((True, True, False, None))


def _capabilities(random: Random, made: Pod) -> None:
    for container in _some(random, made):
        added = random.sample(CAPABILITIES, random.randint(0, 4))
        dropped = random.choice(([], ["ALL"], ["ALL", "KILL"], ["KILL"]))
        container["securityContext"]["capabilities"] = {"add": added, "drop": dropped}


def _net_bind_service(random: Random, made: Pod) -> None:
    for container in _some(random, made):
        container["securityContext"]["capabilities"] = {"add": ["NET_BIND_SERVICE"], "drop": ["ALL"]}


def _volumes(random: Random, made: Pod) -> None:
    types = random.choices(tuple(VOLUME_SOURCES), k=random.randint(1, 3))
    if random.random() < 0.3:
        types.append("hostPath")
    made["spec"]["volumes"] = [
        {"name": f"v{index}", **deepcopy(VOLUME_SOURCES[each])} for index, each in enumerate(types)
    ]


def _ports(random: Random, made: Pod) -> None:
    numbers = random.sample(PORTS, len(PORTS))
    for container in _some(random, made)[:3]:
        container["ports"] = []
        for _ in range(random.randint(1, 2)):
            number = numbers.pop()
            port = {"containerPort": number}
            if random.random() < 0.6:
                port["hostPort"] = random.choice((0, number, number))
            container["ports"].append(port)
    if random.random() < 0.2:
        made["spec"]["hostNetwork"] = True


def _app_armor(random: Random, made: Pod) -> None:
    for context in _contexts(random, made):
        context["appArmorProfile"] = _profile(random)


def _app_armor_annotations(random: Random, made: Pod) -> None:
    for container in _some(random, made):
        value = random.choice(("unconfined", "unconfined", "runtime/default", "localhost/own", ""))
        made["metadata"]["annotations"][APPARMOR + container["name"]] = value
    if random.random() < 0.3:
        made["spec"]["securityContext"]["appArmorProfile"] = {"type": "Unconfined"}


def _seccomp(random: Random, made: Pod) -> None:
    for context in _contexts(random, made):
        context["seccompProfile"] = _profile(random)


def _no_seccomp(random: Random, made: Pod) -> None:
    for each in (made["spec"], *_some(random, made)):
        each["securityContext"].pop("seccompProfile", None)


def _seccomp_annotations(random: Random, made: Pod) -> None:
    keys = [SECCOMP_POD, *(SECCOMP + container["name"] for container in _all(made)), f"{SECCOMP}absent"]
    for key in random.sample(keys, random.randint(1, len(keys))):
        value = random.choice(
            ("unconfined", "unconfined", "runtime/default", "docker/default", 'localhost/"é\u200b.json')
        )
        made["metadata"]["annotations"][key] = value


def _profile(random: Random) -> dict[str, Any]:
    kind = random.choice(("Unconfined", "Unconfined", "RuntimeDefault", "Localhost"))
    return {"type": kind, "localhostProfile": "own"} if kind == "Localhost" else {"type": kind}


def _se_linux(random: Random, made: Pod) -> None:
    for context in _contexts(random, made):
        options = {"level": "s0:c1", "type": random.choice(SELINUX_TYPES)}
        for field in ("user", "role"):
            if random.random() < 0.25:
                options[field] = random.choice(("", f"any_{field}"))
        context["seLinuxOptions"] = options


def _container_engine(random: Random, made: Pod) -> None:
    for context in _contexts(random, made):
        context["seLinuxOptions"] = {"type": "container_engine_t"}


def _sysctls(random: Random, made: Pod) -> None:
    names = random.sample(SYSCTLS, random.choice((1, 1, 1, 2, 4)))
    made["spec"]["securityContext"]["sysctls"] = [{"name": name, "value": "1"} for name in names]


def _handlers(random: Random, made: Pod) -> None:
    for container in _some(random, made):
        for field in random.sample(("livenessProbe", "readinessProbe", "startupProbe"), random.randint(0, 2)):
            container[field] = _handler(random)
        for field in random.sample(("postStart", "preStop"), random.randint(0, 2)):
            container.setdefault("lifecycle", {})[field] = _handler(random)


def _handler(random: Random) -> dict[str, Any]:
    target = {"port": 80, "host": random.choice(HOSTS)}
    return random.choice(({"httpGet": {"path": "/", **target}}, {"tcpSocket": target}, {"exec": {"command": ["true"]}}))


def _non_root(random: Random, made: Pod) -> None:
    for context in _contexts(random, made):
        context["runAsNonRoot"] = random.choice((False, True, None))


def _user(random: Random, made: Pod) -> None:
    for context in _contexts(random, made):
        context["runAsUser"] = random.choice((0, 0, 1000, None))


def _escalation(random: Random, made: Pod) -> None:
    for container in _some(random, made):
        container["securityContext"]["allowPrivilegeEscalation"] = random.choice((True, False, None))


def _host_process(random: Random, made: Pod) -> None:
    made["spec"]["os"] = random.choice(({"name": "windows"}, {"name": "windows"}, None))
    for each in random.choice(([made["spec"]], _all(made), [made["spec"], *_all(made)])):
        each["securityContext"]["windowsOptions"] = {"hostProcess": True}
    if random.random() < 0.2:
        for each in (made["spec"], *_all(made)):
            each["securityContext"]["windowsOptions"] = {"hostProcess": False}


def _no_context(random: Random, made: Pod) -> None:
    for container in _some(random, made):
        container["securityContext"] = random.choice((None, {}))


Aspect = Callable[[Random, Pod], None]
CONTAINER_ASPECTS: Final[tuple[Aspect, ...]] = (
    *(_privileged, _capabilities, _net_bind_service, _app_armor, _seccomp, _no_seccomp, _se_linux, _container_engine),
    *(_non_root, _user, _escalation),
)
ASPECTS: Final[tuple[Aspect, ...]] = (
    *(_host_namespaces, _host_users, _proc_mount, _root_in_own_user_namespace, _volumes, _ports),
    *(_app_armor_annotations, _seccomp_annotations, _sysctls, _handlers, _host_process),
    *CONTAINER_ASPECTS,
)
