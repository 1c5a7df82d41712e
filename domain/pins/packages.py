"""Which kernels' packages a piece of shell installs, and where each is named.

Only commands that install count: what is purged, held or looked for is no kernel that comes. A name that nothing in the
file completes is left open, and never "none".
"""

import json
import re
from collections.abc import Iterator, Mapping
from enum import StrEnum
from textwrap import shorten
from typing import Final

import msgspec

from domain.kernels.tables import tables
from domain.pins.variables import expand


class Part(StrEnum):
    """Which package of a kernel it is."""

    IMAGE = "image"
    MODULES = "modules"
    EXTRA = "modules-extra"
    HEADERS = "headers"


BRINGS_A_KERNEL: Final = (Part.IMAGE, Part.EXTRA)
"""linux-modules-extra depends on the image of its kernel."""

NEWEST: Final = "the newest that apt offers"


class Package(msgspec.Struct, frozen=True):
    """A package of a kernel as a command names it, from `start` up to `end`.

    It is of the kernel `release`; or follows the newest by the metapackage `follows`; or what it is of is left `open`,
    and why. `variables` are those that its name is made from; `file` is whether it is a file rather than a name.
    """

    part: Part
    name: str
    start: int
    end: int
    release: str = ""
    follows: str = ""
    open: str = ""
    variables: tuple[str, ...] = ()
    file: bool = False

    @property
    def brings_a_kernel(self) -> bool:
        """Whether a kernel comes with it."""
        return self.part in BRINGS_A_KERNEL


_SEPARATOR: Final = re.compile(r"&&|\|\||[;|&\n()`]")
_INSTALLS: Final = re.compile(
    r"""(?:^|[\s"'])(?:(?:\S{0,99}/)?(?:apt-get|apt|aptitude|nala)\s+(?:\S+\s+){0,40}?install|dpkg\s+(?:\S+\s+){0,40}?(?:-i|--install))(?=\s)"""
)
_LOOKS: Final = re.compile(
    r"""\s*(?:[Rr][Uu][Nn]\s+(?:--\S+\s+)*)?["']?(?:\[|(?:if|then|else|elif|!|sudo|while|until|do)\s+|\w+=\S*\s+)*(?:\S*/)?(?:grep|egrep|awk|gawk|sed|ls|ln|rm|cp|mv|"""
    r"""test|find|dracut|depmod|update-initramfs|mkinitramfs|apt-cache|apt-mark|dpkg|dpkg-query|purge|sort|head|tail|cut|"""
    r"""(?:apt-get|apt|aptitude|nala)\s+(?:\S+\s+){0,40}?(?:purge|remove|autoremove|policy|show|search|list|hold|unhold))(?=\s|$)"""
)
_WORD: Final = re.compile(r"""[^\s"']+""")
_NAME: Final = re.compile(r"linux-(image-unsigned|image|modules-extra|modules|headers)-(.+)")
_RELEASE: Final = re.compile(r"[0-9]+\.[0-9]+(?:\.[0-9]+)?[+0-9A-Za-z.~-]*")
_DEB: Final = re.compile(r"(.+?)_([^_]+)_([a-z0-9]+)\.deb")
_UPLOADED: Final = re.compile(r"([0-9]+\.[0-9]+\.[0-9]+)[-.]([0-9]+)\.[0-9]+.*")
_FOLLOWING: Final = re.compile(r"(-hwe-[0-9.]+|-lts-[a-z]+|-[0-9]{2}\.[0-9]{2}[a-z]?)?(-edge)?")
_KERNEL_NAMED: Final = re.compile(r"linux-(?:image|modules-extra)-[0-9]")
_ASSIGNED: Final = re.compile(r"""(?:^|[\s;&|(])([A-Za-z_]\w*)=(?:"([^"$`]*)"|'([^']*)'|([^\s"';&|()$`]+))""")
_QUOTED_OR_COMMENT: Final = re.compile(r"""\\.|'[^'\n]*'|"(?:\\.|[^"\\\n])*"|((?<![^\s;&|()])#[^\n]*)""")
"""What may have a # in it that begins no comment, or a comment: to the end of its line."""

_EXEC: Final = re.compile(r"\s*RUN\s+(?:--\S+\s+)*\[", re.IGNORECASE)
_STRING: Final = re.compile(r'"((?:\\.|[^"\\])*)"|[\[\],]')
_LONGEST: Final = 4000
"""How much of a command substitution is looked at."""

_TOLD: Final = 120
"""How much of a command is told."""

_OTHERS: Final = ("virtual", "kvm", "fips", "amd64", "arm64", "cloud-amd64")


def packages(code: str, offset: int, values: Mapping[str, str | None]) -> tuple[Package, ...]:
    """The packages of kernels that a piece of shell installs; `offset` is where it begins in the file."""
    code = joined(code) or _QUOTED_OR_COMMENT.sub(lambda m: m[0] if m[1] is None else " " * len(m[0]), code)
    known = {**values, **{m[1]: m[2] or m[3] or m[4] or "" for m in _ASSIGNED.finditer(code)}}
    found: list[Package] = []
    for start, end in _segments(code):
        segment = code[start:end]
        command = _INSTALLS.search(segment)
        if command is not None:
            inner = _substitution(code, end) if segment.endswith("$") else None
            for match in _WORD.finditer(segment, command.end()):
                at = (match.start() + start + offset, match.end() + start + offset)
                last = inner is not None and match.end() == len(segment)
                found += _computed(match[0], inner or "", at) if last else _word(match[0], at, known)
        elif _KERNEL_NAMED.search(segment) and not _LOOKS.match(segment) and not _ASSIGNED.search(segment):
            found += _unclear(segment, start + offset)
    return tuple(found)


