"""Lines for people: nothing acts on a terminal, nothing is lost, commands can be copied."""

import unicodedata

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.run import Change, ChangeState
from domain.verdict import Finding, Grade, Note, Outcome, Undecided
from reports.text import change_lines, counted, finding_lines, one_line, undecided_lines, visible, wrapped
from tests.reports.samples import DELETE, LABEL, LABELS_DIFF, LEFT, METALLB, hostile, result

ACTING = ("Cc", "Cs", "Zl", "Zp")


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain ü 漢 👩‍💻", "plain ü 漢 👩‍💻"),
        ("\x1b[31mred", "\\x1b[31mred"),
        ("a\rb", "a\\x0db"),
        ("a\r\nb\tc", "a\nb\tc"),
        ("\x9b1m\x7f", "\\x9b1m\\x7f"),
        ("txt.\u202efdp", "txt.\\u202efdp"),
        ("\udce4", "\\udce4"),
        ("\ufffe\u200b", "\\ufffe\\u200b"),
        ("\U000e0041", "\\U000e0041"),
    ],
)
def test_what_acts_or_hides_is_written_out(text: str, shown: str) -> None:
    assert visible(text) == shown


@given(st.text(st.characters()))
def test_no_text_acts(text: str) -> None:
    assert not [c for c in visible(text) if unicodedata.category(c) in ACTING and c not in "\n\t"]
    assert not [c for c in one_line(text) if unicodedata.category(c) in ACTING]
    visible(text).encode()


@given(st.text(st.characters(), min_size=1))
def test_no_line_of_a_result_acts(text: str) -> None:
    for told in hostile(text).results:
        for line in finding_lines(told, 80, evidence=True, diff=True):
            assert not [c for c in line if unicodedata.category(c) in ACTING and c != "\t"]


@given(st.text(st.sampled_from("ab -\n")), st.integers(20, 120))
def test_wrapping_loses_no_word_and_keeps_to_its_columns(text: str, width: int) -> None:
    lines = wrapped(text, width, "    ", "  ")
    assert " ".join(lines).split() == text.split()
    assert all(len(line) <= width or len(line.split()) == 1 for line in lines)


def test_a_finding_is_whole_and_its_commands_are_never_wrapped() -> None:
    lines = finding_lines(result(Outcome.FAILED, findings=(METALLB,), title="Stuck pods"), 80, evidence=True)
    assert lines[:3] == ["Stuck pods (high, prod-eu)", "", "Namespace/metallb-system (proven)"]
    assert [f"      {command}" for command in METALLB.by_hand] == lines[-3:]
    assert "      enforced level: baseline" in lines
    assert all(len(line) <= 80 for line in lines if "kubectl" not in line and "https" not in line)


def test_commands_of_several_lines_stay_as_they_are() -> None:
    finding = Finding("Node/n", Grade.LIKELY, "odd", by_hand=("cat <<E\n  x\nE",))
    assert finding_lines(result(Outcome.FAILED, findings=(finding,)), 80)[-4:] == [
        "    by hand:",
        "      cat <<E",
        "        x",
        "      E",
    ]


def test_the_same_reason_is_said_once_for_all_its_subjects() -> None:
    undecided = [Undecided(f"Node/n{n}", "not read", "--hosts=nodes") for n in range(8)] + [Undecided("Pod/x", "gone")]
    assert undecided_lines(undecided, 80, most=2) == [
        "",
        "undecided: Node/n0, Node/n1 and 6 more",
        "    not read",
        "    would help: --hosts=nodes",
        "undecided: Pod/x",
        "    gone",
    ]
    assert "Node/n7" in "".join(undecided_lines(undecided, 80))
    assert undecided_lines([], 80) == []


def test_a_waiver_and_a_skip_give_their_reason() -> None:
    waived = result(Outcome.WAIVED, reason="until May", findings=(METALLB,))
    assert finding_lines(waived, 80)[1] == "until May"
    assert finding_lines(result(Outcome.SKIPPED, reason="no hosts"), 80) == [
        "packs/namespace-labels (high, prod-eu)",
        "no hosts",
    ]
    failed = result(Outcome.FAILED, reason="1 finding: …", findings=(METALLB,))
    assert "1 finding: …" not in finding_lines(failed, 80)


def test_a_change_tells_what_became_of_it() -> None:
    lines = change_lines(DELETE, 100, diff=True)
    assert lines[:2] == ["", "failed: delete Pod/default/upgrade-pod"]
    assert "    undo: irreversible: the pod is finished and nothing makes it again" in lines
    assert "    warning: policy/v1beta1 is deprecated" in lines
    assert lines[-1] == "      kubectl delete pod upgrade-pod --namespace default"
    drawn = change_lines(LABEL, 100, diff=True)
    assert [line.removeprefix("      ") for line in drawn if line.startswith("      ")][:-1] == LABELS_DIFF.split("\n")[
        :-1
    ]
    assert not [line for line in change_lines(LABEL, 100) if "@@" in line]
    bare = Change(id="1", action="wait", object="Pod/x", state=ChangeState.UNCHANGED, reason="")
    assert change_lines(bare, 100, diff=True) == ["", "unchanged: wait Pod/x"]


def test_notes_changes_and_the_runbook_end_a_result() -> None:
    told = result(notes=(Note("Pod/x", "look"),), changes=(LABEL,), link="https://example.org/x")
    lines = finding_lines(told, 80)
    assert lines.index("note: Pod/x: look") < lines.index("applied: patch Namespace/metallb-system")
    assert lines[-1] == "runbook: https://example.org/x"


def test_a_refusal_is_said() -> None:
    assert f"left: {LEFT}" in finding_lines(result(Outcome.FAILED, findings=(METALLB,), left=(LEFT,)), 200)


def test_why_a_fix_failed_is_said_beside_its_findings() -> None:
    told = result(Outcome.FIX_FAILED, findings=(METALLB,), reason="the remedy did not clear the finding")
    assert finding_lines(told, 80)[1] == "the remedy did not clear the finding"


def test_counting() -> None:
    assert [counted(n, "finding") for n in (0, 1, 2)] == ["0 findings", "1 finding", "2 findings"]


def test_a_change_that_findings_share_is_told_once() -> None:
    shared = msgspec.structs.replace(LABEL, subject="Namespace/monitoring")
    lines = finding_lines(result(changes=(LABEL, shared)), 80)
    assert lines.count("applied: patch Namespace/metallb-system") == 1


def test_what_was_fixed_is_named_where_others_stay_open() -> None:
    lines = finding_lines(result(Outcome.FAILED, findings=(METALLB,), fixed=("Namespace/a",)), 80)
    assert "fixed and verified: Namespace/a" in lines
