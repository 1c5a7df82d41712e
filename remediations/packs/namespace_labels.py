"""Label the namespace as its packs declare, so that admission lets its pods in, and make its controllers try again."""

from collections.abc import Iterable, Iterator
from datetime import datetime

import msgspec

from domain.admission import KeptOut, judge_all
from domain.facts import Fact
from domain.namespace_labels import (
    PROMPT,
    Wanted,
    label_command,
    level_for,
    lowest_level_for,
    prompt_command,
    prompt_value,
    suffices,
    to_set,
    wanted,
)
from domain.objects import Namespace
from domain.packs import PackLabels
from domain.palette import DURABLE
from domain.plan import DeleteObject, Edit, PatchObject, Plan, Prompt, Ref, Refusal, Rollback, Until, WaitFor, pointer
from domain.pod_security import Level, PolicyVersion, policy_from_labels, wider_admits
from domain.pods import Pod, Stuck, StuckOn, stuck
from domain.remedy import Ask, Remedy, Sends
from domain.resources import NAMESPACES, POD_CONTROLLERS, PODS
from domain.verdict import Finding, Note
from domain.workloads import Controller, RefusedPods

UNMANAGED = "delete-unmanaged-pods"
EXPLAINED = (StuckOn.CONTAINER, StuckOn.NOTHING_SAID)
"""What a missing label can explain of a pod that exists, as the runbook's example shows it."""

WAIT_S = 120.0


def label_namespace(
    findings: Iterable[Finding],
    ask: Ask,
    namespaces: Fact[Namespace],
    packs: Fact[PackLabels],
    workloads: Fact[Controller],
    refusals: Fact[RefusedPods],
    server_version: Fact[str],
    pods_there: Fact[Pod],
    now: datetime,
) -> Iterator[Plan | Refusal]:
    """Plan the labels, the deletion of stuck pods that they explain, and the prompting of controllers."""
    for here in _found(findings, namespaces, packs, workloads, refusals, server_version, pods_there):
        if isinstance(here, Unknown):
            yield ask.refusal(here.subject, here.reason)
        else:
            level = level_for(here.declared, [one.controller for one in here.kept_out], here.server)
            yield _plan(ask, here, level, now)


def label_lowest_level(
    findings: Iterable[Finding],
    ask: Ask,
    namespaces: Fact[Namespace],
    packs: Fact[PackLabels],
    workloads: Fact[Controller],
    refusals: Fact[RefusedPods],
    server_version: Fact[str],
    pods_there: Fact[Pod],
    now: datetime,
) -> Iterator[Plan | Refusal]:
    """Plan the same with the strictest level that admits every controller there, so that no more is let in."""
    for here in _found(findings, namespaces, packs, workloads, refusals, server_version, pods_there):
        unread = [u.reason for u in workloads.unread if isinstance(here, Here) and u.namespace in (here.name, None)]
        if isinstance(here, Unknown):
            yield ask.refusal(here.subject, here.reason)
        elif unread:
            yield ask.refusal(here.finding.subject, f"which level its controllers need is not known: {unread[0]}")
        else:
            labels = here.namespace.metadata.labels
            yield _plan(ask, here, lowest_level_for(here.declared, here.controllers, labels, here.server), now)


class Here(msgspec.Struct, frozen=True):
    """A namespace with a finding, and what was read of it."""

    finding: Finding
    namespace: Namespace
    declared: Wanted | None
    controllers: tuple[Controller, ...]
    kept_out: tuple[KeptOut, ...]
    pods: tuple[Pod, ...]
    server: PolicyVersion | None

    @property
    def name(self) -> str:
        """The namespace's name."""
        return self.namespace.metadata.name


class Unknown(msgspec.Struct, frozen=True):
    """A finding of whose namespace something was not read that a plan rests on."""

    subject: str
    reason: str


def _found(
    findings: Iterable[Finding],
    namespaces: Fact[Namespace],
    packs: Fact[PackLabels],
    workloads: Fact[Controller],
    refusals: Fact[RefusedPods],
    server_version: Fact[str],
    pods_there: Fact[Pod],
) -> Iterator[Here | Unknown]:
    there = {n.metadata.name: n for n in namespaces.items}
    declared = wanted(packs.items, server_version.first)
    judged = judge_all(workloads.items, there, refusals.items, server_version.first)
    server = PolicyVersion.of_server(server_version.first) if server_version.first else None
    for finding in findings:
        name = finding.subject.partition("/")[2]
        unread = [u.reason for u in pods_there.unread if u.namespace in (name, None)]
        if name not in there:
            yield Unknown(finding.subject, "the namespace could not be read, and is not changed unseen")
        elif unread:
            yield Unknown(finding.subject, f"its pods could not be read: {unread[0]}")
        else:
            yield Here(
                finding,
                there[name],
                declared.get(name),
                tuple(c for c in workloads.items if c.namespace == name),
                tuple(one for one in judged.get(name, []) if isinstance(one, KeptOut)),
                tuple(p for p in pods_there.items if p.metadata.namespace == name),
                server,
            )


