"""A pod as Pod Security admission sees it, which is not quite what stands in a manifest or a controller's template.

Admission judges after the API server has defaulted the pod (pkg/apis/core/v1/defaults.go) and after the pod strategy
has carried deprecated AppArmor annotations into fields (pkg/registry/core/pod/strategy.go, applyAppArmorVersionSkew,
since 1.30), both in Kubernetes 1.36.1. A Deployment's template has neither, so judging it as it stands would miss
refusals.

Only the fields that the standards read are decoded. A null for an object or a scalar is unset, as the API reads it; a
null for a list is odd and refused: the server never stores one, and calling it empty could hide what was there.
"""

import re
from collections.abc import Mapping
from typing import Any, Final

import msgspec

APPARMOR_ANNOTATION: Final = "container.apparmor.security.beta.kubernetes.io/"

_MISSING: Final = re.compile(r"Object missing required field `(?P<field>[^`]*)`")


class PodSpecError(ValueError):
    """A pod that has something else in a field than the API has there: where (`path`) and what (`problem`)."""

    def __init__(self, path: str, problem: str) -> None:
        super().__init__(path, problem)
        self.path = path
        self.problem = problem

    def __str__(self) -> str:
        return f"{self.path}: {self.problem}" if self.path else self.problem


class _Record(msgspec.Struct, frozen=True, rename="camel"):
    """Some fields of an API object, by their names there."""


class Profile(_Record, frozen=True):
    """A seccomp or AppArmor profile."""

    type: str


class SELinuxOptions(_Record, frozen=True):
    """The parts of an SELinux label that the standards limit."""

    type: str | None = None
    user: str | None = None
    role: str | None = None


class Capabilities(_Record, frozen=True):
    """What a container adds to the runtime's set of capabilities, and drops from it."""

    add: tuple[str, ...] = ()
    drop: tuple[str, ...] = ()


class WindowsOptions(_Record, frozen=True):
    """Whether it runs as a process of the Windows host."""

    host_process: bool | None = None


class Sysctl(_Record, frozen=True):
    """A kernel parameter; its value does not matter to admission."""

    name: str


class Security(_Record, frozen=True):
    """What the securityContext of a pod and that of a container have in common."""

    run_as_non_root: bool | None = None
    run_as_user: int | None = None
    se_linux_options: SELinuxOptions | None = None
    seccomp_profile: Profile | None = None
    app_armor_profile: Profile | None = None
    windows_options: WindowsOptions | None = None

    @property
    def host_process(self) -> bool:
        """Whether it asks for a HostProcess container."""
        return self.windows_options is not None and self.windows_options.host_process is True


class PodSecurity(Security, frozen=True):
    """The securityContext of a pod."""

    sysctls: tuple[Sysctl, ...] = ()


class ContainerSecurity(Security, frozen=True):
    """The securityContext of a container."""

    privileged: bool | None = None
    allow_privilege_escalation: bool | None = None
    proc_mount: str | None = None
    capabilities: Capabilities | None = None


class Target(_Record, frozen=True):
    """Where an HTTP or TCP handler connects to; no host means the pod itself."""

    host: str | None = None


class Handler(_Record, frozen=True):
    """A probe or a lifecycle hook."""

    http_get: Target | None = None
    tcp_socket: Target | None = None


class Lifecycle(_Record, frozen=True):
    """A container's hooks."""

    post_start: Handler | None = None
    pre_stop: Handler | None = None


class Port(_Record, frozen=True):
    """A port that a container declares."""

    container_port: int
    host_port: int | None = None


class Container(_Record, frozen=True):
    """An init, ordinary or ephemeral container: admission asks the same of all."""

    name: str
    security_context: ContainerSecurity | None = None
    ports: tuple[Port, ...] = ()
    liveness_probe: Handler | None = None
    readiness_probe: Handler | None = None
    startup_probe: Handler | None = None
    lifecycle: Lifecycle | None = None

    @property
    def security(self) -> ContainerSecurity:
        """Its securityContext, empty where there is none: the standards make no difference between the two."""
        return self.security_context or ContainerSecurity()


class _OS(_Record, frozen=True):
    name: str


