"""A Dockerfile as BuildKit takes it apart: instructions and stages, with the places of everything in the file.

Continued lines, comments and blank lines within them, the escape directive and here-documents are BuildKit's rules;
tests hold this to BuildKit's own parser (docs/adr/0004). Nothing is ever refused: what is no instruction is one that
nobody knows.
"""

import re
from collections.abc import Iterator
from typing import Final

import msgspec

_DIRECTIVE: Final = re.compile(r"\s*#\s*([A-Za-z][A-Za-z0-9]*)\s*=\s*(.+?)\s*")
_KEYWORD: Final = re.compile(r"\s*(\S+)")
_HEREDOC: Final = re.compile(r"""(?<!\S)\d*<<(-?)(["']?)([A-Za-z_][A-Za-z0-9_.-]*)\2(?!\S)""")
_WITH_HEREDOCS: Final = frozenset({"RUN", "COPY", "ADD"})
_FROM: Final = re.compile(r"\s*FROM\s+(?:--\S+\s+)*(\S+)(?:\s+AS\s+(\S+))?\s*", re.IGNORECASE)
_ARG: Final = re.compile(
    r"""(?P<name>[A-Za-z_]\w*)(?:=(?:"(?P<double>[^"]*)"|'(?P<single>[^']*)'|(?P<plain>\S*)))?(?=\s|$)"""
)
_OLD_ENV: Final = re.compile(r"\s*ENV\s+(?P<name>[A-Za-z_]\w*)\s+(?P<plain>\S.*?)\s*", re.IGNORECASE)
_LINE: Final = re.compile(r"[^\n]*\n|[^\n]+")
_BOM: Final = "\ufeff"


class Instruction(msgspec.Struct, frozen=True):
    """An instruction from `start` up to `end`, its lines whole; it begins in `line`, from 1.

    `code` is that very text, character by character, in which blanks stand for what the instruction does not say:
    the ends of continued lines, comments, blank lines, the ends of here-documents.
    """

    keyword: str
    line: int
    start: int
    end: int
    code: str


class Setting(msgspec.Struct, frozen=True):
    """A variable's value, written in the file from `start` up to `end`; None where only its name is said."""

    name: str
    value: str | None
    start: int
    end: int


class Stage(msgspec.Struct, frozen=True):
    """A build stage: what it is made from, its name if it has one, and its instructions, FROM first."""

    base: str
    name: str
    instructions: tuple[Instruction, ...]


def instructions(text: str) -> Iterator[Instruction]:
    """Every instruction of a Dockerfile, in order."""
    escape = escape_of(text)
    continued = re.compile(rf"(?:^|[^{re.escape(escape)}]){re.escape(escape)}[ \t]*$")
    lines = _LINE.findall(text)
    starts = [0]
    for one in lines:
        starts.append(starts[-1] + len(one))
    at = 0
    while at < len(lines):
        if _is_passed_over(lines[at]):
            at += 1
            continue
        last = at
        masked = []
        for last in range(at, len(lines)):
            line = lines[last]
            if _is_passed_over(line):
                masked.append(_blank(line))
                continue
            bare = line.rstrip("\r\n")
            match = continued.search(bare)
            if match is None:
                masked.append(line)
                break
            kept = bare[: bare.rindex(escape)]
            masked.append(kept + _blank(line[len(kept) :]))
        code = "".join(masked)
        if at == 0:
            code = code.replace(_BOM, " ", 1)
        keyword = _KEYWORD.match(code)
        name = keyword[1].upper() if keyword else ""
        after = last + 1
        if name in _WITH_HEREDOCS:
            said, after = _heredocs(code, lines, after)
            code += said
        yield Instruction(name, at + 1, starts[at], starts[after], code)
        at = after


def escape_of(text: str) -> str:
    """The character that continues a line: a backslash, unless a directive at the very top says otherwise."""
    for line in _LINE.findall(text.removeprefix(_BOM)):
        directive = _DIRECTIVE.fullmatch(line)
        if directive is None:
            break
        if directive[1].lower() == "escape" and directive[2] in ("\\", "`"):
            return directive[2]
    return "\\"


def stages(text: str) -> tuple[tuple[Instruction, ...], tuple[Stage, ...]]:
    """The instructions before the first FROM, and the stages."""
    before: list[Instruction] = []
    found: list[list[Instruction]] = []
    for one in instructions(text):
        if one.keyword == "FROM":
            found.append([one])
        else:
            (found[-1] if found else before).append(one)
    return tuple(before), tuple(_stage(one) for one in found)


def settings(instruction: Instruction) -> Iterator[Setting]:
    """The variables that an ARG or ENV says, with their values and where these are written."""
    if instruction.keyword not in ("ARG", "ENV"):
        return
    old = _OLD_ENV.fullmatch(instruction.code)
    if old is not None and "=" not in old["plain"].split()[0]:
        yield _setting(old, instruction.start)
        return
    body = _KEYWORD.match(instruction.code)
    for match in _ARG.finditer(instruction.code, body.end() if body else 0):
        yield _setting(match, instruction.start)


def _setting(match: re.Match[str], offset: int) -> Setting:
    groups = match.groupdict()
    kind = next((kind for kind in ("double", "single", "plain") if groups.get(kind) is not None), "name")
    value = groups[kind] if kind != "name" else None
    return Setting(match["name"], value, match.start(kind) + offset, match.end(kind) + offset)


def _stage(parts: list[Instruction]) -> Stage:
    match = _FROM.fullmatch(parts[0].code)
    return Stage(match[1] if match else "", (match[2] or "") if match else "", tuple(parts))


def _is_passed_over(line: str) -> bool:
    bare = line.removeprefix(_BOM).strip()
    return not bare or bare.startswith("#")


def _blank(text: str) -> str:
    return " " * len(text)


def _heredocs(code: str, lines: list[str], at: int) -> tuple[str, int]:
    """The here-documents that an instruction begins, their comments and ends blank, and the line after them."""
    said = ""
    for dash, _, name in _HEREDOC.findall(code):
        ends = (i for i in range(at, len(lines)) if _ends(lines[i], name, tabs=bool(dash)))
        end = next(ends, None)
        if end is None:
            break  # not one after all, or a file that BuildKit refuses
        said += "".join(_commentless(line) for line in lines[at:end]) + _blank(lines[end])
        at = end + 1
    return said, at


def _ends(line: str, name: str, *, tabs: bool) -> bool:
    bare = line.rstrip("\r\n")
    return (bare.lstrip("\t") if tabs else bare) == name


def _commentless(line: str) -> str:
    bare = line.rstrip("\r\n")
    return _blank(bare) + line[len(bare) :] if bare.lstrip().startswith("#") else line
