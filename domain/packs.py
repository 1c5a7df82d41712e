"""What a pack declares of its namespaces: the `pack:` block's namespaceLabels, as Palette means it.

A map from namespace to ONE comma-joined string of labels (facts/palette.md). Values are templates of Palette's:
`{{ … }}` is kept as text, and only the one form that the published packs use is resolved.
"""

import re
from collections.abc import Iterator
from typing import Any

import msgspec
import yaml

TEMPLATE = re.compile(r"\{\{.*?\}\}", re.DOTALL)
KUBERNETES_VERSION = re.compile(
    r"\{\{-?\s*\.spectro\.system\.kubernetes\.version\s*(?:\|\s*substr\s+(\d+)\s+(\d+)\s*)?-?\}\}"
)
_VALUES = re.compile(r"^(?:pack|charts|manifests)\s*:", re.MULTILINE)
_PLACEHOLDER = re.compile(r"packcheck-template-(\d+)")
MAX_VALUES = 4_000_000
"""Characters of pack values that are looked at; etcd holds no object of more than about 1.5 MB."""


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
    """Every string below `spec` that has the roots of pack values, with its path: `(".spec.values", "pack: …")`."""
    if isinstance(spec, str):
        if _VALUES.search(spec):
            yield path, spec
    elif isinstance(spec, dict):
        for key, value in spec.items():
            yield from values_in(value, f"{path}.{key}")
    elif isinstance(spec, list):
        for index, value in enumerate(spec):
            yield from values_in(value, f"{path}[{index}]")


def namespace_labels(values: str, pack: str, where: str) -> Iterator[PackLabels]:
    """What pack values declare, a record for each namespace; raises PackValuesError where they cannot be read."""
    document, templates = _load(values)
    block = document.get("pack") if isinstance(document, dict) else None
    declared = block.get("namespaceLabels") if isinstance(block, dict) else None
    if declared is None:
        return
    if not isinstance(declared, dict):
        raise PackValuesError(f"pack.namespaceLabels is a {_kind(declared)}, not a map from namespace to labels")
    for namespace, text in declared.items():
        name = _restore(str(namespace), templates)
        if isinstance(text, str):
            labels, problems = _labels(_restore(text, templates))
            yield PackLabels(pack, name, labels, where, problems)
        else:
            problem = f"the labels are a {_kind(text)}, and one comma-joined string belongs there"
            yield PackLabels(pack, name, {}, where, (problem,))


def resolve(text: str, kubernetes_version: str | None) -> str | None:
    """Put the server's version (`v1.36.1`) into a templated value; None where a template cannot be resolved."""
    if kubernetes_version is not None:
        plain = kubernetes_version.removeprefix("v").partition("+")[0].partition("-")[0]
        text = KUBERNETES_VERSION.sub(lambda m: plain[int(m[1]) : int(m[2])] if m[1] else plain, text)
    return None if "{{" in text else text


def _load(values: str) -> tuple[Any, list[str]]:
    if len(values) > MAX_VALUES:
        raise PackValuesError(f"the values are larger than {MAX_VALUES} characters")
    templates: list[str] = []

    def hold(match: re.Match[str]) -> str:
        templates.append(match[0])
        return f"packcheck-template-{len(templates) - 1}"

    try:
        return yaml.load(TEMPLATE.sub(hold, values), Loader=_Loader), templates  # noqa: S506  it is one of the safe ones
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        at = f" at line {mark.line + 1}" if mark else ""
        raise PackValuesError(
            f"the values are no YAML: {getattr(error, 'problem', None) or 'unreadable'}{at}"
        ) from None
    except (ValueError, LookupError, AttributeError, RecursionError) as error:  # e.g. of `!!bool x`, `!!int ""`
        raise PackValuesError(f"the values are no YAML that can be read: {type(error).__name__}") from None


_SafeLoader: type[Any] = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class _Loader(_SafeLoader):  # type: ignore[misc]
    """Takes a plain `=` for the text that it is elsewhere: PyYAML reads YAML 1.1's `value` from it, and stops there."""


_Loader.add_constructor("tag:yaml.org,2002:value", lambda loader, node: loader.construct_scalar(node))


def _restore(text: str, templates: list[str]) -> str:
    return _PLACEHOLDER.sub(lambda m: templates[int(m[1])] if int(m[1]) < len(templates) else m[0], text)


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
        else:
            labels[key.strip()] = value.strip()
    return labels, tuple(problems)


def _kind(value: Any) -> str:
    names = {dict: "map", list: "list", bool: "boolean", int: "number", float: "number", type(None): "null"}
    return names.get(type(value), type(value).__name__)
