"""Pods in few words, for cases by table."""

from typing import Any

from domain.pod_security import Level, PolicyVersion, violations

JsonObject = dict[str, Any]


def container(name: str = "a", *, context: JsonObject | None = None, **fields: Any) -> JsonObject:
    """A container, with `context` for its securityContext."""
    return {"name": name, "image": "image", **({} if context is None else {"securityContext": context}), **fields}


def pod(
    *containers: JsonObject,
    context: JsonObject | None = None,
    annotations: dict[str, str] | None = None,
    **spec: Any,
) -> JsonObject:
    """A pod of these containers (or of a bare one), with `context` for its securityContext."""
    made: JsonObject = {"containers": list(containers or (container(),)), **spec}
    if context is not None:
        made["securityContext"] = context
    return {"metadata": {"annotations": annotations or {}}, "spec": made}


def hardened(**spec: Any) -> JsonObject:
    """A pod that restricted admits at every version."""
    own = {"allowPrivilegeEscalation": False, "capabilities": {"drop": ["ALL"]}}
    of_pod = {"runAsNonRoot": True, "seccompProfile": {"type": "RuntimeDefault"}}
    return pod(container(context=own), context=of_pod, **spec)


def said(sample: JsonObject, level: Level, version: str, control: str) -> str | None:
    """What one control says of a pod at a level and version; None where it lets it pass or is not in force."""
    found = {each.control: str(each) for each in violations(sample, level, PolicyVersion.parse(version))}
    return found.get(control)
