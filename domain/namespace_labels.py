"""Which labels a namespace needs for the pods of its packs, by what packs declare and by what the runbook sets."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import msgspec

from domain.admission import lets_in
from domain.packs import PackLabels, resolve
from domain.pod_security import Level, PolicyVersion, policy_from_labels
from domain.verdict import Note, Undecided
from domain.workloads import Controller

ENFORCE = "pod-security.kubernetes.io/enforce"
ANY = "Namespace/*"
RESOLVED = "the values as Palette resolved them"
MODES = (ENFORCE, "pod-security.kubernetes.io/audit", "pod-security.kubernetes.io/warn")
PROMPT = "packcheck.dev/prompted"
"""The annotation on a controller's own metadata that makes it try again at once (facts/kubernetes.md)."""


class Wanted(msgspec.Struct, frozen=True):
    """What a namespace's packs declare, taken together: the widest enforce level, and every label that agrees.

    `by` are the packs that declare that level; `invalid` is what is wrong with a declaration itself, `unresolved` what
    leaves its level unknown.
    """

    namespace: str
    declared: tuple[PackLabels, ...]
    level: Level | None
    labels: dict[str, str]
    by: tuple[str, ...] = ()
    invalid: tuple[str, ...] = ()
    unresolved: tuple[str, ...] = ()
    remarks: tuple[str, ...] = ()

    @property
    def packs(self) -> str:
        """The packs' names for a sentence: `lb-metallb-helm, spegel`."""
        return ", ".join(dict.fromkeys(d.pack for d in self.declared))

    def lacking(self, labels: Mapping[str, str]) -> str:
        """What its own labels are and who declares which level: `a has no enforce label, and x declares privileged`."""
        has = f"has enforce={labels[ENFORCE]}" if ENFORCE in labels else "has no enforce label"
        declare = "declares" if len(self.by) == 1 else "declare"
        return f"{self.namespace} {has}, and {', '.join(self.by)} {declare} {self.level}"

    @property
    def said(self) -> Iterator[Undecided | Note]:
        """What leaves its level unknown, and what is for a person's eye."""
        yield from (Undecided(f"Namespace/{self.namespace}", why, RESOLVED) for why in self.unresolved)
        yield from (Note(f"Namespace/{self.namespace}", remark) for remark in self.remarks)

    @property
    def evidence(self) -> list[dict[str, Any]]:
        """What each pack declares and where that was read, as plain JSON."""
        return [{"pack": d.pack, "labels": d.labels, "read from": d.where} for d in self.declared]


def wanted(declared: Iterable[PackLabels], kubernetes_version: str | None) -> dict[str, Wanted]:
    """What is declared, by namespace in the order of names; templates are resolved with the server's version.

    What is declared for a namespace whose name cannot be resolved is left out: `somewhere` tells of it.
    """
    by_namespace: dict[str, list[PackLabels]] = {}
    for one in declared:
        namespace = resolve(one.namespace, kubernetes_version)
        if namespace is not None:
            by_namespace.setdefault(namespace, []).append(one)
    return {name: _together(name, by_namespace[name], kubernetes_version) for name in sorted(by_namespace)}


def somewhere(declared: Iterable[PackLabels], kubernetes_version: str | None) -> Iterator[Undecided | Note]:
    """What is declared for a namespace that only Palette can name; without a level it decides nothing."""
    for one in declared:
        if resolve(one.namespace, kubernetes_version) is None:
            said = f"{one.pack}: the template in the namespace {one.namespace} cannot be resolved from here"
            decides = ENFORCE in one.labels or one.problems
            yield Undecided(ANY, said, RESOLVED) if decides else Note(ANY, said)


def _together(namespace: str, declared: list[PackLabels], version: str | None) -> Wanted:
    invalid = [f"{one.pack}: {problem}" for one in declared for problem in one.problems]
    unresolved: list[str] = []
    remarks: list[str] = []
    levels: list[tuple[Level, str]] = []
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
                levels.append((Level(value), one.pack))
            else:
                invalid.append(f"{one.pack}: {key}={value} is no level; there are {', '.join(Level)}")
    remarks += [f"the packs contradict each other in {key}, so it is left as it is" for key in sorted(disputed)]
    different = {level for level, _ in levels}
    if len(different) > 1:
        remarks.append(f"the packs declare different levels ({', '.join(sorted(different))}): the widest admits all")
    kept = {key: value for key, value in labels.items() if key not in disputed}
    level = min(different, default=None)
    by = tuple(dict.fromkeys(pack for one, pack in levels if one is level))
    return Wanted(namespace, tuple(declared), level, kept, by, tuple(invalid), tuple(unresolved), tuple(remarks))


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


def by_hand(
    name: str, declared: Wanted | None, kept_out: Sequence[Controller], server: PolicyVersion | None, *, lacking: bool
) -> Iterator[str]:
    """What a person would type: the labels, what makes controllers try again, and what is to be mended elsewhere."""
    if kept_out or lacking:
        level = level_for(declared, kept_out, server)
        yield label_command(name, to_set(level, declared.labels if declared else {}))
    yield from map(prompt_command, kept_out)
    for wrong in declared.invalid if declared else ():
        yield f"# in the cluster profile, mend the declaration of {wrong}"
    yield f"kubectl get pods --namespace {name}"
