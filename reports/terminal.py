"""What a run says in the terminal after pytest's own output: each target's results, worst first, and the verdict.

`-q` leaves a line for each result that is not sound, `-qq` the verdict alone; `-v` says everything of everything.
"""

from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import NamedTuple

from domain.run import Mode, Result, Run
from domain.verdict import Outcome, Skip
from reports import earlier, tally
from reports.text import (
    change_lines,
    counted,
    finding_lines,
    fixed_lines,
    label,
    left_lines,
    note_lines,
    one_line,
    undecided_lines,
    wrapped,
)

_PLAIN: Mapping[str, bool] = MappingProxyType({})
_COLOURS: Mapping[Outcome, Mapping[str, bool]] = MappingProxyType(
    {
        Outcome.FIX_FAILED: {"red": True, "bold": True},
        Outcome.FAILED: {"red": True},
        Outcome.ERROR: {"red": True},
        Outcome.FIXED: {"green": True},
        Outcome.WAIVED: {"yellow": True},
    }
)
_SOUND = frozenset({Outcome.PASSED, Outcome.SKIPPED})
_SUBJECTS = 5
"""So many subjects of a reason are named; -v names all."""


_NOBODY = ("no target was named", "no target that was named can tell")


class Part(NamedTuple):
    """A piece of a line and pytest's markup for it."""

    text: str
    markup: Mapping[str, bool] = _PLAIN


Line = tuple[Part, ...]


class Shown(NamedTuple):
    """How the terminal is to show a run: its columns, pytest's verbosity, and what stands beside the record."""

    width: int
    verbosity: int
    report: str
    left: tuple[str, ...] = ()
    not_decided: tuple[str, ...] = ()


def lines(run: Run, shown: Shown) -> Iterator[Line]:
    """Give the lines of a run's summary."""
    if shown.verbosity >= -1:
        for target_id in tally.target_ids(run):
            results = [r for r in tally.worst_first(run.results) if r.target == target_id]
            yield from _target(run, target_id, results, shown)
    yield from _plain(wrapped(", ".join(tally.parts(run)), shown.width, "  ", ""), {"bold": True})
    for sentence in shown.left:
        yield from _plain(wrapped(f"left: {one_line(sentence)}", shown.width, "  ", ""), {"red": True})
    for sentence in run.waivers:
        yield from _plain(wrapped(f"waivers: {one_line(sentence)}", shown.width, "  ", ""), {"yellow": True})
    if run.compared is not None:
        for sentence in (earlier.headline(run.compared), *earlier.sentences(run.compared)):
            yield from _plain(wrapped(one_line(sentence), shown.width, "  ", ""))
    if shown.not_decided:
        said = f"--gate: not decided: {', '.join(map(one_line, shown.not_decided))}"
        yield from _plain(wrapped(said, shown.width, "  ", ""), {"red": True})
    yield (Part(f"exit code {run.exit_code}: {tally.exit_meaning(run)}"),)
    if shown.report:
        yield (Part(f"report: {one_line(shown.report)}"),)


def _target(run: Run, target_id: str, results: list[Result], shown: Shown) -> Iterator[Line]:
    record = next((target for target in run.targets if target.id == target_id), None)
    described = tally.describe(record) if record else _NOBODY[bool(run.targets)]
    yield from _plain(wrapped(f"{one_line(target_id)}: {one_line(described)}", shown.width, "    ", ""), {"bold": True})
    if record and record.error:
        yield from _plain(wrapped(f"could not be read: {one_line(record.error)}", shown.width, "    ", "  "))
    for result in results:
        if result.outcome not in _SOUND or shown.verbosity > 0:
            yield from _result(run, result, shown)
    if shown.verbosity == 0:
        yield from _sound(results, shown.width)
    yield ()


def _result(run: Run, result: Result, shown: Shown) -> Iterator[Line]:
    yield (
        Part(f"  {label(result.outcome):<11}", _COLOURS.get(result.outcome, _PLAIN)),
        Part(f"{result.severity:<9}{one_line(result.scenario)}{_counts(result)}"),
    )
    if shown.verbosity < 0:
        return
    room = shown.width - 6
    for line in _said(run, result, shown, room):
        yield (Part(f"      {line}".rstrip()),)


def _said(run: Run, result: Result, shown: Shown, room: int) -> Iterator[str]:
    verbose = shown.verbosity > 0
    if result.outcome in _SOUND:
        yield from wrapped(result.reason, room)
        yield from note_lines(result.notes, room)[1:]
    elif verbose or result.outcome is Outcome.FIX_FAILED:  # which pytest's own FAILURES leave out
        yield from finding_lines(result, room, evidence=verbose, diff=verbose)
    else:
        yield from _briefly(result, room)
        for change in result.distinct_changes:
            if run.mode is Mode.PLAN:
                yield from change_lines(change, room, diff=True)
            else:
                yield from wrapped(f"{change.state}: {change.action} {one_line(change.object)}", room, "  ", "")


def _briefly(result: Result, room: int) -> Iterator[str]:
    if result.outcome is Outcome.WAIVED:
        yield from wrapped(result.reason, room)
    for finding in result.findings[:1]:
        yield from wrapped(
            f"{one_line(finding.subject)} ({finding.grade}): {one_line(finding.message)}", room, "  ", ""
        )
    if len(result.findings) > 1:
        yield f"and {counted(len(result.findings) - 1, 'more finding')}"
    if not (result.findings or result.undecided):
        yield from wrapped(result.reason, room)
    yield from fixed_lines(result, room)[1:]
    yield from left_lines(result.left, room)[1:]
    yield from undecided_lines(result.undecided, room, _SUBJECTS)[1:]


def _counts(result: Result) -> str:
    said = [counted(len(result.findings), "finding")] if result.findings else []
    said += [f"{len(result.undecided)} undecided"] if result.undecided else []
    said += [counted(len(result.notes), "note")] if result.notes else []
    return f"  ({', '.join(said)})" if said else ""


def _sound(results: list[Result], width: int) -> Iterator[Line]:
    groups = {
        "passed": [r for r in results if r.outcome is Outcome.PASSED],
        "not applicable": [r for r in results if r.skip is Skip.NOT_APPLICABLE],
        "not asked": [r for r in results if r.skip is Skip.NOT_ASKED],
    }
    for name, group in groups.items():
        if group:
            yield from _plain(wrapped(f"{name}: {', '.join(r.scenario for r in group)}", width, "    ", "  "))
    for result in results:
        if result.outcome is Outcome.PASSED:
            yield from _plain(f"  {line}".rstrip() for line in note_lines(result.notes, width - 2)[1:])


def _plain(texts: Iterator[str] | list[str], markup: Mapping[str, bool] = _PLAIN) -> Iterator[Line]:
    for text in texts:
        yield (Part(text, markup),)
