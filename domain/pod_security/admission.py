"""What admission says of a pod at a level and version, so that it can be known before anything is labelled."""

from collections.abc import Iterable, Mapping
from typing import Any, Final

from domain.pod_security.confinement_controls import CONFINEMENT_CONTROLS
from domain.pod_security.control import Control, Rule, Violation
from domain.pod_security.host_controls import HOST_CONTROLS
from domain.pod_security.levels import LATEST, Level, PolicyVersion
from domain.pod_security.pod import read_pod
from domain.pod_security.restricted_controls import RESTRICTED_CONTROLS

CONTROLS: Final = tuple(
    sorted((*HOST_CONTROLS, *CONFINEMENT_CONTROLS, *RESTRICTED_CONTROLS), key=lambda c: (c.level.strictness, c.id))
)
"""Every control in the order in which admission names them: baseline's first, then restricted's, each by id."""

NEWEST: Final = max(revision.since for control in CONTROLS for revision in control.revisions)
"""The newest version of the standards known here; `latest` is judged by it where no server's version is given."""


def controls_in_force(
    level: Level, version: PolicyVersion, server: PolicyVersion | None = None
) -> list[tuple[Control, Rule]]:
    """List the controls of a level at a version, with the rule of each, in admission's order.

    A control of restricted may take the place of one of baseline (policy/registry.go, populate).
    """
    judged = version.judged_by(server)
    revisions = [(control, control.at(judged)) for control in CONTROLS if control.level <= level]
    current = [(control, revision) for control, revision in revisions if revision is not None]
    overridden = {each for _, revision in current for each in revision.overrides}
    return [(control, revision.rule) for control, revision in current if control.id not in overridden]


def violations(
    pod: Mapping[str, Any], level: Level, version: PolicyVersion = LATEST, *, server: PolicyVersion | None = None
) -> list[Violation]:
    """List the controls that a pod or a pod template violates, in admission's order and words.

    `pod` is plain JSON: `{"metadata": {"annotations": …}, "spec": …}`. `server` is the API server's version
    (`PolicyVersion.of_server`): without it `latest` means the newest known here. The words are those of servers from
    1.30 on; older ones know fewer fields. Raises PodSpecError, naming the field, for a pod that the API could not read.
    """
    judged = read_pod(pod)
    verdicts = [(control.id, rule(judged)) for control, rule in controls_in_force(level, version, server)]
    return [Violation(control, said.reason, said.detail) for control, said in verdicts if said is not None]


def refusal(
    pod: Mapping[str, Any], level: Level, version: PolicyVersion = LATEST, *, server: PolicyVersion | None = None
) -> str | None:
    """Give admission's whole sentence (`violates PodSecurity "baseline:latest": …`), or None where it admits the pod.

    Raises PodSpecError as `violations` does.
    """
    found = violations(pod, level, version, server=server)
    return f'violates PodSecurity "{level}:{version}": {", ".join(map(str, found))}' if found else None


def lowest_level(
    pods: Iterable[Mapping[str, Any]], version: PolicyVersion = LATEST, *, server: PolicyVersion | None = None
) -> Level:
    """Find the least privileged level that admits every one of the pods; without any, restricted.

    Raises PodSpecError as `violations` does.
    """
    needed = Level.RESTRICTED
    for pod in pods:
        while violations(pod, needed, version, server=server):
            needed = Level.BASELINE if needed is Level.RESTRICTED else Level.PRIVILEGED
    return needed


def wider_admits(
    narrow: Level, wide: Level, version: PolicyVersion = LATEST, *, server: PolicyVersion | None = None
) -> list[str]:
    """Say what a namespace moved from one level to another admits additionally, a noun phrase each.

    Nothing where the other level is the same or stricter.
    """
    judged = version.judged_by(server)
    return [
        control.admitted_without
        for control in CONTROLS
        if wide < control.level <= narrow and control.at(judged) is not None
    ]


def admits(level: Level, version: PolicyVersion = LATEST, *, server: PolicyVersion | None = None) -> list[str]:
    """Say what a level admits that restricted would not, a noun phrase each."""
    return wider_admits(Level.RESTRICTED, level, version, server=server)
