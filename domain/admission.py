"""Which controllers admission keeps from creating their pods now, and which were only refused once.

Enforcement acts at creation alone, so a pod that exists was not stopped by it (facts/kubernetes.md): what counts is a
controller that lacks pods, admission's last words to it, and what its template comes to under the namespace's labels.
"""

from collections.abc import Iterable, Mapping

import msgspec

from domain.objects import Namespace
from domain.pod_security import LATEST, Level, PodSpecError, PolicyVersion, policy_from_labels, refusal
from domain.verdict import Grade
from domain.workloads import Controller, RefusedPods, Told, last_told


class KeptOut(msgspec.Struct, frozen=True):
    """A controller whose pods admission refuses; `words` are admission's own, or computed where it was not heard."""

    controller: Controller
    words: str
    told: Told | None
    grade: Grade


class NotRetried(msgspec.Struct, frozen=True):
    """A controller that was refused, would be admitted now, and has not tried again yet."""

    controller: Controller
    told: Told


def judge(
    controller: Controller, namespace: Namespace | None, refusals: Iterable[RefusedPods], server: PolicyVersion | None
) -> KeptOut | NotRetried | None:
    """Say what admission does to a controller's pods; None where it lacks none or nothing points at admission.

    `namespace` is None where it could not be read; `server` is the version that judges `latest`.
    """
    if not controller.missing:
        return None
    told = last_told(controller, refusals)
    enforce = policy_from_labels(namespace.metadata.labels).enforce if namespace else None
    if enforce is None or enforce.level is None:
        if told is None:
            return None  # the cluster's default decides, and cannot be read: nothing says that it refuses
        words = would_refuse(controller, told.refusal.level, server, PolicyVersion.parse(told.refusal.version))
        return (
            NotRetried(controller, told)
            if words is None
            else KeptOut(controller, told.refusal.text, told, Grade.PROVEN)
        )
    words = would_refuse(controller, enforce.level, server, enforce.version)
    if words is None:
        return NotRetried(controller, told) if told else None
    if told is not None and told.refusal.level == enforce.level:
        return KeptOut(controller, told.refusal.text, told, Grade.PROVEN)
    return KeptOut(controller, words, told, Grade.PREDICTED)


def judge_all(
    controllers: Iterable[Controller],
    namespaces: Mapping[str, Namespace],
    refusals: Iterable[RefusedPods],
    git_version: str | None,
) -> dict[str, list[KeptOut | NotRetried]]:
    """What admission does to each controller that it does something to, by namespace, in the order read."""
    server = PolicyVersion.of_server(git_version) if git_version else None
    heard = tuple(refusals)
    judged: dict[str, list[KeptOut | NotRetried]] = {}
    for controller in controllers:
        came_to = judge(controller, namespaces.get(controller.namespace), heard, server)
        if came_to is not None:
            judged.setdefault(controller.namespace, []).append(came_to)
    return judged


def would_refuse(
    controller: Controller, level: Level, server: PolicyVersion | None, version: PolicyVersion = LATEST
) -> str | None:
    """What admission would say of the pods that a controller's template makes, or None where it lets them in.

    A template that cannot be read as a pod's is not judged: admission's words stand as they were heard. Privileged
    looks at no pod.
    """
    if level is Level.PRIVILEGED:
        return None
    try:
        return refusal(template(controller), level, version, server=server)
    except PodSpecError as error:
        return f"the pod template cannot be judged: {error}"


def template(controller: Controller) -> dict[str, object]:
    """A controller's pod template as plain JSON: `{"metadata": …, "spec": …}`."""
    decoded: dict[str, object] = msgspec.json.decode(controller.object.spec.template)
    return decoded if isinstance(decoded, dict) else {}
