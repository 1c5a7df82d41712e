"""What makes a pod of the generator one that the API accepts: contradictions are resolved, never sent.

Source: pkg/apis/core/validation/validation.go of Kubernetes 1.36.1, by the functions named below.
"""

from collections.abc import Mapping
from typing import Any

WINDOWS_POD = frozenset({"windowsOptions", "runAsNonRoot"})
WINDOWS_CONTAINER = WINDOWS_POD
IPC = ("kernel.shm", "kernel.msg", "kernel.sem", "fs.mqueue.")


def made_valid(pod: dict[str, Any]) -> dict[str, Any]:
    """Return the pod with what the API would refuse taken out."""
    spec = pod["spec"]
    containers = [*spec.get("initContainers", ()), *spec["containers"]]
    for container in spec.get("initContainers", ()):
        if container.get("restartPolicy") != "Always":  # validateInitContainers
            for field in ("livenessProbe", "readinessProbe", "startupProbe", "lifecycle"):
                container.pop(field, None)
    if (spec.get("os") or {}).get("name") == "windows":
        _for_windows(spec, containers)
    else:
        _host_users(spec, containers)
        _sysctls(spec)
        _annotations(pod, containers)
    _host_process(spec, containers)
    for container in containers:
        _escalation(container.get("securityContext") or {})
        for port in container.get("ports", ()):
            if spec.get("hostNetwork") and port.get("hostPort"):  # validateContainerPorts
                port["hostPort"] = port["containerPort"]
    return pod


def _for_windows(spec: dict[str, Any], containers: list[dict[str, Any]]) -> None:
    """validateWindows."""
    for field in ("hostUsers", "hostPID", "hostIPC"):
        spec.pop(field, None)
    for each in (spec, *containers):
        if each.get("securityContext"):
            each["securityContext"] = _only(each["securityContext"], WINDOWS_POD)


def _only(mapping: Mapping[str, Any], keys: frozenset[str]) -> dict[str, Any]:
    return {key: value for key, value in mapping.items() if key in keys}


def _host_users(spec: dict[str, Any], containers: list[dict[str, Any]]) -> None:
    """validateHostUsers, and ValidateSecurityContext on procMount."""
    if spec.get("hostUsers") is False:
        for field in ("hostNetwork", "hostPID", "hostIPC"):
            spec.pop(field, None)
        return
    for container in containers:
        if (container.get("securityContext") or {}).get("procMount") == "Unmasked":
            container["securityContext"]["procMount"] = "Default"


def _sysctls(spec: dict[str, Any]) -> None:
    """ValidateHostSysctl."""
    refused = (("net.",) if spec.get("hostNetwork") else ()) + (IPC if spec.get("hostIPC") else ())
    context = spec["securityContext"]
    if "sysctls" in context:
        kept = [each for each in context["sysctls"] if not each["name"].replace("/", ".").startswith(refused)]
        context["sysctls"] = kept if refused else context["sysctls"]


def _annotations(pod: dict[str, Any], containers: list[dict[str, Any]]) -> None:
    """validateAppArmorAnnotationsAndFieldsMatchOnCreate and validateSeccompAnnotationsAndFields."""
    annotations, of_pod = pod["metadata"]["annotations"], pod["spec"]["securityContext"]
    if of_pod.get("seccompProfile"):
        annotations.pop("seccomp.security.alpha.kubernetes.io/pod", None)
    for container in containers:
        context = container.get("securityContext") or {}
        if context.get("seccompProfile"):
            annotations.pop(f"container.seccomp.security.alpha.kubernetes.io/{container['name']}", None)
        key = f"container.apparmor.security.beta.kubernetes.io/{container['name']}"
        profile = context.get("appArmorProfile") or of_pod.get("appArmorProfile")
        if key in annotations and profile is not None:
            known = {"Unconfined": "unconfined", "RuntimeDefault": "runtime/default", "Localhost": "localhost/own"}
            annotations[key] = known[profile["type"]]


def _host_process(spec: dict[str, Any], containers: list[dict[str, Any]]) -> None:
    """validateWindowsHostProcessPod: all containers or none, equal to the pod where both say, on the host's network."""

    def asked(each: Mapping[str, Any]) -> bool | None:
        options = (each.get("securityContext") or {}).get("windowsOptions") or {}
        value: bool | None = options.get("hostProcess")
        return value

    said = [asked(each) for each in (spec, *containers)]
    if True not in said:
        return
    if (
        (said[0] is not True and not all(each is True for each in said[1:]))
        or False in said
        or spec.get("hostUsers") is False
    ):
        for each in (spec, *containers):
            (each.get("securityContext") or {}).pop("windowsOptions", None)
        return
    spec["hostNetwork"] = True
    _sysctls(spec)


def _escalation(context: dict[str, Any]) -> None:
    """ValidateSecurityContext on allowPrivilegeEscalation."""
    if context.get("allowPrivilegeEscalation") is False and (
        context.get("privileged") or "CAP_SYS_ADMIN" in (context.get("capabilities") or {}).get("add", ())
    ):
        del context["allowPrivilegeEscalation"]
