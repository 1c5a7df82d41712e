r"""The words of a result as plain lines: shared by the terminal, JUnit and pytest's own failure section.

Names and messages come from clusters and files that packcheck does not trust. `visible` is the one gate through
which every report passes them: what a terminal would obey, an XML file cannot hold or an eye cannot see is written
out as an escape (`\x1b`), so that it shows and does nothing.
"""

import re
import textwrap
from collections.abc import Iterable, Iterator, Sequence

from domain.run import Change, Result
from domain.verdict import Finding, Note, Outcome, Undecided
from reports.evidence import outline

_UNSAFE = re.compile(
    "["
    "\x00-\x08\x0b-\x1f\x7f-\x9f"  # control characters but tab and newline: escape sequences, bells, overwriting
    "\u061c\u200b\u200e\u200f\u2028-\u202e\u2060\u2066-\u2069\ufeff"  # unseen, or reverses what is read
    "\ufff9-\ufffb\ufffe\uffff\U000e0000-\U000e007f"  # not for interchange
    "\ud800-\udfff"  # half characters, as Python makes them of file names that are no UTF-8
    "]"
)

_EXPLAINED = (Outcome.WAIVED, Outcome.FIXED, Outcome.FIX_FAILED)
"""Outcomes whose reason says more than their findings do."""


def visible(text: str) -> str:
    """Give `text` with every character that acts or hides written out; tabs and newlines stay."""
    return _UNSAFE.sub(_escaped, text.replace("\r\n", "\n"))


def _escaped(match: re.Match[str]) -> str:
    code = ord(match[0])
    if code <= 0xFF:  # noqa: PLR2004  the width of the escape, as Python writes it
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code <= 0xFFFF else f"\\U{code:08x}"  # noqa: PLR2004  the same


def one_line(text: str) -> str:
    """Give `text` on one line, safe to show."""
    return " ".join(visible(text).split())


def label(outcome: Outcome) -> str:
    """Name an outcome as BEHAVIOUR.md shows it: FIX FAILED."""
    return outcome.value.replace("-", " ").upper()


def counted(count: int, noun: str) -> str:
    """`1 finding`, `2 findings`."""
    return f"{count} {noun}{'s' * (count != 1)}"


def wrapped(text: str, width: int, indent: str = "", first: str | None = None) -> list[str]:
    """Give the lines of `text`, safe to show and at most `width` columns where its words allow.

    Each begins with `indent`, the first with `first` where that is given. A word longer than a line stays whole,
    so that it can be copied.
    """
    lines: list[str] = []
    for line in visible(text).split("\n"):
        lines += textwrap.wrap(
            line,
            width,
            initial_indent=indent if lines or first is None else first,
            subsequent_indent=indent,
            break_long_words=False,
            break_on_hyphens=False,
        )
    return lines


def commands(by_hand: Iterable[str], indent: str) -> Iterator[str]:
    """Give commands as they are to be typed: never wrapped."""
    for command in by_hand:
        for line in visible(command).split("\n"):
            yield f"{indent}{line}"


def finding_lines(result: Result, width: int, *, evidence: bool = False, diff: bool = False) -> list[str]:
    """Everything a person needs of a result that is not sound, as lines of at most `width` columns.

    Findings first, then what could not be decided, the notes and the changes; commands stand on lines of their own
    and are never wrapped. `evidence` adds why each finding is believed, `diff` what each change changes.
    """
    lines = wrapped(f"{result.title or result.scenario} ({result.severity}, {result.target})", width)
    if result.reason and (result.outcome in _EXPLAINED or not (result.findings or result.undecided)):
        lines += wrapped(result.reason, width)
    for finding in result.findings:
        lines += _finding(finding, width, "" if finding.source == result.link else finding.source, evidence=evidence)
    lines += fixed_lines(result, width)
    lines += left_lines(result.left, width)
    lines += undecided_lines(result.undecided, width)
    lines += note_lines(result.notes, width)
    for change in result.distinct_changes:
        lines += change_lines(change, width, diff=diff)
    if result.link:
        lines += ["", f"runbook: {one_line(result.link)}"]
    return lines


def _finding(finding: Finding, width: int, source: str | None, *, evidence: bool) -> Iterator[str]:
    yield ""
    yield from wrapped(f"{one_line(finding.subject)} ({finding.grade})", width, "    ", "")
    yield from wrapped(finding.message, width, "    ")
    if source:
        yield from wrapped(f"source: {one_line(source)}", width, "      ", "    ")
    if evidence and finding.evidence:
        yield "    because:"
        for line in outline(finding.evidence):
            yield from wrapped(line, width, " " * (len(line) - len(line.lstrip()) + 8), "      ")
    if finding.by_hand:
        yield "    by hand:"
        yield from commands(finding.by_hand, "      ")


def undecided_lines(undecided: Sequence[Undecided], width: int, most: int | None = None) -> list[str]:
    """Say what could not be decided, once for each reason, with what would help.

    At most `most` subjects of a reason are named where that is given; the others are counted.
    """
    groups: dict[tuple[str, str | None], list[str]] = {}
    for u in undecided:
        groups.setdefault((u.reason, u.would_help), []).append(one_line(u.subject))
    lines: list[str] = []
    for (reason, would_help), subjects in groups.items():
        named = ", ".join(subjects[:most])
        more = f" and {len(subjects) - most} more" if most is not None and len(subjects) > most else ""
        lines += wrapped(f"undecided: {named}{more}", width, "    ", "")
        lines += wrapped(reason, width, "    ")
        if would_help:
            lines += wrapped(f"would help: {one_line(would_help)}", width, "      ", "    ")
    return ["", *lines] if lines else []


def fixed_lines(result: Result, width: int) -> list[str]:
    """Name what was fixed where findings stay open besides."""
    if not result.fixed or result.outcome is Outcome.FIXED:
        return []
    said = f"fixed and verified: {', '.join(map(one_line, result.fixed))}"
    return ["", *wrapped(said, width, "    ", "")]


def left_lines(left: Iterable[str], width: int) -> list[str]:
    """Say which remedies were refused or not begun, and why."""
    lines = [line for one in left for line in wrapped(f"left: {one_line(one)}", width, "    ", "")]
    return ["", *lines] if lines else []


def note_lines(notes: Iterable[Note], width: int) -> list[str]:
    """Say what is for a person's eye."""
    lines: list[str] = []
    for note in notes:
        lines += wrapped(f"{one_line(note.subject)}: {one_line(note.message)}", width, "    ", "note: ")
    return ["", *lines] if lines else []


def change_lines(change: Change, width: int, *, diff: bool = False) -> list[str]:
    """Say what a change is and what became of it; `diff` adds the diff and the command a person would type."""
    lines = ["", *wrapped(f"{change.state}: {change.action} {one_line(change.object)}", width, "    ", "")]
    for name in ("reason", "message", "risk", "undo", "rollback"):
        if value := getattr(change, name):
            lines += wrapped(f"{name}: {one_line(value)}", width, "      ", "    ")
    for warning in change.warnings:
        lines += wrapped(f"warning: {one_line(warning)}", width, "      ", "    ")
    if diff and change.diff:
        lines += [f"      {line}" for line in visible(change.diff).rstrip("\n").split("\n")]
    if diff and change.command:
        lines += ["    by hand:", *commands([change.command], "      ")]
    return lines