def joined(code: str) -> str:
    """A RUN in exec form as the words of its array, each where it stands; nothing where it is in shell form."""
    head = _EXEC.match(code)
    if head is None:
        return ""
    try:
        words = json.loads(code[head.end() - 1 :])
    except ValueError:
        return ""  # the shell gets it, as it does of Docker's
    if not all(isinstance(word, str) for word in words):
        return ""
    mask = _STRING.sub(lambda m: f" {m[1]} " if m[1] is not None else " ", code[head.end() - 1 :])
    return code[: head.end() - 1] + mask


def parse_name(name: str) -> tuple[Part, str] | None:
    """A package's part and what follows in its name: a release, or the flavour of a metapackage."""
    match = _NAME.fullmatch(name)
    if match is not None:
        return Part(match[1].removesuffix("-unsigned")), match[2]
    flavour = name.removeprefix("linux-")
    return (Part.IMAGE, flavour) if flavour != name and _is_meta(flavour) else None


def _segments(code: str) -> Iterator[tuple[int, int]]:
    at = 0
    for match in _SEPARATOR.finditer(code):
        yield at, match.start()
        at = match.end()
    yield at, len(code)


def _substitution(code: str, at: int) -> str:
    """What stands in the parentheses that open at a position."""
    depth = 0
    for index in range(at, min(len(code), at + _LONGEST)):
        depth += {"(": 1, ")": -1}.get(code[index], 0)
        if depth == 0:
            return code[at + 1 : index]
    return code[at + 1 : at + _LONGEST]


def _computed(word: str, inner: str, at: tuple[int, int]) -> Iterator[Package]:
    """A word that a command makes while the image is built."""
    written = shorten(f"{word}({inner})", 2 * _TOLD, placeholder=" …")
    begun = parse_name(f"{word.rstrip('$')}?") if word != "$" else None
    if begun is not None:
        yield Package(begun[0], written, *at, open=f"its name is made while the image is built: {written}")
    elif "linux-image" in inner:
        yield Package(Part.IMAGE, written, *at, follows=NEWEST)


def _word(word: str, at: tuple[int, int], values: Mapping[str, str | None]) -> Iterator[Package]:
    """The packages that a word of an install command names: several where a variable holds several."""
    said = expand(word, values)
    for name in said.text.split():
        if "$" in name and _NAME.match(name):
            part = Part(_NAME.match(name)[1].removesuffix("-unsigned"))  # type: ignore[index]
            why = f"nothing here says what {' and '.join(f'${one}' for one in said.unknown) or word} is"
            yield Package(part, name, *at, open=why, variables=said.names)
        elif "$" in name and any("kernel" in one.lower() for one in said.unknown):
            yield Package(Part.IMAGE, name, *at, open=f"nothing here says what {name} is", variables=said.names)
        else:
            yield from _named(name, at, said.names)


def _named(name: str, at: tuple[int, int], variables: tuple[str, ...]) -> Iterator[Package]:
    deb = _DEB.fullmatch(name.rsplit("/", 1)[-1])
    plain, _, version = (deb[1] if deb else name).partition("=")
    plain = plain.partition(":")[0].partition("/")[0]
    parsed = parse_name(plain)
    if parsed is None:
        return
    part, rest = parsed
    made = Package(part, name, *at, variables=variables, file=deb is not None)
    uploaded = _UPLOADED.fullmatch(version)
    if _RELEASE.fullmatch(rest):
        yield msgspec.structs.replace(made, release=rest)
    elif rest[0].isdigit() or any(one in rest for one in "*?["):
        yield msgspec.structs.replace(made, open=f"{plain} may be several packages")
    elif uploaded is not None:
        flavour = _FOLLOWING.sub("", rest, count=1) if not _is_meta(rest) else _flavour(rest)
        yield msgspec.structs.replace(made, release=f"{uploaded[1]}-{uploaded[2]}-{flavour}")
    elif version:
        yield msgspec.structs.replace(made, open=f"which kernel {name} brings is not known here")
    else:
        yield msgspec.structs.replace(made, follows=plain)


def _unclear(segment: str, offset: int) -> Iterator[Package]:
    """A kernel's package that is named in a command that is not known: whether it comes is left open."""
    said = shorten(segment, _TOLD, placeholder=" …")
    for match in _WORD.finditer(segment):
        parsed = parse_name(match[0])
        if parsed is not None and parsed[0] in BRINGS_A_KERNEL and parsed[1][0].isdigit():
            why = f"whether `{said}` installs {match[0]} is not known here"
            yield Package(parsed[0], match[0], match.start() + offset, match.end() + offset, open=why)


def _flavour(meta: str) -> str:
    """The flavour that a metapackage follows: `generic` of `generic-hwe-24.04`."""
    known = sorted((*_flavours(), *_OTHERS), key=len, reverse=True)
    return next(one for one in known if meta == one or meta.startswith(f"{one}-"))


def _is_meta(name: str) -> bool:
    return any(
        name.startswith(one) and _FOLLOWING.fullmatch(name[len(one) :]) is not None for one in (*_flavours(), *_OTHERS)
    )


def _flavours() -> tuple[str, ...]:
    known = tables().flavours
    return (*known.plain, *known.from_1000, *known.from_2000)
