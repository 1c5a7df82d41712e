"""What packcheck adds to pytest-html's report (`--html`): columns, and findings instead of tracebacks.

pytest-html takes cells and node ids as HTML. Everything that goes there is escaped here, the node ids of all tests
too: a target's name, which stands in them, may be anything.
"""

from typing import Any

import msgspec
import pytest
from markupsafe import Markup

from domain.run import Result
from reports.text import label, visible

_COLUMNS = ("Scenario", "Target", "Severity", "Outcome")
_TEST_ID = 1
"""The place of the node id among pytest-html's own cells; ours are put before it."""


@pytest.hookimpl(optionalhook=True)
def pytest_html_results_table_header(cells: list[str]) -> None:
    """Add the headings."""
    cells[_TEST_ID:_TEST_ID] = [
        f'<th class="sortable" data-column-type="{name.lower()}">{name}</th>' for name in _COLUMNS
    ]


@pytest.hookimpl(optionalhook=True)
def pytest_html_results_table_row(report: Any, cells: list[str]) -> None:
    """Add the cells, and escape the node id."""
    phase = "" if report.when == "call" else f"::{report.when}"
    cells[_TEST_ID] = _cell("testId", f"{report.nodeid}{phase}")
    result = _result(report)
    said = (result.scenario, result.target, result.severity.value, label(result.outcome)) if result else ("",) * 4
    cells[_TEST_ID:_TEST_ID] = [_cell(name.lower(), text) for name, text in zip(_COLUMNS, said, strict=True)]


@pytest.hookimpl(optionalhook=True)
def pytest_html_results_table_html(report: Any, data: list[str]) -> None:
    """Show what a scenario came to as a table, in the place of the failure's text."""
    result = _result(report)
    rows = _rows(result) if result else []
    if rows:
        replaced = 1 if report.longreprtext or not report.sections else 0  # captured output stays below the table
        data[:replaced] = [str(Markup("<table>{}</table>").format(Markup("").join(rows)))]


def _result(report: Any) -> Result | None:
    told = getattr(report, "packcheck", None)
    return msgspec.convert(told, Result) if told else None


def _rows(result: Result) -> list[Markup]:
    rows = [_row(f.subject, f.grade.value, f.message, "\n".join(f.by_hand)) for f in result.findings]
    rows += [_row(u.subject, "undecided", u.reason, u.would_help or "") for u in result.undecided]
    rows += [_row(n.subject, "note", n.message, "") for n in result.notes]
    return rows + [_row(c.object, c.state.value, f"{c.action}: {c.reason}", c.command) for c in result.distinct_changes]


def _row(*texts: str) -> Markup:
    cells = Markup("").join(Markup("<td>{}</td>").format(visible(text)) for text in texts)
    return Markup("<tr>{}</tr>").format(cells)


def _cell(name: str, text: str) -> str:
    return str(Markup('<td class="col-{}">{}</td>').format(name, visible(text)))
