"""A result where pytest would show a traceback."""

from io import StringIO

from _pytest._io import TerminalWriter

from domain.verdict import Outcome
from reports.longrepr import ResultRepr
from tests.reports.samples import METALLB, result

FAILED = result(Outcome.FAILED, findings=(METALLB,), reason="1 finding:\nNamespace/metallb-system", title="Stuck")


def test_it_is_written_as_wide_as_the_terminal_and_coloured() -> None:
    written = StringIO()
    tw = TerminalWriter(written)
    tw.fullwidth, tw.hasmarkup = 60, True
    ResultRepr(FAILED).toterminal(tw)
    first, *others = written.getvalue().splitlines()
    assert first == "\x1b[1m\x1b[31mStuck (high, prod-eu)\x1b[0m"
    assert others[:3] == [
        "",
        "Namespace/metallb-system (proven)",
        "    Admission keeps the pods of",
    ]


def test_it_has_one_line_for_summaries_and_a_text() -> None:
    shown = ResultRepr(FAILED)
    assert str(shown.reprcrash) == shown.reprcrash.message == "1 finding: Namespace/metallb-system"
    assert str(shown).startswith("Stuck (high, prod-eu)\n\nNamespace/metallb-system (proven)\n")
    assert ResultRepr(result(Outcome.ERROR)).reprcrash.message == "error"
