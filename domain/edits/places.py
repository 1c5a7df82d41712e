"""From a pack's values to the file they are written in: the source is found again, edited and put back."""

from collections.abc import Callable

from domain.artifacts import Kind, Layer, NotYaml, Source, layer_of, sources
from domain.artifacts.sources import Codec


class Unwritable(ValueError):
    """Why a text is not edited; the text is for a person."""


def edit_layer(text: str, layer: Layer, edit: Callable[[str], str]) -> str:
    """The file with the values of one of its packs edited; raises Unwritable where that cannot be done."""
    source = _source_of(text, layer)
    if source.codec is Codec.NESTED:
        raise Unwritable("the values are the file's own map, which is not rewritten: make them a block (`values: |`)")
    edited = edit(source.text)
    try:
        return source.put_back(text, edited)
    except ValueError as error:
        raise Unwritable(str(error)) from None


def _source_of(text: str, layer: Layer) -> Source:
    """Where in the file a layer is written; its name, its place and its number tell it from others."""
    if layer.kind is Kind.VALUES:  # also what Terraform's file() names
        return Source(text=text, pack=layer.pack, end=len(text))
    try:
        for number, source in enumerate(sources(layer.place.path, layer.kind, text)):
            if number == layer.number and isinstance(source, Source) and _is(source, layer):
                return source
    except NotYaml as error:
        raise Unwritable(f"the file cannot be read any more: {error.reason}") from None
    raise Unwritable(f"{layer.pack} is not in the file any more")


def _is(source: Source, layer: Layer) -> bool:
    if source.pack != layer.pack:
        return False
    try:
        return layer_of(layer.place.path, layer.kind, source).place == layer.place
    except NotYaml:
        return False