def _plan(ask: Ask, here: Here, level: Level, now: datetime) -> Plan | Refusal:
    finding, namespace, declared, kept_out, pods = here.finding, here.namespace, here.declared, here.kept_out, here.pods
    label = _label(namespace, to_set(level, declared.labels if declared else {}))
    lacking = declared is not None and declared.level is not None and not suffices(namespace.metadata.labels, level)
    if declared and declared.invalid and not (level is Level.PRIVILEGED and (kept_out or lacking)):
        wrong = "; ".join(declared.invalid)
        return ask.refusal(finding.subject, f"labels do not clear it: mend the declaration in the profile ({wrong})")
    waiting = [one for one in (stuck(pod, now) for pod in pods) if one is not None]
    deleted = [one for one in waiting if _deletable(one, ask.allow)]
    changes = [
        label,
        *(_delete(one) for one in deleted),
        *(_prompt(one.controller) for one in kept_out),
        *(_wait(one.controller) for one in kept_out),
    ]
    return ask.plan(
        finding.subject, tuple(changes), tuple(_remarks(namespace, level, declared, kept_out, waiting, deleted))
    )


def _label(namespace: Namespace, labels: dict[str, str]) -> PatchObject:
    has = namespace.metadata.labels
    edits = tuple(
        Edit(pointer("metadata", "labels", key), has.get(key), value)
        for key, value in labels.items()
        if has.get(key) != value
    )
    name = namespace.metadata.name
    return PatchObject(
        ref=Ref(NAMESPACES, None, name, namespace.metadata.uid),
        edits=edits,
        reason="admission takes the level from these labels",
        command=label_command(name, labels),
        rollback=Rollback.KEEP_IF_DELETED,
    )


def _deletable(one: Stuck, allow: frozenset[str]) -> bool:
    return one.on in EXPLAINED and (one.pod.metadata.controller is not None or UNMANAGED in allow)


def _delete(one: Stuck) -> DeleteObject:
    meta = one.pod.metadata
    owner = meta.controller
    made_anew = f"{owner.kind}/{owner.name} makes another in its place" if owner else "nothing makes it anew"
    return DeleteObject(
        ref=Ref(PODS, meta.namespace, meta.name, meta.uid),
        reason=f"it is stuck under the old labels, and {made_anew}: {one.words or one.on}",
        command=f"kubectl delete pod {meta.name} --namespace {meta.namespace}",
        risk="" if owner else UNMANAGED,
        irreversible=f"a deleted pod cannot be brought back; {made_anew}",
    )


def _prompt(controller: Controller) -> Prompt:
    meta = controller.object.metadata
    value = prompt_value(controller)
    return Prompt(
        ref=Ref(controller.resource, meta.namespace, meta.name, meta.uid),
        edits=(Edit(pointer("metadata", "annotations", PROMPT), meta.annotations.get(PROMPT), value),),
        reason="it was refused and backs off; a change of its own metadata makes it try at once, without a rollout",
        command=prompt_command(controller),
    )


def _wait(controller: Controller) -> WaitFor:
    meta, missing = controller.object.metadata, controller.missing
    return WaitFor(
        ref=Ref(controller.resource, meta.namespace, meta.name, meta.uid),
        until=Until.PODS_CREATED,
        timeout_s=WAIT_S,
        reason=f"{missing} {'pod is' if missing == 1 else 'pods are'} missing",
        command=f"kubectl get {controller.kind.lower()} {meta.name} --namespace {meta.namespace} --watch",
    )


def _remarks(
    namespace: Namespace,
    level: Level,
    declared: Wanted | None,
    kept_out: tuple[KeptOut, ...],
    waiting: list[Stuck],
    deleted: list[Stuck],
) -> Iterator[str]:
    name = namespace.metadata.name
    if declared and declared.level is not None and level < declared.level:
        who = ", ".join(str(one.controller) for one in kept_out)
        yield f"the packs declare {declared.level}, which does not admit {who}: {level} is set instead"
    before = policy_from_labels(namespace.metadata.labels).enforce.level
    known = f"enforce={before}" if before else "the cluster's default (not readable; Palette's is baseline)"
    admits = wider_admits(before or Level.BASELINE, level)
    if admits:
        yield f"from {known} to enforce={level}, {name} then admits from anyone besides: {'; '.join(admits)}"
    for one in waiting:
        if one not in deleted and one.on in EXPLAINED:
            yield f"{one}; no controller makes it anew, so it is left (--allow={UNMANAGED} deletes it)"
        elif one not in deleted:
            yield f"{one}: left, for that is not what the labels explain"
    yield from declared.remarks if declared else ()
    yield DURABLE


def afterwards(findings: Iterable[Finding], pods_there: Fact[Pod], now: datetime) -> Iterator[Note]:
    """Say which pods are not Running and Ready though admission lets them in, with their own reason."""
    for finding in findings:
        name = finding.subject.partition("/")[2]
        for pod in (p for p in pods_there.items if p.metadata.namespace == name and not p.ready):
            one = stuck(pod, now)
            yield Note(finding.subject, str(one) if one else f"Pod/{name}/{pod.metadata.name} is starting")
        yield Note(finding.subject, DURABLE)


_SENDS = (
    Sends(NAMESPACES, ("patch",)),
    Sends(PODS, ("delete",)),
    *(Sends(resource, ("patch",)) for resource in POD_CONTROLLERS),
)
REMEDIES = (
    Remedy(
        id="label-namespace",
        title="set the labels that the packs declare (else the runbook's three); make blocked controllers try again",
        undo="the labels and annotations from before are set again; deleted pods stay deleted",
        plan=label_namespace,
        afterwards=afterwards,
        sends=_SENDS,
    ),
    Remedy(
        id="label-lowest-level",
        title="set the strictest level that admits every controller there (no stricter than declared); the same else",
        undo="the labels and annotations from before are set again; deleted pods stay deleted",
        plan=label_lowest_level,
        afterwards=afterwards,
        sends=_SENDS,
    ),
)
