"""A curtin preseed of MAAS': the kernel that it has installed, read by anchors in the text.

It is a template (Tempita) and no YAML before MAAS has filled it in. So what counts is found as people write it: a key
at the left edge, and what is indented below it.
"""

import re
from collections.abc import Iterable, Iterator
from pathlib import PurePosixPath
from typing import Final

import msgspec

from domain.pins.packages import Package, Part, packages, parse_name
from domain.pins.records import Form
from domain.pins.splicing import line_at
from domain.pins.spots import Spot

READ: Final = ("/var/snap/maas/current/preseeds", "/etc/maas/preseeds")
"""Where MAAS reads preseeds: as a snap, as Debian packages."""

MISPRINTED: Final = "var/lib/snap/maas/"
NOT_READ: Final = (
    f"MAAS reads no preseed below /{MISPRINTED} (the runbook's page misprints it): its folder is {READ[0]}, or "
    f"{READ[1]} where it is installed from Debian packages"
)

_TOP: Final = r"^\ufeff?{key}[ \t]*+:[ \t]*+(?P<value>[^\r\n#]*+)(?:#[^\r\n]*+)?\r?(?:\n|\Z)"
_BELOW: Final = re.compile(r"(?:(?:[ \t]+[^\r\n]*|[ \t]*#[^\r\n]*|[ \t]*)\r?\n|[ \t]+[^\r\n]+\Z)*")
_PACKAGE: Final = re.compile(r"""^[ \t]++package[ \t]*+:[ \t]*+["']?(?P<value>[^"'\r\n#]*+)""", re.MULTILINE)
_FLOW_PACKAGE: Final = re.compile(r"""\bpackage["']?[ \t]*:[ \t]*["']?(?P<value>[^"',}\s]+)""")
_FLOW: Final = re.compile(r"\[[^\[\]]*\]")
_LINE_END: Final = re.compile(r"[\r\n]")
_LIST: Final = re.compile(r"""["',\[\]]""")


class Block(msgspec.Struct, frozen=True):
    """A key at the left edge: its line from `start` up to `body`, and what is indented below it up to `end`."""

    start: int
    body: int
    end: int
    value: str
    at: int


def read_preseed(path: str, text: str) -> Spot:
    """What a preseed installs; `path` is relative to what was named."""
    found = tuple(_packages(text))
    first = next((one.start for one in found if one.brings_a_kernel), None)
    block = block_of(text, "kernel")
    line = line_at(text, first if first is not None else block.start if block else 0)
    return Spot(
        form=Form.PRESEED,
        line=line,
        what=PurePosixPath(path).name,
        start=0,
        end=len(text),
        packages=found,
        remarks=((line, NOT_READ),) if misplaced(path) else (),
    )


def misplaced(path: str) -> bool:
    """Whether a preseed lies where the runbook's page puts it, and MAAS looks for none."""
    return MISPRINTED in path


def block_of(text: str, key: str) -> Block | None:
    """A key at the left edge, the last of its name as YAML's readers take it; None where it is not there."""
    found = list(re.finditer(_TOP.format(key=re.escape(key)), text, re.MULTILINE))
    if not found:
        return None
    match = found[-1]
    below = _BELOW.match(text, match.end())
    end = below.end() if below else match.end()
    return Block(match.start(), match.end(), end, match["value"].rstrip(), match.start("value"))


def package_of(text: str) -> tuple[int, int] | None:
    """Where the value of kernel.package is written; None where there is none."""
    block = block_of(text, "kernel")
    if block is None:
        return None
    if block.value.startswith("{") and not block.value.startswith("{{"):
        match = _FLOW_PACKAGE.search(text, block.at, block.at + len(block.value))
    else:
        match = _PACKAGE.search(text, block.body, block.end)
    value = match["value"].rstrip() if match is not None else ""
    return (match.start("value"), match.start("value") + len(value)) if match is not None and value else None


def shadows(path: str, others: Iterable[str]) -> tuple[str, ...]:
    """The less specific preseeds of the same folder that MAAS does not read for the machines that this one is for."""
    pure = PurePosixPath(path)
    beside = (one for one in map(PurePosixPath, others) if one.parent == pure.parent)
    return tuple(str(one) for one in beside if pure.name.startswith(f"{one.name}_"))


def _packages(text: str) -> Iterator[Package]:
    span = package_of(text)
    if span is not None:
        yield _kernel(text[slice(*span)], span)
    else:
        block = block_of(text, "kernel")
        if block is not None and block.value.startswith("{{"):
            why = "the template says which kernel it is, and MAAS fills that in"
            yield Package(Part.IMAGE, block.value, block.at, block.at + len(block.value), open=why)
    late = block_of(text, "late_commands")
    if late is not None:
        joined = _FLOW.sub(lambda match: _LINE_END.sub(" ", match[0]), _uncommented(text[late.body : late.end]))
        code = _LIST.sub(" ", joined)
        yield from packages(code, late.body, {})


def _kernel(name: str, span: tuple[int, int]) -> Package:
    if "{{" in name:
        why = f"the template says which kernel it is ({name}), and MAAS fills that in"
        return Package(Part.IMAGE, name, *span, open=why)
    parsed = parse_name(name)
    if parsed is None:
        return Package(Part.IMAGE, name, *span, open=f"{name} is no kernel's package by its name")
    if parsed[1][0].isdigit():
        return Package(Part.IMAGE, name, *span, release=parsed[1])
    return Package(Part.IMAGE, name, *span, follows=name)


def _uncommented(text: str) -> str:
    return re.sub(r"(?m)^[ \t]*#[^\r\n]*", lambda match: " " * len(match[0]), text)
