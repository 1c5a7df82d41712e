"""The roles that a selection needs, made from the reads that its facts declare and the writes that its remedies do."""

from collections.abc import Iterable
from typing import Any

import msgspec
import pytest
import yaml

from domain.remedy import Remedy, Sends
from domain.resources import LEASES, NAMESPACES, Resource
from fixtures.facts import Reads, reads_of
from remediations.planning import facts_of

NAME = "packcheck"
LOCK = ("get", "create", "patch", "delete")
ENGINE = ("get", "watch")
"""What the executor needs of whatever a remedy sends to: it looks before each write, and watches what it waits for."""


_Rules = dict[tuple[str, str, tuple[str, ...]], dict[str, None]]
_ByNamespace = dict[str | None, _Rules]


class Rule(msgspec.Struct, frozen=True):
    """A right: verbs on a resource, in one namespace or (None) in all, on these names or (none) on all."""

    resource: Resource
    verbs: tuple[str, ...]
    namespace: str | None = None
    names: tuple[str, ...] = ()
    why: str = ""
    where: str = ""


def rules_of(reads: Iterable[Reads], sends: Iterable[Sends]) -> list[Rule]:
    """What is read and what is sent, as rules."""
    return [
        *(Rule(r.resource, r.verbs, r.namespace, r.names, r.why) for r in reads),
        *(Rule(s.resource, (*s.verbs, *ENGINE), s.namespace, s.names, where=s.where) for s in sends),
    ]


def reads_of_item(item: pytest.Item) -> tuple[Reads, ...]:
    """What the facts that an item asks for declare to read."""
    definitions: dict[str, Any] = item._fixtureinfo.name2fixturedefs  # type: ignore[attr-defined]  # noqa: SLF001
    return tuple(read for definition in definitions.values() for read in reads_of(definition[-1].func))


def reads_of_names(names: Iterable[str], plugins: Iterable[object]) -> tuple[Reads, ...]:
    """What facts that are fixtures of these plugins declare to read."""
    there = list(plugins)
    return tuple(read for name in names for plugin in there for read in reads_of(getattr(plugin, name, None)))


def rules_of_remedy(remedy: Remedy, plugins: Iterable[object], lease_namespace: str) -> list[Rule]:
    """What a remedy needs besides the check: its own facts, its writes, the lock, and to tell which cluster it is."""
    reads = reads_of_names(facts_of(remedy), plugins)
    return [
        *rules_of(reads, remedy.sends),
        Rule(NAMESPACES, ("get",), names=("kube-system",)),
        Rule(LEASES, LOCK, namespace=lease_namespace),
    ]


def manifests(rules: Iterable[Rule]) -> str:
    """The ClusterRole, and a Role for each namespace, as YAML; what no verdict rests on stands in comments.

    So does what some clusters alone need: applying a Role fails where its namespace is not there.
    """
    demanded: _ByNamespace = {}
    elsewhere: dict[str, _ByNamespace] = {}
    offered: dict[tuple[str, str], str] = {}
    for rule in rules:
        key = (rule.resource.group, rule.resource.plural, rule.names)
        if rule.why:
            offered[yaml.safe_dump([_rule(key, rule.verbs)], sort_keys=False), rule.namespace or ""] = rule.why
            continue
        own = elsewhere.setdefault(rule.where, {}) if rule.where else demanded
        verbs = own.setdefault(rule.namespace, {}).setdefault(key, {})
        verbs.update(dict.fromkeys(rule.verbs))
    documents = [_role(namespace, demanded[namespace]) for namespace in sorted(demanded, key=lambda n: n or "")]
    text = yaml.safe_dump_all(documents, sort_keys=False, explicit_start=True)
    text += "".join(_elsewhere(where, own) for where, own in sorted(elsewhere.items()))
    return text + "".join(_comment(*where, why) for where, why in sorted(offered.items()))


def _elsewhere(where: str, rules: _ByNamespace) -> str:
    """What is needed in some clusters alone, in comments that can be taken away."""
    documents = [_role(namespace, own) for namespace, own in sorted(rules.items(), key=lambda one: one[0] or "")]
    text = yaml.safe_dump_all(documents, sort_keys=False, explicit_start=True)
    return f"# {where}, this as well:\n" + "".join(f"# {line}\n" for line in text.splitlines())


def _role(namespace: str | None, rules: _Rules) -> dict[str, Any]:
    metadata = {"name": NAME} | ({"namespace": namespace} if namespace else {})
    return {
        "apiVersion": "rbac.authorization.k8s.io/v1",
        "kind": "Role" if namespace else "ClusterRole",
        "metadata": metadata,
        "rules": [_rule(key, tuple(verbs)) for key, verbs in sorted(rules.items())],
    }


def _rule(key: tuple[str, str, tuple[str, ...]], verbs: Iterable[str]) -> dict[str, Any]:
    group, plural, names = key
    rule: dict[str, Any] = {"apiGroups": [group], "resources": [plural], "verbs": list(verbs)}
    return rule | ({"resourceNames": list(names)} if names else {})


def _comment(rule: str, namespace: str, why: str) -> str:
    lines = "".join(f"#   {line}\n" for line in rule.splitlines())
    role = f"the Role in {namespace}" if namespace else "the ClusterRole"
    return f"# optional, no verdict rests on it ({why}); a rule of {role}:\n{lines}"
