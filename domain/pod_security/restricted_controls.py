"""The controls that restricted adds to baseline: least privilege, asked for and not merely left alone.

Source: k8s.io/pod-security-admission v0.36.1 and v0.37.0, policy/check_*.go of the control's name; the standards
themselves: https://kubernetes.io/docs/concepts/security/pod-security-standards/
"""

from typing import Final

from domain.pod_security.confinement_controls import proc_mount, seccomp
from domain.pod_security.control import Control, Forbidden, Revision, Rule
from domain.pod_security.levels import Level, v1
from domain.pod_security.pod import Pod, Volume
from domain.pod_security.wording import containers, counted, joined, setters

_ALLOWED_VOLUMES: Final = frozenset(
    {
        "configMap",
        "csi",
        "downwardAPI",
        "emptyDir",
        "ephemeral",
        "image",
        "persistentVolumeClaim",
        "projected",
        "secret",
    }
)
_REFUSED_VOLUMES: Final = (
    "hostPath",
    "gcePersistentDisk",
    "awsElasticBlockStore",
    "gitRepo",
    "nfs",
    "iscsi",
    "glusterfs",
    "rbd",
    "flexVolume",
    "cinder",
    "cephfs",
    "flocker",
    "fc",
    "azureFile",
    "vsphereVolume",
    "quobyte",
    "azureDisk",
    "photonPersistentDisk",
    "portworxVolume",
    "scaleIO",
    "storageos",
)


def _volumes(pod: Pod) -> Forbidden | None:
    """Volumes are of types that give no storage or right beyond the namespace's own."""
    bad = [volume for volume in pod.volumes if _ALLOWED_VOLUMES.isdisjoint(volume.types)]
    names = [volume.name for volume in bad]
    types = sorted({_refused_type(volume) for volume in bad})
    detail = (
        f"{counted('volume', names)} {joined(names)} {counted('uses', names, 'use')} "
        f"{counted('restricted volume type', types)} {joined(types)}"
    )
    return Forbidden("restricted volume types", detail) if bad else None


def _refused_type(volume: Volume) -> str:
    """The type that admission names; one that came after this list is `unknown`, as it is to an older server."""
    return next((known for known in _REFUSED_VOLUMES if known in volume.types), "unknown")


def _privilege_escalation(pod: Pod) -> Forbidden | None:
    """Every container says that its processes gain no privileges."""
    bad = [c.name for c in pod.containers if c.security.allow_privilege_escalation is not False]
    detail = f"{containers(bad)} must set securityContext.allowPrivilegeEscalation=false"
    return Forbidden("allowPrivilegeEscalation != false", detail) if bad else None


def _capabilities(pod: Pod) -> Forbidden | None:
    """Every container drops all capabilities and adds back NET_BIND_SERVICE at most."""
    keeping, adding, added = [], [], set[str]()
    for container in pod.containers:
        capabilities = container.security.capabilities
        if capabilities is None or "ALL" not in capabilities.drop:
            keeping.append(container.name)
        extra = set(capabilities.add) - {"NET_BIND_SERVICE"} if capabilities is not None else set[str]()
        if extra:
            adding.append(container.name)
            added |= extra
    said = [f'{containers(keeping)} must set securityContext.capabilities.drop=["ALL"]'] if keeping else []
    if adding:
        said.append(
            f"{containers(adding)} must not include {joined(sorted(added))} in securityContext.capabilities.add"
        )
    return Forbidden("unrestricted capabilities", "; ".join(said)) if said else None


def _non_root(pod: Pod) -> Forbidden | None:
    """Every container says that it does not run as root, itself or by the pod."""
    of_pod = pod.security.run_as_non_root
    refusing = [c.name for c in pod.containers if c.security.run_as_non_root is False]
    silent = [c.name for c in pod.containers if c.security.run_as_non_root is None and not of_pod]
    who = setters(refusing, pod=of_pod is False)
    if who:
        return Forbidden("runAsNonRoot != true", f"{who} must not set securityContext.runAsNonRoot=false")
    detail = f"pod or {containers(silent)} must set securityContext.runAsNonRoot=true"
    return Forbidden("runAsNonRoot != true", detail) if silent else None


def _user(pod: Pod) -> Forbidden | None:
    """Nobody asks for user id 0."""
    bad = [c.name for c in pod.containers if c.security.run_as_user == 0]
    who = setters(bad, pod=pod.security.run_as_user == 0)
    return Forbidden("runAsUser=0", f"{who} must not set runAsUser=0") if who else None


def _seccomp(pod: Pod) -> Forbidden | None:
    """Every container has a seccomp profile that confines, its own or the pod's."""
    refused = seccomp(pod)
    if refused is not None:
        return refused
    of_pod = pod.security.seccomp_profile
    silent = [c.name for c in pod.containers if c.security.seccomp_profile is None and of_pod is None]
    wanted = 'must set securityContext.seccompProfile.type to "RuntimeDefault" or "Localhost"'
    return Forbidden("seccompProfile", f"pod or {containers(silent)} {wanted}") if silent else None


def _unless_windows(rule: Rule) -> Rule:
    """A rule on fields that the API refuses in a pod for Windows."""

    def relaxed(pod: Pod) -> Forbidden | None:
        return None if pod.windows else rule(pod)

    return relaxed


def _unless_own_user_namespace(rule: Rule) -> Rule:
    """A rule on root, who is nobody on the node where the pod has a user namespace of its own."""

    def relaxed(pod: Pod) -> Forbidden | None:
        return None if pod.own_user_namespace else rule(pod)

    return relaxed


RESTRICTED_CONTROLS: Final = (
    Control(
        "allowPrivilegeEscalation",
        Level.RESTRICTED,
        "processes that gain privileges, as by a setuid program (allowPrivilegeEscalation)",
        (
            Revision(v1(8), _privilege_escalation),
            Revision(v1(25), _unless_windows(_privilege_escalation)),
        ),
    ),
    Control(
        "capabilities_restricted",
        Level.RESTRICTED,
        "containers that keep the runtime's default capabilities",
        (
            Revision(v1(22), _capabilities, ("capabilities_baseline",)),
            Revision(v1(25), _unless_windows(_capabilities), ("capabilities_baseline",)),
        ),
    ),
    Control(
        "procMount_restricted",
        Level.RESTRICTED,
        "unmasked /proc in pods with a user namespace of their own",
        (Revision(v1(35), proc_mount, ("procMount",)),),
    ),
    Control(
        "restrictedVolumes",
        Level.RESTRICTED,
        "volumes that name storage outside the namespace, such as nfs, iscsi or gitRepo",
        (Revision(v1(0), _volumes, ("hostPathVolumes",)),),
    ),
    Control(
        "runAsNonRoot",
        Level.RESTRICTED,
        "containers that may run as root",
        (Revision(v1(0), _non_root), Revision(v1(35), _unless_own_user_namespace(_non_root))),
    ),
    Control(
        "runAsUser",
        Level.RESTRICTED,
        "containers that ask for user id 0",
        (Revision(v1(23), _user), Revision(v1(35), _unless_own_user_namespace(_user))),
    ),
    Control(
        "seccompProfile_restricted",
        Level.RESTRICTED,
        "containers without a seccomp profile",
        (
            Revision(v1(19), _seccomp, ("seccompProfile_baseline",)),
            Revision(v1(25), _unless_windows(_seccomp), ("seccompProfile_baseline",)),
        ),
    ),
)
