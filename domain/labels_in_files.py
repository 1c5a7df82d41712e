"""What is wrong with the namespaceLabels of pack values before they are deployed: each place, and what to write there.

A map from namespace to ONE comma-joined string; a list there makes Palette's own tooling panic (facts/palette.md).
"""

from collections.abc import Iterator
from itertools import groupby
from typing import Any, Final

import msgspec

from domain.artifacts import ArtifactsRead, Layer, Node, Place
from domain.facts import undecided
from domain.namespace_labels import ENFORCE, RESOLVED
from domain.packs import NO_STRING, PackLabels, PackValuesError, labels_of_layer, resolve
from domain.pod_security import Level, policy_from_labels
from domain.verdict import Finding, Grade, NotApplicable, Note, Statement, Undecided

ANY_VERSION: Final = "v1.30.0"
"""Stands for the server's version where only the form of a value is judged."""

PANICS: Final = "Palette's own tooling panics on it"


class Declared(msgspec.Struct, frozen=True):
    """A declaration at its place in a file."""

    layer: Layer
    place: Place
    labels: PackLabels


class Wrong(msgspec.Struct, frozen=True):
    """One thing that is wrong at a place, and the lines to write there."""

    place: Place
    what: str
    pack: str
    namespace: str = ""
    write: tuple[str, ...] = ()


def judge_files(artifacts: ArtifactsRead, source: str) -> Iterator[Statement]:
    """Judge the packs of files alone: what could not be read of them, and what their declarations come to."""
    yield from undecided(artifacts.of_packs.unread)
    yield from judge_declarations(artifacts, source)
    if not any(artifacts.of_packs.layers) and not artifacts.of_packs.unread:
        yield NotApplicable("no values of packs are among the files")


def judge_declarations(artifacts: ArtifactsRead, source: str) -> Iterator[Statement]:
    """Yield a finding for each place whose declaration cannot mean what it says, or contradicts another pack's."""
    wrong: list[Wrong] = []
    declared: list[Declared] = []
    for layer in artifacts.of_packs.layers:
        node = layer.values.at("pack", "namespaceLabels")
        if node is None:
            continue
        try:
            declared += [Declared(layer, Place(layer.place.path, line), one) for line, one in _with_lines(layer)]
        except PackValuesError as error:
            wrong.append(Wrong(layer.place_of(node), f"{error}; {PANICS}", layer.pack, write=_example(layer)))
    for one in declared:
        wrong += _of_one(one)
        yield from _open(one)
    wrong += _contradictions(declared)
    for place, those in groupby(sorted(wrong, key=lambda w: w.place), key=lambda w: w.place):
        yield _finding(place, list(those), source)


def _with_lines(layer: Layer) -> list[tuple[int, PackLabels]]:
    """A layer's declarations with their lines; raises PackValuesError."""
    return [(int(one.where.rpartition(":")[2]), one) for one in labels_of_layer(layer)]


def _of_one(one: Declared) -> Iterator[Wrong]:
    """What is wrong with one namespace's labels by themselves, with the one line that mends all of it."""
    labels, pack, namespace = one.labels.labels, one.labels.pack, one.labels.namespace
    resolved = {key: resolve(value, ANY_VERSION) for key, value in labels.items()}
    errors = policy_from_labels({key: value for key, value in resolved.items() if value is not None}).errors
    said = [f"{p}; {PANICS}" if NO_STRING in p else p for p in one.labels.problems]
    said += map(str, errors)
    installs = _installs_into(one.layer)
    astray = bool(installs) and namespace not in installs and not any("{{" in n for n in (namespace, *installs))
    if astray:
        into = ", ".join(installs)
        said.append(f"it is declared for {namespace}, and the pack installs into {into}: that gets no labels")
    write = _mended(one, [error.label for error in errors], installs[0] if astray else namespace)
    yield from (Wrong(one.place, what, pack, namespace, (write,)) for what in said)


def _open(one: Declared) -> Iterator[Undecided | Note]:
    """What a template leaves open: the level is decided by it, anything else is for a person's eye."""
    for key, value in one.labels.labels.items():
        if resolve(value, ANY_VERSION) is not None:
            continue
        said = f"{one.labels.pack}: the template in {key}={value} cannot be resolved from here"
        if key == ENFORCE:
            yield Undecided(str(one.place), said, RESOLVED)
        else:
            yield Note(str(one.place), said)


def _contradictions(declared: list[Declared]) -> Iterator[Wrong]:
    """Labels of one namespace that two packs of one profile want to be different things."""
    first: dict[tuple[str, str, str], Declared] = {}
    for one in declared:
        for key, value in one.labels.labels.items():
            if not one.layer.group:
                continue
            other = first.setdefault((one.layer.group, one.labels.namespace, key), one)
            before = other.labels.labels[key]
            if before != value:
                whose = f"which {other.labels.pack} of the same profile declares at {other.place}"
                what = f"{key}={value} contradicts {key}={before}, {whose}: the last to be deployed wins"
                yield Wrong(one.place, what, one.labels.pack)


def _installs_into(layer: Layer) -> list[str]:
    """The namespaces of a pack: its own, and those that it names besides."""
    own, more = layer.values.at("pack", "namespace"), layer.values.at("pack", "additionalNamespaces")
    names = [own.value] if own is not None and isinstance(own.value, str) and own.value else []
    return names + _names(more) if names else []


def _names(node: Node | None) -> list[str]:
    """A comma-joined string of names, as the field is; a list or a map of them is read as well."""
    if node is None:
        return []
    value: Any = node.plain
    if isinstance(value, str):
        return [name.strip() for name in value.split(",") if name.strip()]
    return [name for name in value if isinstance(name, str)] if isinstance(value, list | dict) else []


def _mended(one: Declared, wrong: list[str], namespace: str) -> str:
    """The declaration as it should be written; a level that is none becomes the runbook's."""
    node = one.layer.values.at("pack", "namespaceLabels", one.labels.namespace)
    assert node is not None
    labels = dict(one.labels.labels)
    if isinstance(node.value, tuple):
        parts = [str(item.value).partition("=") for item in node.value]
        labels = {key.strip(): value.strip() for key, _, value in parts}
    elif isinstance(node.value, dict):
        labels = {key: str(item.value) for key, item in node.value.items()}
    labels |= {key: "latest" if key.endswith("-version") else str(Level.PRIVILEGED) for key in wrong}
    text = ",".join(f"{key}={value}" for key, value in labels.items())
    return f'"{namespace}": "{text or f"{ENFORCE}={Level.PRIVILEGED}"}"'


def _example(layer: Layer) -> tuple[str, ...]:
    installs = _installs_into(layer)
    return ("namespaceLabels:", f'  "{installs[0] if installs else "<namespace>"}": "{ENFORCE}={Level.PRIVILEGED}"')


def _finding(place: Place, wrong: list[Wrong], source: str) -> Finding:
    write = list(dict.fromkeys(line for one in wrong for line in one.write))
    return Finding(
        str(place),
        Grade.DECLARED,
        "; ".join(dict.fromkeys(f"{one.pack}: {one.what}" for one in wrong)),
        evidence={
            "packs": list(dict.fromkeys(one.pack for one in wrong)),
            "namespaces": list(dict.fromkeys(one.namespace for one in wrong if one.namespace)),
            "wrong": [one.what for one in wrong],
        },
        by_hand=(
            f"# at {place} write:" if write else f"# at {place} settle on one value",
            *(f"#   {w}" for w in write),
        ),
        source=source,
    )
