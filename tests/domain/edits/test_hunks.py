import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.artifacts import FILES
from domain.conflicts import merge
from domain.edits import Unwritable, apply, are_made, hunks_between, lines_of, opposite
from domain.edits.hunks import LONG, holds_credential
from domain.edits.planned import FileTexts
from domain.plan import Hunk, Plan, Ref, WriteFile, action, diff, undo_text

LINES = st.lists(st.sampled_from(["a\n", "b\n", "c\r\n", "\n", "\ufeffd\n", "é\x0c\u2028\n"]), max_size=8).map("".join)
TEXTS = st.tuples(LINES, st.sampled_from(["", "end", "end\n"])).map("".join)


@given(TEXTS, TEXTS)
def test_hunks_make_the_one_of_the_other_and_back(before: str, after: str) -> None:
    hunks = hunks_between(before, after)
    assert apply(before, hunks) == after
    assert apply(after, opposite(hunks)) == before
    assert are_made(after, hunks) or not all(hunk.after for hunk in hunks)  # of lines that went, the same may follow
    assert (hunks == ()) == (before == after)


@given(
    st.text("ab{}", min_size=LONG, max_size=LONG + 20),
    st.integers(0, LONG - 1),
    st.text("xyz", max_size=4),
    st.integers(0, 9),
)
def test_of_a_long_line_only_the_part_that_differs_is_kept(line: str, at: int, new: str, gone: int) -> None:
    before, after = f"{line}\nend\n", f"{line[:at]}{new}{line[at + gone :]}\nend\n"
    hunks = hunks_between(before, after)
    assert apply(before, hunks) == after
    assert apply(after, opposite(hunks)) == before
    assert all(len(hunk.before[0]) <= LONG + 1 for hunk in hunks)


FLOW = "manifests: {env: {FELIX: on}, etcd: {password: S3CRET}}\n"


@pytest.mark.parametrize(
    ("before", "after", "parts"),
    [
        (FLOW, FLOW.replace("on}", "off}"), [("{FELIX: on}, etcd: {", "{FELIX: off}, etcd: {")]),
        ("{a: 1, token: S3CRET, b: 2}\n", "{a: 1, token: S3CRET, b: 3}\n", [(", b: 2}\n", ", b: 3}\n")]),
        ("token=S3CRET b\n", "token=S3CRET b c\n", [(" b\n", " b c\n")]),
        ("b token=S3CRET", "b a token=S3CRET", [("b token", "b a token")]),
        ("token=S3CRET,", "token=S3CRET,x", None),  # nothing that may be told stands beside it
        (
            f"x\n{FLOW}",
            f"y\n{FLOW.replace('on}', 'off}')}",
            [("x\n", "y\n"), ("FELIX: on", "FELIX: off")],
        ),
        ("token: S3CRET\n", "token: S3CRETs\n", None),
        ("a\n", "a: 1\ntoken: S3CRET\n", None),
    ],
)
def test_beside_what_differs_no_credential_is_written_down(
    before: str, after: str, parts: list[tuple[str, str]] | None
) -> None:
    hunks = hunks_between(before, after)
    assert apply(before, hunks) == after
    assert apply(after, opposite(hunks)) == before
    assert are_made(after, hunks)
    assert not are_made(before, hunks)
    assert any(holds_credential(hunk) for hunk in hunks) == (parts is None)
    for hunk, (gone, come) in zip(hunks, parts or (), strict=parts is not None):
        assert gone in hunk.before[0]
        assert come in hunk.after[0]
        assert "S3CRET" not in f"{hunk.before}{hunk.after}"


def test_a_change_of_a_credential_is_refused() -> None:
    files = FileTexts(lambda path: ("password: S3CRET\n", path))
    with pytest.raises(Unwritable, match=r"p\.yaml holds a credential"):
        files.written("p.yaml", lambda text: text.replace("S3CRET", "other"), "", "")


def test_several_parts_of_a_long_line_are_taken_back_together() -> None:
    line = "x" * 100
    text = f"{line}1{line}2{line}3\n"
    hunks = (Hunk(1, ("1",), ("one",), 100), Hunk(1, ("3",), ("",), 302), Hunk(1, ("2",), ("two",), 201))
    after = apply(text, hunks)
    assert after == f"{line}one{line}two{line}\n"
    assert apply(after, opposite(hunks)) == text


