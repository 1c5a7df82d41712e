"""What cannot be said in cases: files that were not read, and files that nobody would write."""

from domain.artifacts import Artifact, ArtifactsRead, Kind, Place, unread
from domain.pins import judge_pins, pins_of_files
from domain.pins.dockerfile import instructions
from domain.pins.packages import packages
from domain.verdict import NotApplicable, Undecided


def test_a_file_that_was_not_read_is_undecided_and_not_unpinned() -> None:
    said = unread(Place("Dockerfile", 3), "it is not UTF-8")
    read = ArtifactsRead((Artifact(path="Dockerfile", kind=Kind.CANVOS_DOCKERFILE, unread=(said,)),), alone=True)
    assert list(pins_of_files(read)) == []
    (one,) = judge_pins(read, "", "")
    assert isinstance(one, Undecided)
    assert (one.subject, one.reason) == ("Dockerfile:3", "it is not UTF-8")


def test_files_that_say_nothing_of_kernels_are_not_applicable() -> None:
    (one,) = judge_pins(ArtifactsRead(alone=True), "", "")
    assert isinstance(one, NotApplicable)


def test_a_here_document_that_does_not_end_is_no_reason_to_read_on() -> None:
    assert [one.keyword for one in instructions("RUN <<EOF\nRUN a\n")] == ["RUN", "RUN"]


def test_a_command_that_goes_on_and_on_is_told_in_short() -> None:
    found = packages("x " + "linux-image-6.8.0-57-generic " * 4000, 0, {})
    assert len(found) == 4000
    assert all(len(one.open) < 250 for one in found)
