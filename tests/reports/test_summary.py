"""summary.md, read by a Markdown parser: what clusters say shows as it is and is never markup."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from markdown_it.token import Token

from domain.run import Run
from domain.verdict import Finding, Grade, Note, Outcome, Undecided
from reports import summary
from reports.text import one_line, visible
from tests.reports.samples import LABELS_DIFF, full, hostile, result, run

TEXT = st.text(st.characters() | st.sampled_from("`|\\*_<>[]()&#!~@:/.- \n"), min_size=1, max_size=40)


def parsed(told: str) -> list[Token]:
    return MarkdownIt("commonmark", {"html": True}).enable("table").enable("strikethrough").parse(told)


def shape_of(told: Run) -> list[str]:
    """The blocks and the inline markup of a summary, without its texts."""
    kinds = []
    for token in parsed(summary.render(told)):
        kinds.append(token.type)
        kinds += [child.type for child in token.children or () if child.type not in ("text", "text_special")]
    return kinds


def test_the_verdict_comes_first() -> None:
    lines = summary.render(full()).split("\n")
    assert lines[0] == "## packcheck: A fix failed: 4 findings are open"
    assert lines[2].endswith("writes: 4")
    assert "exit code 7: a fix failed, or an undo left something." in lines[4]
    assert "- Target `sandbox-edge`: sandbox: a simulation, v1.32.3, MicroK8s, Calico" in lines


def test_every_result_has_a_row_and_what_is_not_sound_its_details() -> None:
    told = summary.render(full())
    rows = [line for line in told.split("\n") if line.startswith("| `packs/")]
    assert len(rows) == len(full().results)
    assert (
        rows[0]
        == "| `packs/upgrade-pod` | `sandbox-edge` | medium | **FIX FAILED** | 1 finding: Pod/default/upgrade-pod |"
    )
    assert "### FIXED: `packs/namespace-labels` on `sandbox-edge`" in told
    assert "### SKIPPED" not in told
    assert "```sh\nkubectl delete pod upgrade-pod --namespace default\n```" in told
    assert f"```diff\n{LABELS_DIFF}```" in told
    assert "- Undecided `Node/worker-7`: its kernel is not known. Would help: `--hosts=nodes`" in told
    assert "; the server answered 403" in told


def test_a_run_without_anything() -> None:
    told = summary.render(run(targets=(), exit_code=5))
    assert "Nothing was decided" in told
    assert "No target was named." in told
    assert "|" not in told


def test_long_lists_are_counted() -> None:
    findings = tuple(Finding(f"Namespace/n{n}", Grade.LIKELY, "odd") for n in range(103))
    told = summary.render(run(result(Outcome.FAILED, findings=findings)))
    assert "Namespace/n99" in told
    assert "Namespace/n100" not in told
    assert "3 more findings: report.html and run.json have all." in told


@pytest.mark.parametrize(
    ("text", "markdown"),
    [
        ("a `b` *c* _d_", "a \\`b\\` \\*c\\* \\_d\\_"),
        ("<img src=x>", "&#60;img src=x&#62;"),
        ("a|b\\", "a&#124;b&#92;"),
        ("see https://x.y and www.z", "see https&#58;//x.y and www&#46;z"),
        ("@ops [a](b) #1", "&#64;ops \\[a\\](b) \\#1"),
        ("two\nlines", "two lines"),
    ],
)
def test_escaped(text: str, markdown: str) -> None:
    assert summary.escaped(text) == markdown


@given(TEXT)
def test_escaped_text_shows_as_it_is(text: str) -> None:
    (inline,) = [token for token in parsed(f"- x {summary.escaped(text)}") if token.type == "inline"]
    shown = "".join(child.content for child in inline.children or ())
    assert {child.type for child in inline.children or ()} <= {"text", "text_special"}
    assert shown == f"x {one_line(text)}".rstrip()


@given(TEXT.filter(lambda text: one_line(text) != ""))
def test_code_shows_as_it_is(text: str) -> None:
    (inline,) = [token for token in parsed(f"x {summary.code(text)}") if token.type == "inline"]
    assert [child.content for child in inline.children or () if child.type == "code_inline"] == [one_line(text)]


def test_no_code_is_said() -> None:
    assert summary.code("\n") == "(nothing)"


@given(TEXT)
def test_a_block_ends_where_it_should(text: str) -> None:
    told = parsed(summary.block(text, "sh") + "\n\nafter")
    assert next(token.type for token in told) == "fence"
    assert told[0].content.rstrip("\n") == visible(text).rstrip("\n")
    assert told[2].content == "after"


@given(TEXT.filter(lambda text: one_line(text) != ""))
def test_no_text_changes_a_summarys_shape(text: str) -> None:
    benign = "a|b" if "|" in text or "\\" in visible(text) else "a"
    assert shape_of(hostile(text)) == shape_of(hostile(benign))


def test_undecided_and_notes_are_told_of_sound_results_too() -> None:
    told = summary.render(run(result(undecided=(Undecided("Pod/x", "gone"),), notes=(Note("Pod/y", "look"),))))
    assert "- Undecided `Pod/x`: gone.\n" in told
    assert "- Note on `Pod/y`: look" in told
