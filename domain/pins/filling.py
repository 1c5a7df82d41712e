"""How a curtin preseed and a .arg are edited: a value in its place, or the lines that are missing."""

import re
from collections.abc import Iterator
from typing import Final

from domain.pins.argfiles import read_arg
from domain.pins.editing import NoEdit
from domain.pins.packages import Package, Part
from domain.pins.preseeds import NOT_READ, Block, block_of, package_of
from domain.pins.splicing import Splice, line_end
from domain.pins.spots import Spot

_COMMANDS: Final = ("extra_modules", "pinned_kernel_modules")
_INDENT: Final = "  "
_HEAD: Final = re.compile(r"\ufeff?#cloud-config[^\r\n]*\r?(?:\n|\Z)")


def pin_preseed(text: str, spot: Spot, release: str) -> tuple[Splice, ...]:
    """The edits after which a preseed has `release` installed, with its modules-extra. Raises NoEdit."""
    if any(said == NOT_READ for _, said in spot.remarks):
        raise NoEdit(NOT_READ)
    for one in spot.packages:
        if one.open:
            raise NoEdit(one.open)
    return (*_image(text, release), *_modules(text, spot, release))


def set_entry(text: str, key: str, value: str) -> tuple[Splice, ...]:
    """The edit after which a .arg says this of a key: in its value's place, or as a last line; none where it does."""
    entry = read_arg(text).entries.get(key)
    if entry is None:
        return (_lines(text, len(text), f"{key}={value}{line_end(text)}"),)
    return () if entry.value == value else (Splice(entry.start, entry.end, value),)


def _image(text: str, release: str) -> Iterator[Splice]:
    name = f"linux-image-{release}"
    span = package_of(text)
    if span is not None:
        if text[slice(*span)] != name:
            yield Splice(*span, name)
        return
    end = line_end(text)
    block = block_of(text, "kernel")
    if block is None:
        head = _HEAD.match(text)
        at = head.end() if head else _first_key(text)
        yield _lines(text, at, f"kernel:{end}{_INDENT}package: {name}{end}")
    elif block.value:
        raise NoEdit(f"its `kernel:` is written in one line ({block.value}): set package: {name} there")
    else:
        yield _lines(text, block.body, f"{_indent(text, block)}package: {name}{end}")


def _modules(text: str, spot: Spot, release: str) -> Iterator[Splice]:
    """The late command's packages by those of this kernel; a late command of its own where there is none."""
    span = package_of(text)
    late = [one for one in spot.packages if span is None or one.start != span[0]]
    yield from (_renamed(one, release) for one in late if one.release != release)
    if any(one.part is Part.EXTRA for one in late):
        return
    end = line_end(text)
    block = block_of(text, "late_commands")
    if block is None:
        whole = text if text.endswith("\n") or not text else f"{text}{end}"
        yield Splice(
            len(text), len(text), f"{whole[len(text) :]}late_commands:{end}{command(_COMMANDS[0], release)}{end}"
        )
    elif block.value:
        raise NoEdit(
            f"its `late_commands:` are written in one line: add {command(_COMMANDS[0], release).strip()} there"
        )
    else:
        inner = text[block.body : block.end]
        indent = _indent(text, block)
        if re.search(r"(?m)^[ \t]*-", inner):
            raise NoEdit(f"its `late_commands:` are a list: add {command('', release).strip()} there")
        key = next((key for key in _COMMANDS if not re.search(rf"(?m)^[ \t]+{key}[ \t]*:", inner)), "")
        if not key:
            raise NoEdit(f"its late commands have {' and '.join(_COMMANDS)} already, which install something else")
        yield _lines(text, _last(text, block), f"{command(key, release, indent)}{end}")


def _renamed(package: Package, release: str) -> Splice:
    if package.file:
        raise NoEdit(f"{package.name} is a file: which one has the package of {release} is not known here")
    return Splice(package.start, package.end, f"linux-{package.part}-{release}")


def command(key: str, release: str, indent: str = _INDENT) -> str:
    """The late command that installs a kernel's further modules, under a key of its own where there is one."""
    words = ("curtin", "in-target", "--", "apt-get", "install", "--yes", f"linux-modules-extra-{release}")
    quoted = ", ".join(f'"{word}"' for word in words)
    return f"{indent}{key}{': ' if key else ''}[{quoted}]"


def _lines(text: str, at: int, lines: str) -> Splice:
    """Lines put in at a position: below it, where the text ends in the middle of one."""
    before = "" if at == 0 or text[at - 1] in "\n\ufeff" else line_end(text)
    return Splice(at, at, before + lines)


def _indent(text: str, block: Block) -> str:
    """How far the first line below a key is indented."""
    match = re.search(r"(?m)^([ \t]+)[^\s#]", text[block.body : block.end])
    return match[1] if match else _INDENT


def _last(text: str, block: Block) -> int:
    """The end of the last line below a key that says something."""
    inner = text[block.body : block.end]
    said = [match.end() for match in re.finditer(r"(?m)^[ \t]+[^\s#][^\n]*(?:\n|\Z)", inner)]
    return block.body + (said[-1] if said else 0)


def _first_key(text: str) -> int:
    """Where the first line begins that is no comment: what is above it is about the whole file."""
    match = re.search(r"(?m)^\ufeff?(?=[^\s#\ufeff])", text)
    return match.end() if match else len(text)
