"""How lines of files are changed, looked at and taken back: the kind of change by itself."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from domain.artifacts import FILES
from domain.edits import hunks_between
from domain.plan import Ref, WriteFile
from fixtures.artifacts.targets import ArtifactStore
from fixtures.artifacts.writing import FileWriter, digest
from fixtures.errors import ReadError
from fixtures.store import Store
from remediations.in_files import InFiles
from remediations.kinds import kind_of
from remediations.patching import Moved

BEFORE, AFTER = "a: 1\nb: 2\n", "a: 1\nb: 3\nc: 4\n"


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "values.yaml"
    path.write_text(BEFORE)
    return path


@pytest.fixture
def change(file: Path) -> WriteFile:
    ref = Ref(FILES, None, file.name, digest(file.read_bytes()))
    return WriteFile(ref=ref, hunks=hunks_between(BEFORE, AFTER), reason="", command="")


def hand(file: Path) -> Any:
    return SimpleNamespace(store=ArtifactStore(file.parent), writer=FileWriter(file.parent, dry_run=False))


def test_a_change_is_made_once_and_taken_back(file: Path, change: WriteFile) -> None:
    kind: Any = kind_of(change)
    held = hand(file)
    assert isinstance(kind, InFiles)
    current = kind.look(held.store, change)
    assert current is not None
    assert kind.left_to_do(change, current) is change
    kind.check(change, current, ())
    assert kind.touched(change, current) == {"sha256": change.ref.uid}
    assert list(kind.rights(change)) == []
    kind.request(change, current, held)()
    assert file.read_text() == AFTER
    made = kind.look(held.store, change)
    assert made is not None
    assert kind.left_to_do(change, made) is None
    kind.check(change, made, ())
    back = cast("WriteFile", kind.opposite(change))
    assert kind.left_to_do(back, made) is back
    assert kind.vanished(change, made) == ""
    kind.request(back, made, held)()
    assert file.read_text() == BEFORE
    assert kind.left_to_do(back, kind.look(held.store, back)) is None


def test_what_moved_is_left_alone(file: Path, change: WriteFile) -> None:
    kind, held = InFiles(), hand(file)
    for text in (BEFORE + "# more\n", "b: 2\n"):
        file.write_text(text)
        current = kind.look(held.store, change)
        assert current is not None
        with pytest.raises(Moved, match=r"values\.yaml is not what it was"):
            kind.check(change, current, ())
        with pytest.raises(Moved):
            kind.request(change, current, held)
        assert file.read_text() == text


def test_what_is_gone_is_said(file: Path, change: WriteFile) -> None:
    kind, held = InFiles(), hand(file)
    file.unlink()
    assert kind.look(held.store, change) is None
    assert kind.left_to_do(change, None) is change
    assert kind.vanished(change, None) == "the file is gone, and what was changed in it"
    with pytest.raises(Moved, match="it is gone"):
        kind.check(change, None, ())


def test_a_target_that_is_no_files_has_none(change: WriteFile) -> None:
    with pytest.raises(ReadError, match=r"values\.yaml is a file, and this target has none"):
        InFiles().look(Store(lambda: None), change)  # type: ignore[arg-type, return-value]
