"""Packs as files declare them: the layers of a profile, values alone, and the part of them that scenarios speak of."""

from collections.abc import Iterator
from pathlib import PurePosixPath
from typing import Final

import msgspec

from domain.artifacts.documents import read_document
from domain.artifacts.nodes import Node, NotYaml, Wanted
from domain.artifacts.places import Place, unread
from domain.artifacts.recognising import Kind
from domain.artifacts.sources import Codec, Source, in_profile, in_resources
from domain.artifacts.templates import of_terraform
from domain.artifacts.terraform import Computed, Reference, in_terraform
from domain.facts import Unread

WANTED: Final[Wanted] = {
    "pack": None,
    "stages": None,
    "options": {"system": None, "system.uri": None},
    "manifests": {"calico": {"env": None}},
    "charts": {"cilium": None},
}
"""What of a pack's values is kept: all else of 2,000 files is looked through and let go of."""

CALICO: Final = ("manifests", "calico")
RESOLVED: Final = "a kubeconfig of the cluster, or the profile's export, which has the values as they came to be"
TEXTS: Final = (Kind.ARG, Kind.CANVOS_DOCKERFILE, Kind.KAIROS_DOCKERFILE, Kind.DOCKERFILE, Kind.PRESEED)
"""The kinds of which the text itself is judged."""


class Layer(msgspec.Struct, frozen=True, kw_only=True):
    """One pack and its values; `profile` is what it belongs to together with others, nothing where it stands alone.

    `values` are what WANTED keeps of them (of Helm's own values everything), its lines are the file's.
    """

    pack: str
    place: Place
    values: Node
    version: str = ""
    layer: str = ""
    profile: str = ""
    cloud: str = ""
    kind: Kind = Kind.VALUES
    written_in: str = ""
    """The file that names the values' own one, where that is another: Terraform's."""
    number: int = 0
    """Which of the file's packs it is, from 0: in a file of one line its place tells it from no other."""

    @property
    def group(self) -> str:
        """What tells its profile from others of its name: two exports are two profiles, a cluster's packs are one."""
        if not self.profile or self.kind is Kind.CUSTOM_RESOURCES:
            return self.profile
        return f"{self.written_in or self.place.path}: {self.profile}"

    @property
    def is_calico(self) -> bool:
        """Whether it is the Calico pack: by its values, or by its name (cni-calico, cni-calico-azure)."""
        return self.values.at(*CALICO) is not None or "calico" in self.pack.lower()

    def place_of(self, node: Node) -> Place:
        """Where a value of it stands."""
        return Place(node.path or self.place.path, node.line)


class Artifact(msgspec.Struct, frozen=True, kw_only=True):
    """One file: what it was taken for, and what was read of it. `text` is kept where the text itself is judged."""

    path: str
    kind: Kind
    layers: tuple[Layer, ...] = ()
    references: tuple[Reference, ...] = ()
    text: str = ""
    unread: tuple[Unread, ...] = ()


def read_artifact(path: str, kind: Kind, text: str) -> Artifact | None:
    """Read a file as what it is taken for; None where it turns out to be nothing of that kind."""
    if kind in TEXTS:
        return Artifact(path=path, kind=kind, text=text)
    layers: list[Layer] = []
    wrong: list[Unread] = []
    references: list[Reference] = []
    try:
        for number, one in enumerate(sources(path, kind, text)):
            if isinstance(one, Reference):
                references.append(one)
                continue
            if isinstance(one, Computed):
                wrong.append(unread(Place(path, one.line), f"the values of {one.pack} are computed", RESOLVED))
                continue
            try:
                layers.append(msgspec.structs.replace(layer_of(path, kind, one), number=number))
            except NotYaml as error:
                reason = error.reason if one.codec is Codec.WHOLE else f"the values of {one.pack}: {error.reason}"
                wrong.append(unread(Place(path, one.line_of(error.line)), reason))
    except NotYaml as error:
        wrong.append(unread(Place(path, error.line), error.reason))
    layers = [layer for layer in layers if kind is not Kind.VALUES or layer.values.value]  # named so, and no roots
    if not (layers or wrong or references):
        return None
    return Artifact(path=path, kind=kind, layers=tuple(layers), references=tuple(references), unread=tuple(wrong))


def sources(path: str, kind: Kind, text: str) -> Iterator[Source | Reference | Computed]:
    """Where the values lie in a file. Raises NotYaml where the file itself cannot be read."""
    if kind is Kind.PROFILE:
        yield from in_profile(text, path)
    elif kind is Kind.CUSTOM_RESOURCES:
        yield from in_resources(text, path)
    elif kind is Kind.TERRAFORM:
        yield from in_terraform(text)
    else:
        layer = {Kind.USER_DATA: "user-data", Kind.OS_VALUES: "os"}.get(kind, "")
        yield Source(text=text, pack=_named_by(path), layer=layer, start=0, end=len(text))


def layer_of(path: str, kind: Kind, source: Source) -> Layer:
    """The layer that a source is. Raises NotYaml with a line of the source's text."""
    if source.codec is Codec.NESTED:
        values = source.node
    else:
        text = of_terraform(source.text) if kind is Kind.TERRAFORM else source.text
        values = read_document(text, None if kind is Kind.HELM_VALUES else WANTED)
    values = values or Node(1, {})
    if isinstance(values.value, str):
        raise NotYaml("text, where a map belongs", values.line)
    return Layer(
        pack=source.pack,
        version=source.version,
        layer=source.layer,
        profile=source.profile,
        cloud=source.cloud,
        kind=kind,
        place=Place(path, source.line_of(values.line)),
        values=_moved(values, source),
    )


def referred(reference: Reference, by: str, path: str, kind: Kind, text: str) -> Artifact:
    """The file that Terraform's `file()` names, read as the values of the pack that names it, in the file `by`."""
    about = msgspec.structs.asdict(reference)
    del about["path"], about["line"]
    source = Source(text=text, start=0, end=len(text), **about)
    try:
        layer = msgspec.structs.replace(layer_of(path, kind, source), written_in=by)
        return Artifact(path=path, kind=kind, layers=(layer,))
    except NotYaml as error:
        said = unread(Place(path, error.line), f"the values of {reference.pack}: {error.reason}")
        return Artifact(path=path, kind=kind, unread=(said,))


def _named_by(path: str) -> str:
    """The name of values that stand alone: their folder's where the file's own says nothing."""
    pure = PurePosixPath(path)
    plain = pure.stem.lower() in ("values", "pack", "user-data", "userdata")
    return pure.parent.name if plain and pure.parent.name else pure.name


def _moved(node: Node, source: Source) -> Node:
    """The same values with lines of the file; each is moved once, in however many places an anchor puts it."""
    if source.codec in (Codec.WHOLE, Codec.NESTED):
        return node
    moved: dict[int, Node] = {}

    def move(one: Node) -> Node:
        if id(one) not in moved:
            value = one.value
            if isinstance(value, dict):
                value = {key: move(child) for key, child in value.items()}
            elif isinstance(value, tuple):
                value = tuple(move(child) for child in value)
            moved[id(one)] = msgspec.structs.replace(one, value=value, line=source.line_of(one.line))
        return moved[id(one)]

    return move(node)