def test_lines_that_are_not_there_are_not_changed() -> None:
    assert apply("a\n", (Hunk(1, ("b\n",), ("c\n",)),)) is None
    assert apply("a\n", (Hunk(5, (), ("c\n",)),)) is None
    assert apply("a\n", (Hunk(1, ("b",), ("c",), 0),)) is None
    assert apply("a\n", (Hunk(3, ("b",), ("c",), 0),)) is None
    assert lines_of("a\x0cb\r\nc") == ["a\x0cb\r\n", "c"]


def test_what_is_made_is_known_by_its_lines() -> None:
    gone, come = Hunk(1, ("a\n",), ()), Hunk(1, (), ("a\n",))
    assert are_made("b\n", (gone,))
    assert not are_made("a\nb\n", (gone,))
    assert are_made("a\nb\n", (come,))
    assert not are_made("b\n", (come,))


def write(*hunks: Hunk, path: str = "p/a.yaml", sha256: str = "1") -> WriteFile:
    return WriteFile(ref=Ref(FILES, None, path, sha256), hunks=hunks, reason="because", command=f"# {hunks[0].line}")


def plan(subject: str, *changes: WriteFile) -> Plan:
    return Plan(target="t", scenario="s", remedy="r", subject=subject, changes=changes)


ONE, OTHER = Hunk(1, ("a\n",), ("A\n",)), Hunk(4, (), ("new\n",))


def test_what_several_plans_want_of_a_file_is_one_write() -> None:
    merged = merge(
        [plan("x", write(ONE)), plan("y", write(OTHER)), plan("z", write(ONE)), plan("w", write(ONE, path="b"))]
    )
    assert merged.refusals == ()
    assert [(str(step.change.ref), step.plans) for step in merged.steps] == [("p/a.yaml", (0, 1, 2)), ("b", (3,))]
    change = merged.steps[0].change
    assert isinstance(change, WriteFile)
    assert (change.hunks, change.command, change.reason) == ((ONE, OTHER), "# 1\n# 4", "because")
    assert merged.writes == 2
    assert action(change) == "write"
    assert undo_text(change) == "the lines from before are set again, where nobody changed them since"


def test_what_contradicts_in_a_file_is_refused() -> None:
    for hunk in (Hunk(1, ("a\n",), ("B\n",)), Hunk(1, ("a\n", "b\n"), ())):
        merged = merge([plan("x", write(ONE)), plan("y", write(hunk))])
        assert {refusal.subject for refusal in merged.refusals} == {"x", "y"}
        assert "both change p/a.yaml:1, to different lines" in merged.refusals[0].reason
    assert len(merge([plan("x", write(OTHER)), plan("y", write(Hunk(4, (), ("else\n",))))]).refusals) == 2
    moved = merge([plan("x", write(ONE)), plan("y", write(ONE, sha256="2"))])
    assert "p/a.yaml changed while it was planned" in moved.refusals[0].reason


def test_parts_of_one_line_go_together_unless_they_overlap() -> None:
    parts = [Hunk(1, ("abc",), ("x",), 10), Hunk(1, ("def",), ("y",), 13), Hunk(1, ("cd",), ("z",), 12)]
    assert merge([plan("x", write(parts[0])), plan("y", write(parts[1]))]).refusals == ()
    assert len(merge([plan("x", write(parts[0])), plan("y", write(parts[2]))]).refusals) == 2


def test_a_diff_shows_the_lines_that_change_and_nothing_beside_them() -> None:
    shown = diff(
        write(
            Hunk(2, ("a\r\n", "b\r\n"), ("A\r\n",)),
            Hunk(5, (), ("new\n",)),
            Hunk(9, ("gone\n",), ()),
            Hunk(12, ("1",), ("2",), 400),
        )
    )
    assert shown.splitlines() == [
        "--- p/a.yaml",
        "+++ p/a.yaml",
        "@@ -2,2 +2,1 @@",
        "-a",
        "-b",
        "+A",
        "@@ -4,0 +4,1 @@",
        "+new",
        "@@ -9,1 +8,0 @@",
        "-gone",
        "@@ -12,1 +11,1 @@",
        "-…1…",
        "+…2…",
    ]
