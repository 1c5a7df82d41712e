"""The gate's file."""

from pathlib import Path

import pytest

from reports import gate

KNOWN = ("packs/a", "packs/b")


def test_ids_one_a_line_with_comments(tmp_path: Path) -> None:
    path = tmp_path / "gate"
    path.write_text("# must be decided\n\n  packs/b  # why\npacks/a\npacks/b\n")
    assert gate.read(path, KNOWN) == ("packs/b", "packs/a")


def test_a_list_of_yaml_names_the_same(tmp_path: Path) -> None:
    (tmp_path / "gate").write_text("# must be\n- packs/b  # why\n-   'packs/a'\n- \"packs/b\"\n")
    assert gate.read(tmp_path / "gate", KNOWN) == ("packs/b", "packs/a")


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"packs/c\npacks/a\n", r"no such scenario: packs/c; there are: packs/a, packs/b"),
        (b"# nothing\n", "it names no scenario"),
        (b"\xff\xfe", "this is no text file"),
    ],
)
def test_what_would_gate_nothing_is_refused(tmp_path: Path, content: bytes, said: str) -> None:
    (tmp_path / "gate").write_bytes(content)
    with pytest.raises(pytest.UsageError, match=said):
        gate.read(tmp_path / "gate", KNOWN)


def test_a_file_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(pytest.UsageError, match="No such file"):
        gate.read(tmp_path / "gate", KNOWN)


def test_where_the_scenarios_are_not_known_any_id_will_do(tmp_path: Path) -> None:
    (tmp_path / "gate").write_text("packs/c")
    assert gate.read(tmp_path / "gate", None) == ("packs/c",)
