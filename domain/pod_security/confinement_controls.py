"""The baseline controls that keep the confinement which the container runtime gives by default.

Source: k8s.io/pod-security-admission v0.36.1 and v0.37.0, policy/check_*.go of the control's name; the standards
themselves: https://kubernetes.io/docs/concepts/security/pod-security-standards/
"""

from typing import Final

from domain.pod_security.control import Control, Forbidden, Revision, Rule
from domain.pod_security.levels import Level, v1
from domain.pod_security.pod import APPARMOR_ANNOTATION, Capabilities, Pod, Profile, SELinuxOptions
from domain.pod_security.wording import containers, counted, go_quoted, joined, setters

SAFE_PROFILES: Final = frozenset({"RuntimeDefault", "Localhost"})
"""The AppArmor and seccomp profile types that confine."""

_CAPABILITIES: Final = frozenset(
    {
        "AUDIT_WRITE",
        "CHOWN",
        "DAC_OVERRIDE",
        "FOWNER",
        "FSETID",
        "KILL",
        "MKNOD",
        "NET_BIND_SERVICE",
        "SETFCAP",
        "SETGID",
        "SETPCAP",
        "SETUID",
        "SYS_CHROOT",
    }
)
_SELINUX_TYPES: Final = frozenset({"", "container_t", "container_init_t", "container_kvm_t"})
_SELINUX_TYPES_1_31: Final = _SELINUX_TYPES | {"container_engine_t"}
_SECCOMP_POD_ANNOTATION: Final = "seccomp.security.alpha.kubernetes.io/pod"
_SECCOMP_ANNOTATION: Final = "container.seccomp.security.alpha.kubernetes.io/"


def unsafe(profile: Profile | None) -> bool:
    """Whether a profile is set, and to something that does not confine."""
    return profile is not None and profile.type not in SAFE_PROFILES


def _app_armor(pod: Pod) -> Forbidden | None:
    """Nobody turns AppArmor off, by field or by annotation."""
    bad = [c.name for c in pod.containers if unsafe(c.security.app_armor_profile)]
    profiles = [pod.security.app_armor_profile, *(c.security.app_armor_profile for c in pod.containers)]
    types = sorted({profile.type for profile in profiles if profile is not None and unsafe(profile)})
    annotations = sorted(
        f"{key}={go_quoted(value)}"
        for key, value in pod.annotations.items()
        if key.startswith(APPARMOR_ANNOTATION) and not _safe_annotation(value, "", "runtime/default")
    )
    who = [setters(bad, pod=unsafe(pod.security.app_armor_profile))] if types else []
    who += [counted("annotation", annotations)] if annotations else []
    values = [*types, *annotations]
    detail = f"{' and '.join(who)} must not set AppArmor profile type to {joined(values)}"
    return Forbidden(counted("forbidden AppArmor profile", values), detail) if values else None


def _safe_annotation(value: str, *allowed: str) -> bool:
    """Whether an annotation names one of the profiles allowed, or any of the node's own."""
    return value in allowed or value.startswith("localhost/")


def _capabilities(pod: Pod) -> Forbidden | None:
    """No container adds a capability beyond the runtime's default set."""
    asked = [(c.name, c.security.capabilities or Capabilities()) for c in pod.containers]
    bad = [name for name, capabilities in asked if not _CAPABILITIES.issuperset(capabilities.add)]
    extra = sorted({each for _, capabilities in asked for each in capabilities.add} - _CAPABILITIES)
    detail = f"{containers(bad)} must not include {joined(extra)} in securityContext.capabilities.add"
    return Forbidden("non-default capabilities", detail) if bad else None


def _se_linux(types: frozenset[str]) -> Rule:
    """Nobody chooses an SELinux user or role, nor a type other than those of containers."""

    def refused(options: SELinuxOptions | None) -> bool:
        return options is not None and bool((options.type or "") not in types or options.user or options.role)

    def rule(pod: Pod) -> Forbidden | None:
        bad = [c.name for c in pod.containers if refused(c.security.se_linux_options)]
        who = setters(bad, pod=refused(pod.security.se_linux_options))
        if not who:
            return None
        every = [pod.security.se_linux_options, *(c.security.se_linux_options for c in pod.containers)]
        options = [each for each in every if each is not None]
        wrong = sorted({each.type or "" for each in options} - types)
        said = [f"{counted('type', wrong)} {joined(wrong)}"] if wrong else []
        said += ["user may not be set"] if any(each.user for each in options) else []
        said += ["role may not be set"] if any(each.role for each in options) else []
        return Forbidden("seLinuxOptions", f"{who} set forbidden securityContext.seLinuxOptions: {'; '.join(said)}")

    return rule


def proc_mount(pod: Pod) -> Forbidden | None:
    """The kernel's files in /proc stay masked."""
    asked = [(c.name, c.security.proc_mount) for c in pod.containers]
    bad = [(name, mount) for name, mount in asked if mount is not None and mount != "Default"]
    values = sorted({mount for _, mount in bad})
    detail = f"{containers([name for name, _ in bad])} must not set securityContext.procMount to {joined(values)}"
    return Forbidden("procMount", detail) if bad else None


def _proc_mount_1_35(pod: Pod) -> Forbidden | None:
    """The same, but for pods in a user namespace of their own."""
    return None if pod.own_user_namespace else proc_mount(pod)


def _seccomp_annotations(pod: Pod) -> Forbidden | None:
    """Before the field came, in 1.19: no annotation turns seccomp off."""
    keys = {_SECCOMP_POD_ANNOTATION, *(_SECCOMP_ANNOTATION + c.name for c in pod.containers)}
    bad = sorted(
        f"{key}={go_quoted(value)}"
        for key, value in pod.annotations.items()
        if key in keys and not _safe_annotation(value, "runtime/default", "docker/default")
    )
    return Forbidden("seccompProfile", f"forbidden {counted('annotation', bad)} {', '.join(bad)}") if bad else None


def seccomp(pod: Pod) -> Forbidden | None:
    """Nobody turns seccomp off."""
    bad = [c.name for c in pod.containers if unsafe(c.security.seccomp_profile)]
    who = setters(bad, pod=unsafe(pod.security.seccomp_profile))
    profiles = [pod.security.seccomp_profile, *(c.security.seccomp_profile for c in pod.containers)]
    values = sorted({profile.type for profile in profiles if profile is not None and unsafe(profile)})
    detail = f"{who} must not set securityContext.seccompProfile.type to {joined(values)}"
    return Forbidden("seccompProfile", detail) if who else None


CONFINEMENT_CONTROLS: Final = (
    Control(
        "appArmorProfile",
        Level.BASELINE,
        "containers that AppArmor does not confine",
        (Revision(v1(0), _app_armor),),
    ),
    Control(
        "capabilities_baseline",
        Level.BASELINE,
        "containers with capabilities beyond the default set, such as NET_ADMIN or SYS_ADMIN",
        (Revision(v1(0), _capabilities),),
    ),
    Control(
        "procMount",
        Level.BASELINE,
        "containers that see the node's /proc unmasked",
        (Revision(v1(0), proc_mount), Revision(v1(35), _proc_mount_1_35)),
    ),
    Control(
        "seLinuxOptions",
        Level.BASELINE,
        "containers with any SELinux user, role or type",
        (Revision(v1(0), _se_linux(_SELINUX_TYPES)), Revision(v1(31), _se_linux(_SELINUX_TYPES_1_31))),
    ),
    Control(
        "seccompProfile_baseline",
        Level.BASELINE,
        "containers that turn seccomp off",
        (Revision(v1(0), _seccomp_annotations), Revision(v1(19), seccomp)),
    ),
)
