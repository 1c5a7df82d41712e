"""The packs of `spectrocloud_cluster_profile` in Terraform, where their values are written out: heredocs and `file()`.

What is computed (variables, templatefile(), data sources) is not guessed at: it is said. No library is asked:
python-hcl2 keeps neither the characters that a heredoc stands at nor what surrounds it, and both are needed to edit it.
"""

import re
from collections.abc import Iterator
from typing import Any, Final

import msgspec

from domain.artifacts.documents import lines_before
from domain.artifacts.sources import Codec, Source

_RESOURCE: Final = re.compile(r'^[ \t]*resource\s+"spectrocloud_cluster_profile"\s+"([^"]+)"\s*\{', re.MULTILINE)
_PACK: Final = re.compile(r"^[ \t]*pack\s*\{", re.MULTILINE)
_HEREDOC: Final = re.compile(r"[ \t]*<<(-?)([A-Za-z_][A-Za-z0-9_-]*)[ \t]*\r?\n")
_DYNAMIC: Final = re.compile(r'^[ \t]*dynamic\s+"?pack"?\s*\{', re.MULTILINE)
_VALUES: Final = re.compile(r"^[ \t]*values[ \t]*=", re.MULTILINE)
_FILE: Final = re.compile(r'[ \t]*file\(\s*"([^"]+)"\s*\)[ \t]*(?:(?:#|//)[^\n]*)?\r?$', re.MULTILINE)
_NO_LINE_END: Final = re.compile(r"[^\r\n]")
_COMMENTS: Final = ("#", "//", "/*")
_ATTRIBUTE: Final = r'^[ \t]*{}\s*=\s*"([^"]*)"'
_TOKEN: Final = re.compile(
    r'"(?:\\.|[^"\\\n])*"|#[^\n]*|//[^\n]*|/\*.*?\*/|<<-?[A-Za-z_][A-Za-z0-9_-]*[ \t]*\r?\n|[{}]', re.DOTALL
)


class Reference(msgspec.Struct, frozen=True, kw_only=True):
    """A pack whose values are another file's: `file("values/calico.yaml")`, beside the file that names it."""

    path: str
    line: int
    pack: str
    version: str = ""
    layer: str = ""
    profile: str = ""
    cloud: str = ""


class Computed(msgspec.Struct, frozen=True):
    """Values of a pack that only Terraform knows: an expression, a data source, a dynamic block."""

    pack: str
    line: int


def in_terraform(text: str) -> Iterator[Source | Reference | Computed]:
    """The values of the packs of every cluster profile in a Terraform file, and which of them are computed."""
    for match in _RESOURCE.finditer(text):
        end = _end(text, match.end())
        body = _own(text, match.end(), end)
        name = _attribute(body, "name") or match[1]
        cloud = _attribute(body, "cloud")
        for pack in _PACK.finditer(text, match.end(), end):
            yield from _pack(text, pack.end(), _end(text, pack.end()), name, cloud)
        for dynamic in _DYNAMIC.finditer(text, match.end(), end):
            yield Computed("the packs of a dynamic block", lines_before(text, dynamic.start()) + 1)


def _pack(text: str, start: int, end: int, profile: str, cloud: str) -> Iterator[Source | Reference | Computed]:
    body = _own(text, start, end)
    about: dict[str, Any] = {
        "pack": _attribute(body, "name") or "a pack without a name",
        "version": _attribute(body, "tag"),
        "layer": "",
        "profile": profile,
        "cloud": cloud,
    }
    values = _VALUES.search(body)
    if values is None:
        if _attribute(body, "type") != "manifest":
            yield Source(text="", codec=Codec.ABSENT, line=lines_before(text, start) + 1, **about)
        return
    line = lines_before(text, start + values.start()) + 1
    heredoc = _HEREDOC.match(text, start + values.end(), end)
    referred = _FILE.match(text, start + values.end(), end)
    if heredoc is not None:
        yield _source(text, heredoc, about)
    elif referred is not None:
        path = referred[1].replace("${path.module}/", "").removeprefix("./")
        yield Reference(path=path, line=line, **about)
    else:
        yield Computed(about["pack"], line)


def _source(text: str, heredoc: re.Match[str], about: dict[str, Any]) -> Source:
    start = heredoc.end()
    close = _close(text, heredoc)
    lines = text[start:close].splitlines(keepends=True)
    indent = min((len(x) - len(x.lstrip(" ")) for x in lines if x.strip()), default=0) if heredoc[1] else 0
    inner = "".join(line[indent:] if line.strip() else line.lstrip(" ") for line in lines)
    line = lines_before(text, start) + 1
    return Source(text=inner, codec=Codec.BLOCK, line=line, start=start, end=close, indent=indent, **about)


def _close(text: str, heredoc: re.Match[str]) -> int:
    """Where the line begins that closes a heredoc; the end of the text where none does."""
    closing = re.compile(rf"^[ \t]*{re.escape(heredoc[2])}[ \t]*\r?$", re.MULTILINE).search(text, heredoc.end())
    return closing.start() if closing else len(text)


def _end(text: str, start: int) -> int:
    """Where the block ends whose opening brace is before `start`: braces in strings, comments and heredocs aside."""
    depth, position = 1, start
    while depth:
        token = _TOKEN.search(text, position)
        if token is None:
            return len(text)
        position = token.end()
        if token[0] == "{":
            depth += 1
        elif token[0] == "}":
            depth -= 1
        elif token[0].startswith("<<"):
            heredoc = _HEREDOC.match(text, token.start())
            assert heredoc is not None
            position = _close(text, heredoc)
    return position


def _own(text: str, start: int, end: int) -> str:
    """What stands in a block itself: the blocks, heredocs and comments in it are blanks, so that places stay."""
    own, position = "", start
    while (token := _TOKEN.search(text, position, end)) is not None:
        own += text[position : token.start()]
        position = token.end()
        if token[0] == "{":
            position = _end(text, token.end())
        elif token[0].startswith("<<"):
            heredoc = _HEREDOC.match(text, token.start())
            assert heredoc is not None
            position = _close(text, heredoc)
        elif not token[0].startswith(_COMMENTS):
            own += token[0]
            continue
        own += _NO_LINE_END.sub(" ", text[token.start() : position])
    return own + text[position:end]


def _attribute(body: str, name: str) -> str:
    found = re.search(_ATTRIBUTE.format(name), body, re.MULTILINE)
    return found[1] if found else ""