class _Spec(_Record, frozen=True):
    containers: tuple[Container, ...]
    init_containers: tuple[Container, ...] = ()
    ephemeral_containers: tuple[Container, ...] = ()
    volumes: tuple[dict[str, Any], ...] = ()
    security_context: PodSecurity | None = None
    host_network: bool | None = None
    host_pid: bool | None = msgspec.field(default=None, name="hostPID")
    host_ipc: bool | None = msgspec.field(default=None, name="hostIPC")
    host_users: bool | None = None
    os: _OS | None = None


class _Metadata(_Record, frozen=True):
    annotations: dict[str, str | None] | None = None


class _Document(_Record, frozen=True):
    spec: _Spec
    metadata: _Metadata | None = None


class Volume(msgspec.Struct, frozen=True):
    """A volume and the types that it is given, by their names in the API (`hostPath`, `configMap`)."""

    name: str
    types: tuple[str, ...]


class Pod(msgspec.Struct, frozen=True):
    """What admission judges: the containers in its order (init, ordinary, ephemeral), defaults applied."""

    annotations: dict[str, str]
    containers: tuple[Container, ...]
    volumes: tuple[Volume, ...]
    security: PodSecurity
    host_network: bool
    host_pid: bool
    host_ipc: bool
    own_user_namespace: bool
    windows: bool


def read_pod(pod: Mapping[str, Any]) -> Pod:
    """Decode a pod or a pod template (`{"metadata": …, "spec": …}`, plain JSON) into what admission will judge.

    Raises PodSpecError, naming the field, for a missing required field, a wrong type, or a null where a list belongs.
    """
    try:
        document = msgspec.convert(pod, _Document)
    except msgspec.ValidationError as error:
        raise _error(str(error)) from None
    spec = document.spec
    annotations = (document.metadata and document.metadata.annotations) or {}
    judged = Pod(
        annotations={key: value or "" for key, value in annotations.items()},
        containers=(),
        volumes=tuple(_volume(index, volume) for index, volume in enumerate(spec.volumes)),
        security=spec.security_context or PodSecurity(),
        host_network=bool(spec.host_network),
        host_pid=bool(spec.host_pid),
        host_ipc=bool(spec.host_ipc),
        own_user_namespace=spec.host_users is False,
        windows=spec.os is not None and spec.os.name == "windows",
    )
    containers = (*spec.init_containers, *spec.containers, *spec.ephemeral_containers)
    return msgspec.structs.replace(judged, containers=tuple(_defaulted(container, judged) for container in containers))


def _volume(index: int, volume: dict[str, Any]) -> Volume:
    """A volume with its types; without any it is an emptyDir, by the API's default."""
    name = volume.get("name")
    if not isinstance(name, str):
        raise PodSpecError(f"spec.volumes[{index}].name", "a string is needed")
    types = []
    for key, value in volume.items():
        if key == "name" or value is None:
            continue
        if not isinstance(value, Mapping):
            raise PodSpecError(f"spec.volumes[{index}].{key}", "an object is needed")
        types.append(key)
    return Volume(name, tuple(types) or ("emptyDir",))


def _defaulted(container: Container, pod: Pod) -> Container:
    """The container with the host ports and the AppArmor profile that the API server gives it.

    On the host's network a port that names no host port takes its own number. An annotation that says `unconfined`
    becomes the field, unless the field is set, the pod's profile says the same, or the pod is for Windows.
    """
    if pod.host_network:
        ports = tuple(Port(port.container_port, port.host_port or port.container_port) for port in container.ports)
        container = msgspec.structs.replace(container, ports=ports)
    unconfined = Profile("Unconfined")
    if (
        pod.annotations.get(APPARMOR_ANNOTATION + container.name) == "unconfined"
        and container.security.app_armor_profile is None
        and pod.security.app_armor_profile != unconfined
        and not pod.windows
    ):
        security = msgspec.structs.replace(container.security, app_armor_profile=unconfined)
        container = msgspec.structs.replace(container, security_context=security)
    return container


def _error(message: str) -> PodSpecError:
    """The decoder's message, with its path in the form that Kubernetes writes: `spec.containers[0].name`."""
    problem, _, where = message.partition(" - at ")
    path = where.replace("`", "").removeprefix("key in ").removeprefix("$").removeprefix(".")
    missing = _MISSING.fullmatch(problem)
    if missing is not None:
        return PodSpecError(f"{path}.{missing['field']}".removeprefix("."), "missing")
    return PodSpecError(path, problem.replace("`", ""))
