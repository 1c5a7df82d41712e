"""Where in a file the values of a pack are written: the whole of it, a block, a string, a heredoc.

The values are a text of their own that lies inside another one; a Source says where, so that a line of the one is a
line of the other, and so that an edited text can be put back where it was.
"""

import json
import re
from collections.abc import Iterable, Iterator
from enum import StrEnum
from typing import Any, Final

import msgspec
from msgspec.structs import replace

from domain.artifacts.documents import lines_before, read_document, read_documents
from domain.artifacts.nodes import Node, NotYaml
from domain.artifacts.roots import holds_values

_SURROGATES: Final = re.compile(r"\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}")


class Codec(StrEnum):
    """How a text lies in another."""

    WHOLE = "the file itself"
    BLOCK = "an indented block"
    JSON = "a JSON string"
    QUOTED = "a string in quotes"
    NESTED = "the file's own map"
    OTHER = "a string that is folded"
    ABSENT = "left out"


class Source(msgspec.Struct, frozen=True, kw_only=True):
    """The values of one pack as they are written: `text` at the characters `start` to `end` of a file.

    `profile` is what the pack belongs to together with others, nothing where that is not known; `cloud` is the
    profile's. `line` is the file's line in which `text` begins, `indent` what stands before each of its lines.
    """

    text: str
    pack: str
    version: str = ""
    layer: str = ""
    profile: str = ""
    cloud: str = ""
    codec: Codec = Codec.WHOLE
    line: int = 1
    start: int = 0
    end: int = 0
    indent: int = 0
    node: Node | None = None
    """The values where they are NESTED in the file's own map."""

    def line_of(self, line: int) -> int:
        """The file's line of a line of the text."""
        return self.line + line - 1 if self.codec in (Codec.WHOLE, Codec.BLOCK) else self.line

    def put_back(self, file: str, text: str) -> str:
        """The file with another text in the place of this one; raises ValueError where that cannot be written."""
        return file[: self.start] + self._encoded(text) + file[self.end :]

    def _encoded(self, text: str) -> str:
        if self.codec is Codec.WHOLE:
            return text
        if self.codec is Codec.BLOCK:
            return "".join(
                " " * self.indent + line if line.strip("\r\n") else line for line in text.splitlines(keepends=True)
            )
        if self.codec in (Codec.JSON, Codec.QUOTED):
            return json.dumps(text, ensure_ascii=text.isascii())
        raise ValueError(f"the values are {self.codec}, which is not rewritten: make them a block (`values: |`)")


class _Context(msgspec.Struct, frozen=True):
    """What the maps around a list of packs say: whose they are, and for which cloud."""

    profile: str = ""
    cloud: str = ""
    of_resource: bool = False


def in_profile(text: str, path: str) -> Iterator[Source]:
    """The values of every pack of a profile's export, in JSON or YAML. Raises NotYaml."""
    root = _json(text) if text.lstrip("\ufeff \t\r\n")[:1] in ("{", "[") else read_document(text)
    if root is not None:
        yield from _walk(text, root, _Context(_name(root) or path), json_text=_is_json(text))


def in_resources(text: str, path: str) -> Iterator[Source]:
    """The values of every pack that custom resources of Palette hold; the packs of one cluster are together."""
    one = _json(text) if _is_json(text) else None
    roots = read_documents(text) if one is None else (one,)
    for root in (item for document in roots for item in _items(document)):
        kind = root.at("kind")
        if kind is not None and kind.value == "Pack":
            yield from _of_pack(text, root, path)
        else:
            around = _Context(_name(root) or path, of_resource=True)
            yield from _walk(text, root, around, json_text=_is_json(text))


def _is_json(text: str) -> bool:
    return text.lstrip("\ufeff \t\r\n")[:1] in ("{", "[")


def _json(text: str) -> Node | None:
    """A JSON document by the same builder: every JSON is YAML, but for tabs and for how it writes rare characters."""
    try:
        json.loads(text.removeprefix("\ufeff"))
    except json.JSONDecodeError as error:
        raise NotYaml(f"it is no JSON: {error.msg}", error.lineno) from None
    except RecursionError:
        raise NotYaml("it is nested too deep", 1) from None
    plain = _SURROGATES.sub("\ufffd" * 12, text.replace("\t", " ").replace("\ufeff", " "))
    return read_document(plain.replace("{{", "\ufffd\ufffd"))


def _items(root: Node) -> tuple[Node, ...]:
    """The objects of a kubectl's `List`, or the one object."""
    items = root.at("items")
    return items.value if items is not None and isinstance(items.value, tuple) else (root,)


def _name(root: Node) -> str:
    named = root.at("metadata", "name") or root.at("name")
    return str(named.value) if named is not None and isinstance(named.value, str) else ""


