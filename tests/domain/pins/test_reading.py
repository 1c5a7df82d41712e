"""What cannot be said in cases: files that were not read, and files that nobody would write."""

import hashlib

from hypothesis import given
from hypothesis import strategies as st

from domain.artifacts import Artifact, ArtifactsRead, Kind, Place, unread
from domain.artifacts.recognising import CUSTOMIZATIONS
from domain.edits import FileTexts, apply
from domain.pins import judge_pins, pins_of_files
from domain.pins.dockerfile import instructions
from domain.pins.packages import packages
from domain.pins.reading import OF_IMAGES
from domain.plan import Plan, WriteFile
from domain.remedy import Ask
from domain.verdict import Finding, NotApplicable, Note, Undecided
from remediations.packs.kernel_pin import pin_kernel

PIECES = (
    "FROM ubuntu:24.04 AS kernel-ubuntu-24.04", "FROM kernel-ubuntu-24.04 AS kernel-ubuntu-22.04", "ARG OS_DISTRIBUTION", "ARG K=6.8.0-57-generic",
    CUSTOMIZATIONS, "RUN apt-get install -y \\", "RUN apt-get install linux-image-6.8.0-57-generic", "  linux-image-6.8.0-57-generic; \\",
    "  linux-modules-extra-$K && true", "RUN <<EOF", "EOF", "apt-get install linux-image-5.15.0-127-generic linux-generic", "# comment", "",
    'RUN apt-get install "$(apt-cache search linux-image)"', "RUN dpkg -i linux-image-6.8.0-57-generic_1_amd64.deb", "UPDATE_KERNEL=true",
    "BASE_IMAGE=a/b:6.8.0-57", "BASE_IMAGE=$X", "FIPS_ENABLED=true", "kernel:", "  package: linux-image-6.8.0-57-generic", "kernel: {{x}}",
    "kernel: {package: linux-generic}", "late_commands:", '  x: [curtin, apt-get, install, "linux-modules-extra-6.8.0-57-generic"]', "  - a", "\t", "{{for a in b}}",
)  # fmt: skip


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


@given(
    st.sampled_from(OF_IMAGES),
    st.lists(st.sampled_from(PIECES), max_size=12),
    st.sampled_from(("\n", "\r\n", "\r")),
    st.sampled_from(("", "6.8.0-60-generic", "5.15.0-130-generic")),
)
def test_no_text_whatever_breaks_and_what_is_planned_can_be_written(
    kind: Kind, pieces: list[str], end: str, wanted: str
) -> None:
    text, path = end.join(pieces), "a/curtin_userdata"
    read = ArtifactsRead((Artifact(path=path, kind=kind, text=text),), alone=True)
    said = list(judge_pins(read, wanted, "here"))
    for one in said:
        if isinstance(one, Finding | Note | Undecided):
            line = int(one.subject.removeprefix(f"{path}:"))
            assert 1 <= line <= text.count("\n") + 1
    findings = [one for one in said if isinstance(one, Finding)]
    assert len({one.subject for one in findings}) == len(findings)
    ask = Ask("files", "packs/kernel-pin", "pin-kernel", kernel=wanted, base_image="a/b:6.8.0-60")
    texts = FileTexts(lambda _: (text, hashlib.sha256(text.encode()).hexdigest()))
    for planned in pin_kernel(findings, ask, read, texts):
        if isinstance(planned, Plan):
            (change,) = planned.changes
            assert isinstance(change, WriteFile)
            assert apply(text, change.hunks) not in (None, text)
