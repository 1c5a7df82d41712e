"""Which labels a namespace needs for the pods of its packs, by what packs declare and by what the runbook sets."""

from collections.abc import Iterable, Mapping
from typing import Any

import msgspec

from domain.admission import lets_in
from domain.packs import PackLabels, resolve
from domain.pod_security import Level, PolicyVersion, policy_from_labels
from domain.workloads import Controller

ENFORCE = "pod-security.kubernetes.io/enforce"
MODES = (ENFORCE, "pod-security.kubernetes.io/audit", "pod-security.kubernetes.io/warn")
PROMPT = "packcheck.dev/prompted"
"""The annotation on a controller's own metadata that makes it try again at once (facts/kubernetes.md)."""


class Wanted(msgspec.Struct, frozen=True):
    """What a namespace's packs declare, taken together: the widest enforce level, and every label that agrees.

    `invalid` is what is wrong with a declaration itself, `unresolved` what leaves its level unknown.
    """

    namespace: str
    declared: tuple[PackLabels, ...]
    level: Level | None
    labels: dict[str, str]
    invalid: tuple[str, ...] = ()
    unresolved: tuple[str, ...] = ()
    remarks: tuple[str, ...] = ()

    @property
    def packs(self) -> str:
        """The packs' names for a sentence: `lb-metallb-helm, spegel`."""
        return ", ".join(dict.fromkeys(d.pack for d in self.declared))

    @property
    def evidence(self) -> list[dict[str, Any]]:
        """What each pack declares and where that was read, as plain JSON."""
        return [{"pack": d.pack, "labels": d.labels, "read from": d.where} for d in self.declared]


def wanted(declared: Iterable[PackLabels], kubernetes_version: str | None) -> dict[str, Wanted]:
    """What is declared, by namespace in the order of names; templates are resolved with the server's version."""
    by_namespace: dict[str, list[PackLabels]] = {}
    for one in declared:
        by_namespace.setdefault(one.namespace, []).append(one)
    return {name: _together(name, by_namespace[name], kubernetes_version) for name in sorted(by_namespace)}


def _together(namespace: str, declared: list[PackLabels], version: str | None) -> Wanted:
    invalid = [f"{one.pack}: {problem}" for one in declared for problem in one.problems]
    unresolved: list[str] = []
    remarks: list[str] = []
    levels: list[Level] = []
    labels: dict[str, str] = {}
    disputed: set[str] = set()
    for one in declared:
        for key, text in one.labels.items():
            value = resolve(text, version)
            if value is None:
                left_out = f"{one.pack}: the template in {key}={text} cannot be resolved from here"
                (unresolved if key == ENFORCE else remarks).append(left_out)
            elif key != ENFORCE:
                wrong = policy_from_labels({key: value}).errors
                invalid += [f"{one.pack}: {error}" for error in wrong]
                if not wrong and labels.setdefault(key, value) != value:
                    disputed.add(key)
            elif value in list(Level):
                levels.append(Level(value))
            else:
                invalid.append(f"{one.pack}: {key}={value} is no level; there are {', '.join(Level)}")
    remarks += [f"the packs contradict each other in {key}, so it is left as it is" for key in sorted(disputed)]
    if len(set(levels)) > 1:
        remarks.append(f"the packs declare different levels ({', '.join(sorted(set(levels)))}): the widest admits all")
    kept = {key: value for key, value in labels.items() if key not in disputed}
    level = min(levels, default=None)
    return Wanted(namespace, tuple(declared), level, kept, tuple(invalid), tuple(unresolved), tuple(remarks))


def suffices(labels: Mapping[str, str], level: Level) -> bool:
    """Whether a namespace's own labels admit what `level` admits; only enforce decides, and absence proves nothing."""
    enforced = policy_from_labels(labels).enforce.level
    return enforced is not None and enforced <= level


def level_for(declared: Wanted | None, kept_out: Iterable[Controller], server: PolicyVersion | None) -> Level:
    """The level that the packs declare, where it admits every pod that is kept out; else the runbook's, privileged."""
    if declared is None or declared.level is None:
        return Level.PRIVILEGED
    version = policy_from_labels(declared.labels).enforce.version
    fits = all(lets_in(controller, declared.level, server, version) for controller in kept_out)
    return declared.level if fits else Level.PRIVILEGED


def lowest_level_for(
    declared: Wanted | None, there: Iterable[Controller], labels: Mapping[str, str], server: PolicyVersion | None
) -> Level:
    """The strictest level that admits the pods of every controller there, and is not stricter than what is declared.

    A template that cannot be judged is not known to be admitted by less than privileged. The version is the one that
    the packs declare, else the namespace's own.
    """
    version = policy_from_labels({**labels, **(declared.labels if declared else {})}).enforce.version
    controllers = tuple(there)
    fits = (
        level
        for level in sorted(Level, reverse=True)
        if all(lets_in(controller, level, server, version) for controller in controllers)
    )
    lowest = next(fits, Level.PRIVILEGED)
    return lowest if declared is None or declared.level is None else min(lowest, declared.level)


def to_set(level: Level, labels: Mapping[str, str]) -> dict[str, str]:
    """The labels that the remedy sets: the runbook's three at `level`, with what the packs declare besides.

    The packs declare no audit or warn; the runbook's command sets all three (facts/palette.md).
    """
    return {**dict.fromkeys(MODES, str(level)), **labels, ENFORCE: str(level)}


def label_command(namespace: str, labels: Mapping[str, str]) -> str:
    """The runbook's command with these labels."""
    return " ".join(["kubectl label namespace", namespace, *(f"{k}={v}" for k, v in labels.items()), "--overwrite"])


def prompt_value(controller: Controller) -> str:
    """A value that this controller's annotation cannot have had, so that setting it is a change."""
    return f"at-{controller.object.metadata.resource_version}"


def prompt_command(controller: Controller) -> str:
    """The command that makes a controller try again without replacing its healthy pods."""
    kind, where = controller.kind.lower(), f"--namespace {controller.namespace}"
    return f"kubectl annotate {kind} {controller.name} {where} {PROMPT}={prompt_value(controller)} --overwrite"