def _of_pack(text: str, root: Node, path: str) -> Iterator[Source]:
    """A Pack's values: the field is not public, so every text of its spec that has their roots, or a map that does.

    `domain.packs` finds them likewise in what a server answers (facts/palette.md).
    """
    namespace = root.at("metadata", "namespace")
    spec = root.at("spec")
    group = str(namespace.value) if namespace is not None else ""
    stack = [spec] if spec is not None else []
    about = {"pack": _name(root) or path, "profile": group, "version": "", "layer": "", "cloud": ""}
    while stack:
        node = stack.pop()
        below = node.at("pack")
        nested = below is not None and isinstance(below.value, dict)
        if isinstance(node.value, dict) and not nested:
            stack += reversed(node.value.values())
        elif isinstance(node.value, tuple):
            stack += reversed(node.value)
        elif nested or (isinstance(node.value, str) and holds_values(node.value)):
            yield _source(text, node, about, json_text=_is_json(text))


def _walk(text: str, root: Node, context: _Context, *, json_text: bool) -> Iterator[Source]:
    """Every list `packs` below a node, with what the maps around it say."""
    stack: list[tuple[Node, _Context]] = [(root, context)]
    while stack:
        node, around = stack.pop()
        if isinstance(node.value, tuple):
            stack += [(item, around) for item in reversed(node.value)]
        if not isinstance(node.value, dict):
            continue
        if node is not root and (own := node.at("metadata", "name")) is not None:
            around = replace(around, profile=str(own.value))  # one of several in a list
        cloud = node.value.get("cloudType") or node.value.get("cloud")
        if cloud is not None and isinstance(cloud.value, str):
            around = replace(around, cloud=cloud.value)
        for key, child in reversed(node.value.items()):
            several = key in ("draft", "published")
            below = replace(around, profile=f"{around.profile} ({key})") if several else around
            if key == "packs" and isinstance(child.value, tuple):
                yield from (s for item in child.value for s in _pack(text, item, around, json_text=json_text))
            else:
                stack.append((child, below))


def _pack(text: str, item: Node, around: _Context, *, json_text: bool) -> Iterator[Source]:
    """The values of one pack; where a profile leaves them out, what nobody wrote: the defaults of the pack count.

    A custom resource that names a pack without values has them in a resource of its own, and so has one of manifests.
    """
    values, kind = item.at("values"), item.at("type")
    if values is None and ("name" not in _keys(item) or around.of_resource):
        return
    if (values is None or values.value is None) and kind is not None and kind.value == "manifest":
        return
    said = {key: item.at(key) for key in ("name", "version", "tag", "layer")}
    named = {key: str(node.value) for key, node in said.items() if node is not None and node.value is not None}
    about = {
        "pack": named.get("name", "a pack without a name"),
        "version": named.get("tag") or named.get("version", ""),
        "layer": named.get("layer", ""),
        "profile": around.profile,
        "cloud": around.cloud,
    }
    yield _source(text, values or Node(item.line, None), about, json_text=json_text)


def _keys(node: Node) -> Iterable[str]:
    return node.value if isinstance(node.value, dict) else ()


def _source(text: str, node: Node, about: dict[str, Any], *, json_text: bool) -> Source:
    """The Source of a scalar that holds values, or of a map that is them."""
    if node.value is None:
        return Source(text="", line=node.line, codec=Codec.ABSENT, **about)
    if not isinstance(node.value, str):
        return Source(text="", line=node.line, codec=Codec.NESTED, node=node, **about)
    if json_text:
        token = text[node.start : node.end]
        return Source(text=json.loads(token), codec=Codec.JSON, line=node.line, start=node.start, end=node.end, **about)
    if node.style == "|":
        return _block(text, node, about)
    codec = Codec.QUOTED if node.style == '"' else Codec.OTHER
    return Source(text=node.value, codec=codec, line=node.line, start=node.start, end=node.end, **about)


def _block(text: str, node: Node, about: dict[str, Any]) -> Source:
    """A literal block: its lines are the file's, less what all of them begin with."""
    start = text.index("\n", node.start) + 1
    lines = text[start : node.end].splitlines(keepends=True)
    written = next((line for line in lines if line.strip()), "")
    meant = next((line for line in node.value.splitlines() if line.strip()), "")
    indent = _leading(written) - _leading(meant)
    inner = "".join(line[indent:] if line.strip() else line.lstrip(" ") for line in lines)
    return Source(
        text=inner,
        codec=Codec.BLOCK,
        line=lines_before(text, start) + 1,
        start=start,
        end=start + sum(map(len, lines)),
        indent=indent,
        **about,
    )


def _leading(line: str) -> int:
    return len(line) - len(line.lstrip(" "))
