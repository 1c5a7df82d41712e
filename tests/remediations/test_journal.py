"""The journal is true after a crash at any byte, and nothing else is taken for one."""

from pathlib import Path
from typing import Any

import msgspec
import pytest

from domain.plan import Cluster, DeleteObject, Edit, PatchObject, Ref
from domain.resources import NAMESPACES, PODS
from remediations.journal import Begun, Intent, Journal, JournalError, Outcome, read
from remediations.undo import journal_of, to_take_back

LABEL = PatchObject(
    ref=Ref(NAMESPACES, None, "a", "u1"),
    edits=(Edit("/metadata/labels/x", None, "y"),),
    reason="why",
    command="kubectl label",
)
DELETE = DeleteObject(
    ref=Ref(PODS, "a", "p", "u2"), reason="why", command="kubectl delete", irreversible="it is gone then"
)


@pytest.fixture
def written(tmp_path: Any) -> Any:
    journal = Journal(tmp_path, "r1", "0", [Cluster("prod", "c1")])
    first = journal.intend("prod", "packs/x", LABEL, {"/metadata/labels/x": None})
    journal.result(first, "applied", after={"/metadata/labels/x": "y"})
    second = journal.intend("prod", "packs/x", DELETE, {})
    journal.result(second, "failed", "no")
    third = journal.intend("prod", "packs/x", DELETE, {})
    journal.close()
    assert third == 3
    return journal.path


def test_what_is_written_is_read_back(written: Any) -> None:
    begun, first, applied, *_ = read(written)
    assert isinstance(begun, Begun)
    assert begun.clusters == (Cluster("prod", "c1"),)
    assert isinstance(first, Intent)
    assert first.change == LABEL
    assert isinstance(applied, Outcome)
    assert applied.after == {"/metadata/labels/x": "y"}


def test_newest_first_and_without_what_failed(written: Any) -> None:
    assert [t.name for t in to_take_back(written)] == ["r1#3", "r1#1"]


def test_torn_at_any_byte_it_is_still_a_journal(written: Any) -> None:
    whole = written.read_bytes()
    first_line = whole.index(b"\n") + 1
    names = {t.name for t in to_take_back(written)} | {"r1#2"}
    for end in range(first_line, len(whole)):
        written.write_bytes(whole[:end])
        assert {t.name for t in to_take_back(written)} <= names


def test_second_run_in_the_same_folder_goes_on_numbering_even_after_a_torn_line(written: Any, tmp_path: Any) -> None:
    written.write_bytes(written.read_bytes()[:-7])
    journal = Journal(tmp_path, "r2", "0", [Cluster("prod", "c1")])
    number = journal.intend("prod", "packs/x", LABEL, {})
    journal.close()
    assert to_take_back(written)[0].name == f"r2#{number}"
    assert len({t.name for t in to_take_back(written)}) == len(to_take_back(written))


def test_what_was_taken_back_in_the_same_journal_is_not_taken_back_again(tmp_path: Any) -> None:
    journal = Journal(tmp_path, "r1", "0", [])
    first = journal.intend("prod", "s", LABEL, {})
    journal.result(first, "applied")
    back = journal.intend("prod", "s", LABEL, {}, takes_back="r1#1")
    journal.result(back, "applied")
    journal.close()
    assert to_take_back(journal.path) == []


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "does not begin with a run"),
        (b"hello\nworld\n", "no line of a journal"),
        (b'{"line": "result", "number": 1, "at": "", "state": "applied"}\n', "does not begin with a run"),
        (b'{"line": "run", "schema": "packcheck.journal/9", "run": "r"}\n', "of version 'packcheck.journal/9'"),
        (b"\xff\xfe\n{}\n", "no line of a journal"),
    ],
)
def test_what_is_no_journal_is_said_to_be_none(tmp_path: Any, content: Any, words: Any) -> None:
    path = tmp_path / "changes.jsonl"
    path.write_bytes(content)
    with pytest.raises(JournalError, match=words):
        to_take_back(path)


def test_garbage_in_the_middle_is_no_torn_end(written: Any) -> None:
    lines = written.read_bytes().split(b"\n")
    lines[2] = lines[2][:10]
    written.write_bytes(b"\n".join(lines))
    with pytest.raises(JournalError, match=":3: this is no line"):
        read(written)


def test_run_that_wrote_nothing_has_no_journal(tmp_path: Any) -> None:
    with pytest.raises(JournalError, match="wrote nothing"):
        journal_of(str(tmp_path))


def test_each_line_is_json_of_its_own(written: Any) -> None:
    for line in written.read_bytes().splitlines():
        assert isinstance(msgspec.json.decode(line), dict)


def test_what_cannot_be_read_says_why(tmp_path: Path) -> None:
    with pytest.raises(JournalError, match="cannot be read: Is a directory"):
        read(tmp_path)
