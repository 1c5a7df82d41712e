"""junit.xml, read with another parser than it is written with."""

from xml.etree import ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.verdict import Outcome, Skip
from reports import junit
from tests.reports.samples import LABEL, METALLB, UNREAD, full, hostile, result, run


def suites(told: bytes) -> list[ET.Element]:
    return ET.fromstring(told).findall("testsuite")  # noqa: S314  our own


def properties(case: ET.Element) -> dict[str, str]:
    return {p.attrib["name"]: p.attrib["value"] for p in case.iterfind("properties/property")}


def test_one_suite_a_target_and_one_case_a_scenario() -> None:
    prod, sandbox = suites(junit.render(full()))
    assert (prod.attrib["name"], sandbox.attrib["name"]) == ("prod-eu", "sandbox-edge")
    numbers = [[int(s.attrib[n]) for n in ("tests", "failures", "errors", "skipped")] for s in (prod, sandbox)]
    assert numbers == [[6, 1, 1, 3], [5, 2, 0, 1]]
    assert [case.attrib["name"] for case in prod.iterfind("testcase")] == [
        r.scenario for r in full().results if r.target == "prod-eu"
    ]
    assert properties(prod)["target"] == "cluster, as ops@example, https://k8s.prod-eu.example:6443, v1.33.4"
    assert properties(sandbox)["mode"] == "remediate"


def test_a_target_without_a_record_has_a_suite_too() -> None:
    (none,) = suites(junit.render(run(result(target="none"), targets=())))
    assert none.attrib["name"] == "none"
    assert "target" not in properties(none)


@pytest.mark.parametrize(
    ("outcome", "tag"),
    [
        (Outcome.FAILED, "failure"),
        (Outcome.FIX_FAILED, "failure"),
        (Outcome.ERROR, "error"),
        (Outcome.SKIPPED, "skipped"),
        (Outcome.WAIVED, "skipped"),
        (Outcome.PASSED, None),
        (Outcome.FIXED, None),
    ],
)
def test_outcomes(outcome: Outcome, tag: str | None) -> None:
    (suite,) = suites(junit.render(run(result(outcome, reason="the reason"))))
    (case,) = suite.iterfind("testcase")
    told = [child for child in case if child.tag in ("failure", "error", "skipped")]
    assert [child.tag for child in told] == ([tag] if tag else [])
    assert [child.attrib["message"] for child in told] == (["the reason"] if tag else [])
    assert properties(case)["outcome"] == outcome.value


def test_a_failure_holds_what_a_person_needs() -> None:
    (suite,) = suites(junit.render(run(result(Outcome.FAILED, findings=(METALLB,), undecided=(UNREAD,)))))
    failure = suite.find("testcase/failure")
    assert failure is not None
    assert failure.attrib == {"message": "failed", "type": "failed"}
    for said in ("Namespace/metallb-system (proven)", "enforced level: baseline", *METALLB.by_hand, UNREAD.reason):
        assert said in (failure.text or "")


def test_what_was_fixed_is_told_with_its_changes() -> None:
    (suite,) = suites(
        junit.render(run(result(Outcome.FIXED, findings=(METALLB,), changes=(LABEL,), link="https://x.y")))
    )
    (case,) = suite.iterfind("testcase")
    assert properties(case) == {
        "outcome": "fixed",
        "severity": "high",
        "runbook": "https://x.y",
        "change packs/namespace-labels/1": "applied: patch Namespace/metallb-system",
    }
    assert "metallb-system" in (case.findtext("system-out") or "")


def test_why_a_scenario_was_skipped_is_its_type() -> None:
    (suite,) = suites(junit.render(run(result(Outcome.SKIPPED, skip=Skip.NOT_ASKED, reason="no hosts"))))
    skipped = suite.find("testcase/skipped")
    assert skipped is not None
    assert skipped.attrib == {"message": "no hosts", "type": "not-asked"}


@given(st.text(st.characters(), min_size=1, max_size=30))
def test_any_text_makes_xml(text: str) -> None:
    (suite,) = suites(junit.render(hostile(text)))
    assert len(list(suite.iterfind("testcase"))) == len(Outcome)
