"""Helm's own values in several files, given in order: the later overlays the earlier, as `helm --values` has it.

Maps are put together key by key, anything else is replaced, and a null takes a key away.
"""

from collections.abc import Iterable

import msgspec

from domain.artifacts.layers import Layer
from domain.artifacts.nodes import Node


def overlaid(bases: Iterable[Layer], layer: Layer) -> Layer:
    """A layer over those below it, the lowest first; a value of theirs keeps its own file and line."""
    values: Node | None = None
    for one in (*bases, layer):
        own = one.values if one is layer else _of_file(one.values, one.place.path)
        values = own if values is None else _over(values, own)
    assert values is not None
    return msgspec.structs.replace(layer, values=values)


def _over(below: Node, above: Node) -> Node:
    if not (isinstance(below.value, dict) and isinstance(above.value, dict)):
        return above
    together = dict(below.value)
    for key, node in above.value.items():
        if node.value is None:
            together.pop(key, None)
        else:
            together[key] = _over(together[key], node) if key in together else node
    return msgspec.structs.replace(above, value=together)


def _of_file(node: Node, path: str) -> Node:
    """The same values, each with the file that it is written in."""
    value = node.value
    if isinstance(value, dict):
        value = {key: _of_file(child, path) for key, child in value.items()}
    elif isinstance(value, tuple):
        value = tuple(_of_file(child, path) for child in value)
    return msgspec.structs.replace(node, value=value, path=path)
