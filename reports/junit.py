"""junit.xml: one test suite a target and one test case a scenario, for everything that reads JUnit."""

import io

from junitparser import Error, Failure, JUnitXml, Properties, Property, Skipped, SystemOut, TestCase, TestSuite
from junitparser.junitparser import FinalResult

from domain.run import Result, Run
from domain.verdict import Outcome
from reports.tally import describe, target_ids
from reports.text import finding_lines, one_line, visible

_WIDTH = 110


def render(run: Run) -> bytes:
    """Write a run as JUnit XML."""
    records = {target.id: target for target in run.targets}
    xml = JUnitXml("packcheck")
    for target_id in target_ids(run):
        suite = TestSuite(visible(target_id))
        suite.timestamp = visible(run.started)
        if target_id in records:
            suite.add_property("target", visible(describe(records[target_id])))
        suite.add_property("mode", run.mode.value)
        for result in run.results:
            if result.target == target_id:
                suite.add_testcase(_case(result))
        xml.add_testsuite(suite)
    xml.update_statistics()  # type: ignore[no-untyped-call]  # junitparser types only a part of itself
    out = io.BytesIO()
    xml.write(out)
    return out.getvalue()


def _case(result: Result) -> TestCase:
    case = TestCase(visible(result.scenario), visible(result.target), result.duration_s)
    case.append(_properties(result))  # type: ignore[no-untyped-call]  # the same
    if came_to := _came_to(result):
        case.result = [came_to]
    elif result.notes or result.undecided or result.changes:
        lines = finding_lines(result, _WIDTH, evidence=True)
        case.append(SystemOut("\n".join(lines)))  # type: ignore[no-untyped-call]  # the same
    return case


def _properties(result: Result) -> Properties:
    properties = Properties()  # type: ignore[no-untyped-call]  # the same
    properties.add_property(Property("outcome", result.outcome.value))
    properties.add_property(Property("severity", result.severity.value))
    if result.link:
        properties.add_property(Property("runbook", visible(result.link)))
    for change in result.changes:
        said = one_line(f"{change.state}: {change.action} {change.object}")
        properties.add_property(Property(f"change {visible(change.id)}", said))
    return properties


def _came_to(result: Result) -> FinalResult | None:
    reason = one_line(result.reason)
    match result.outcome:
        case Outcome.SKIPPED | Outcome.WAIVED:
            return Skipped(reason or result.outcome.value, result.skip.value if result.skip else result.outcome.value)
        case Outcome.FAILED | Outcome.FIX_FAILED:
            came_to: FinalResult = Failure(reason or result.outcome.value, result.outcome.value)
        case Outcome.ERROR:
            came_to = Error(reason or result.outcome.value, result.outcome.value)
        case _:
            return None
    came_to.text = "\n".join(finding_lines(result, _WIDTH, evidence=True))
    return came_to
