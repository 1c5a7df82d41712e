"""What a pack declares of its namespaces: the `pack:` block's namespaceLabels, as Palette means it.

A map from namespace to ONE comma-joined string of labels (facts/palette.md). Values are templates of Palette's:
`{{ … }}` is kept as text, and only the one form that the published packs use is resolved.
"""

import re
from collections.abc import Callable, Iterator
from typing import Any, Final

import msgspec

from domain.artifacts import Layer, Node, NotYaml, holds_values, read_document

DECLARED: Final = {"pack": {"namespaceLabels": None}}
"""What of a pack's values is read."""

KUBERNETES_VERSION = re.compile(
    r"\{\{-?\s*\.spectro\.system\.kubernetes\.version\s*(?:\|\s*substr\s+(\d+)\s+(\d+)\s*)?-?\}\}"
)

_POD_SECURITY: Final = "pod-security.kubernetes.io"
_NAME = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9_.-]{0,61}[A-Za-z0-9])?")
_PREFIX = re.compile(r"(?=.{1,253}$)[a-z0-9](?:[a-z0-9-]*[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]*[a-z0-9])?)*")
"""What the API server takes for a label: a key's name, which is what a value is too, and what is before its slash."""

NO_STRING: Final = "one comma-joined string belongs there"


class PackLabels(msgspec.Struct, frozen=True):
    """The labels that one pack declares for one namespace; `problems` are what keeps a declaration from its meaning."""

    pack: str
    namespace: str
    labels: dict[str, str]
    where: str
    problems: tuple[str, ...] = ()


class PackValuesError(ValueError):
    """Pack values that cannot be read; the text says why, and never what they hold."""


class Pack(msgspec.Struct, frozen=True, kw_only=True):
    """A pack's custom resource. Where in `.spec` its values lie is not public, so it is searched for them."""

    metadata: "PackMeta"
    spec: dict[str, Any] = {}


class PackMeta(msgspec.Struct, frozen=True):
    """The name of a pack's custom resource."""

    name: str
    namespace: str = ""


def values_in(spec: Any, path: str = ".spec") -> Iterator[tuple[str, str]]:
    """Every text below `spec` that has the roots of pack values, with its path: `(".spec.values", "pack: …")`.

    The roots may be quoted, all of it indented, or in braces; values that are a map already are given as JSON.
    """
    if isinstance(spec, str):
        if holds_values(spec):
            yield path, spec
    elif isinstance(spec, dict) and isinstance(spec.get("pack"), dict):
        yield path, msgspec.json.encode(spec).decode()
    elif isinstance(spec, dict):
        for key, value in spec.items():
            yield from values_in(value, f"{path}.{key}")
    elif isinstance(spec, list):
        for index, value in enumerate(spec):
            yield from values_in(value, f"{path}[{index}]")


def namespace_labels(values: str, pack: str, where: str) -> Iterator[PackLabels]:
    """What pack values declare, a record for each namespace; raises PackValuesError where they cannot be read."""
    try:
        document = read_document(values, DECLARED)
    except NotYaml as error:
        reason = error.reason.removeprefix("it is no YAML: ")
        raise PackValuesError(f"the values are no YAML: {reason} at line {error.line}") from None
    if document is not None:
        yield from declared_labels(document, pack, lambda _: where)


def declared_labels(values: Node, pack: str, where: Callable[[Node], str]) -> Iterator[PackLabels]:
    """What pack values declare, a record for each namespace; raises PackValuesError where they cannot be meant."""
    declared = values.at("pack", "namespaceLabels")
    if declared is None or declared.value is None:
        return
    if not isinstance(declared.value, dict):
        raise PackValuesError(f"pack.namespaceLabels is {declared.kind}, not a map from namespace to labels")
    for namespace, node in declared.value.items():
        if isinstance(node.value, str):
            labels, problems = _labels(node.value)
        else:
            labels, problems = {}, (f"the labels are {node.kind}, and {NO_STRING}",)
        yield PackLabels(pack, namespace, labels, where(node), problems)


def labels_of_layer(layer: Layer) -> Iterator[PackLabels]:
    """What a pack in a file declares, each with its place `path:line`; raises PackValuesError likewise."""
    return declared_labels(layer.values, layer.pack, lambda node: str(layer.place_of(node)))


def resolve(text: str, kubernetes_version: str | None) -> str | None:
    """Put the server's version (`v1.36.1`) into a templated value; None where a template cannot be resolved."""
    if kubernetes_version is not None:
        plain = kubernetes_version.removeprefix("v").partition("+")[0].partition("-")[0]
        text = KUBERNETES_VERSION.sub(lambda m: plain[int(m[1]) : int(m[2])] if m[1] else plain, text)
    return None if "{{" in text else text


def _labels(text: str) -> tuple[dict[str, str], tuple[str, ...]]:
    labels: dict[str, str] = {}
    problems = []
    for part in (part.strip() for part in text.split(",")):
        key, equals, value = part.partition("=")
        if not part:
            continue
        if not equals or not key.strip():
            problems.append(f"{part!r} is not key=value")
        elif labels.get(key.strip(), value.strip()) != value.strip():
            problems.append(f"{key.strip()} is declared twice with different values")
        elif fault := _fault(key.strip(), value.strip()):
            problems.append(f"{fault}, and the API server refuses it")
        else:
            labels[key.strip()] = value.strip()
    return labels, tuple(problems)


def _fault(key: str, value: str) -> str:
    """Why a label is none of Kubernetes'; nothing where it is one, or where a template hides it.

    A level that is none is left to those who know the levels.
    """
    prefix, slash, name = key.rpartition("/")
    if "{{" not in key and not (_NAME.fullmatch(name) and (not slash or _PREFIX.fullmatch(prefix))):
        return f"{key!r} is no key of a label"
    if value and "{{" not in value and prefix != _POD_SECURITY and not _NAME.fullmatch(value):
        return f"{value!r} is no value of a label ({key})"
    return ""
