"""Objects in few words, for the tests of the domain."""

from typing import Any

import msgspec

from domain.objects import Workload
from domain.pod_security import Refusal, parse_refusal
from domain.resources import DAEMON_SETS, JOBS, REPLICA_SETS, Resource
from domain.workloads import Controller

BASELINE = (
    'violates PodSecurity "baseline:latest": host namespaces (hostNetwork=true), '
    'privileged (container "speaker" must not set securityContext.privileged=true)'
)
"""What admission says of `HOST` under baseline."""

HOST: dict[str, Any] = {
    "metadata": {"labels": {"app": "speaker"}},
    "spec": {
        "hostNetwork": True,
        "containers": [{"name": "speaker", "image": "i", "securityContext": {"privileged": True}}],
    },
}
"""A pod template that only privileged admits."""

PLAIN: dict[str, Any] = {"spec": {"containers": [{"name": "web", "image": "i"}]}}
"""A pod template that baseline admits and restricted does not."""


def refusal(text: str = BASELINE) -> Refusal:
    found = parse_refusal(text)
    assert found is not None
    return found


def controller(
    resource: Resource = REPLICA_SETS,
    name: str = "web",
    *,
    namespace: str = "a",
    template: Any = None,
    status: dict[str, Any] | None = None,
    meta: dict[str, Any] | None = None,
    **spec: Any,
) -> Controller:
    made = {
        "metadata": {
            "name": name,
            "namespace": namespace,
            "uid": f"uid-{name}",
            "resourceVersion": "7",
            **(meta or {}),
        },
        "spec": {"template": PLAIN if template is None else template, **spec},
        "status": status or {},
    }
    return Controller(resource, msgspec.json.decode(msgspec.json.encode(made), type=Workload))


def daemon_set(missing: int = 1, **given: Any) -> Controller:
    status = {"desiredNumberScheduled": 3, "currentNumberScheduled": 3 - missing}
    return controller(DAEMON_SETS, given.pop("name", "speaker"), status=status, **given)


def job(status: dict[str, Any] | None = None, **spec: Any) -> Controller:
    return controller(JOBS, "migrate", status=status, **spec)
