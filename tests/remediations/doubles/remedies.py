"""A plugin that puts a double in the place of a scenario's remedy: one that does not help, or that does harm.

REMEDY names it. No real remedy could show what becomes of one that fails. The change itself is real, and so is all that
follows from it.
"""

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from domain.facts import Fact
from domain.objects import Namespace
from domain.plan import DeleteObject, Edit, PatchObject, Plan, Ref, Refusal, Rollback, pointer
from domain.pods import Pod
from domain.remedy import Ask, Remedy
from domain.resources import NAMESPACES, PODS
from domain.run import TargetKind
from domain.verdict import Finding, Note
from remediations.packs.upgrade_pod import delete_upgrade_pod

ENFORCE = pointer("metadata", "labels", "pod-security.kubernetes.io/enforce")
WRONG = pointer("metadata", "labels", "example.com/wrong")
TRIED = pointer("metadata", "annotations", "example.com/tried")
STANDBY = "standby"
"""A namespace that is as its pack declares it, until the harmful remedy touches it."""


def patch(namespace: Namespace, path: str, after: str, rule: Rollback = Rollback.TAKE_BACK) -> PatchObject:
    kind, key = path.split("/")[2:]
    before = getattr(namespace.metadata, kind).get(key.replace("~1", "/"))
    return PatchObject(
        ref=Ref(NAMESPACES, None, namespace.metadata.name, namespace.metadata.uid),
        edits=(Edit(path, before, after),),
        reason="a double",
        command="none",
        rollback=rule,
    )


def delete(pod: Pod) -> DeleteObject:
    meta = pod.metadata
    ref = Ref(PODS, meta.namespace, meta.name, meta.uid)
    return DeleteObject(ref=ref, reason="a double", command="none", irreversible="it is a double")


def useless(
    findings: tuple[Finding, ...], ask: Ask, namespaces: Fact[Namespace], pods_there: Fact[Pod]
) -> Iterator[Plan]:
    """Change what does not matter; with a pod that it deletes, what a later rule has to keep."""
    there = {f"Namespace/{n.metadata.name}": n for n in namespaces.items}
    for finding in findings:
        namespace = there[finding.subject]
        yield ask.plan(
            finding.subject,
            (
                patch(namespace, TRIED, "yes"),
                patch(namespace, WRONG, "yes", Rollback.KEEP_IF_DELETED),
                *(delete(pod) for pod in pods_there.items),
            ),
        )


def harmful(findings: tuple[Finding, ...], ask: Ask, namespaces: Fact[Namespace], upgrade_pod: Any) -> Iterator[Plan]:
    """Clear the finding, and break another namespace by it."""
    (standby,) = (n for n in namespaces.items if n.metadata.name == STANDBY)
    (pod,) = upgrade_pod.pod.items
    for finding in findings:
        yield ask.plan(finding.subject, (patch(standby, ENFORCE, "restricted"), delete(pod)))


def speechless(findings: tuple[Finding, ...]) -> Iterator[Note]:
    """Break once everything is done."""
    raise LookupError(f"nothing to say of {findings[0].subject}")
    yield  # type: ignore[unreachable]  # it makes this a generator


def broken(findings: tuple[Finding, ...], ask: Ask) -> Iterator[Plan | Refusal]:
    """Break while planning, after the first plan."""
    yield ask.refusal(findings[0].subject, "never seen")
    raise LookupError("the remedy's own mistake")


class Double(NamedTuple):
    """A remedy's double, by the stem of the check that it stands beside; "speechless" plans as the real one does."""

    stem: str
    plan: Callable[..., Iterator[Any]]
    afterwards: Callable[..., Iterator[Note]] | None = None
    acts_on: tuple[TargetKind, ...] = (TargetKind.CLUSTER,)


REMEDIES = {
    "useless": Double("check_namespace_labels", useless),
    "harmful": Double("check_upgrade_pod", harmful),
    "broken": Double("check_namespace_labels", broken),
    "elsewhere": Double("check_namespace_labels", useless, acts_on=(TargetKind.ARTIFACTS,)),
    "speechless": Double("check_upgrade_pod", delete_upgrade_pod, speechless),
}


def pytest_configure() -> None:
    from remediations import remedies  # noqa: PLC0415  plugins of the run itself must be rewritten first

    given = REMEDIES[os.environ["REMEDY"]]
    of_check = remedies.of_check
    double = Remedy(
        id="double", title="a double", undo="none", plan=given.plan, afterwards=given.afterwards, acts_on=given.acts_on
    )

    def doubled(path: Path) -> tuple[Remedy, ...]:
        return (double,) if path.stem == given.stem else of_check(path)

    pytest.MonkeyPatch().setattr(remedies, "of_check", doubled)
