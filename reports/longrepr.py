"""A result in the place where pytest shows tracebacks: a finding is no defect of a check's source, so none is shown."""

from typing import NamedTuple, Protocol

from domain.run import Result
from domain.verdict import Outcome
from reports.text import finding_lines, one_line

WIDEST = 120
"""No text is set wider than this: lines that are longer are hard to read."""


class Writer(Protocol):
    """What pytest's TerminalWriter offers of what is used here."""

    fullwidth: int

    def line(self, s: str = "", **markup: bool) -> None:
        """Write a line."""
        ...


class Crash(NamedTuple):
    """What pytest's one-line summaries ask for; there is no place in a source to point at."""

    message: str

    def __str__(self) -> str:
        """The line of --tb=line."""
        return self.message


class ResultRepr:
    """Speaks the protocol of pytest's representations of exceptions: `toterminal`, `reprcrash` and str()."""

    def __init__(self, result: Result) -> None:
        self._result = result
        self.reprcrash = Crash(one_line(result.reason) or result.outcome.value)

    def toterminal(self, tw: Writer) -> None:
        """Write the findings, coloured where pytest colours."""
        first, *others = finding_lines(self._result, min(tw.fullwidth, WIDEST))
        tw.line(first, bold=True, red=self._result.outcome is not Outcome.WAIVED)
        for line in others:
            tw.line(line)

    def __str__(self) -> str:
        return "\n".join(finding_lines(self._result, WIDEST))
