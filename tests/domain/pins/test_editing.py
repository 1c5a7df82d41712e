"""Dockerfiles are edited where a kernel is named, and stay as they are elsewhere."""

import difflib
import io
import shlex
import subprocess
import sys
from collections.abc import Callable, Iterable
from pathlib import Path

import pytest
from dockerfile_parse import DockerfileParser
from hypothesis import given
from hypothesis import strategies as st

from domain.pins.dockerfile import instructions
from domain.pins.dockerfiles import THE_PAGES, canvos, kairos, plain
from domain.pins.editing import NoEdit, canvos_run, pin_image
from domain.pins.splicing import Splice, splice
from domain.pins.spots import Spot
from tests.domain.pins.texts import CANVOS, CANVOS_OF_THE_PAGE, KAIROS, KAIROS_LATER, NEW, OLD

buildkit = pytest.importorskip("dockerfile", reason="BuildKit's parser comes built for x86_64 alone")

Reader = Callable[[str], Iterable[Spot]]
PINNED_KAIROS = KAIROS.replace("linux-image-generic-hwe-24.04", f"linux-image-{OLD} linux-modules-extra-{OLD}")
BY_ARG = (
    f"FROM ubuntu:24.04\nARG KERNEL={OLD}\nRUN apt-get install -y linux-image-$KERNEL linux-modules-extra-$KERNEL\n"
)
BY_SHELL = f'FROM ubuntu:24.04\nRUN kernel="{OLD}" && apt-get install -y "linux-image-${{kernel}}" && depmod $kernel\n'
BY_HEREDOC = f"FROM ubuntu:24.04\nRUN <<EOF\n# {OLD} it is\napt-get install -y linux-image-{OLD}\nEOF\nRUN true\n"
FILES: dict[str, tuple[str, Reader]] = {
    "kairos": (KAIROS, kairos),
    "kairos pinned": (PINNED_KAIROS, kairos),
    "kairos later": (KAIROS_LATER, kairos),
    "canvos": (CANVOS, canvos),
    "canvos of the page": (CANVOS_OF_THE_PAGE, canvos),
    "by an ARG": (BY_ARG, plain),
    "by the shell": (BY_SHELL, plain),
    "in a here-document": (BY_HEREDOC, plain),
}


def edited(text: str, read: Reader, release: str = NEW) -> str:
    """The text with every place pinned that can be."""
    return splice(text, [one for spot in read(text) if spot.belongs for one in pin_image(text, spot, release)])


def changed(before: str, after: str) -> list[str]:
    """The lines that differ, as a diff without context has them."""
    lines = difflib.unified_diff(before.splitlines(), after.splitlines(), lineterm="", n=0)
    return [line for line in lines if line[0] in "+-" and line[:3] not in ("---", "+++")]


def test_each_stage_of_kairos_is_edited_in_its_own_block() -> None:
    text = edited(KAIROS, kairos)
    new = f"+    linux-image-{NEW} linux-modules-extra-{NEW} || true"
    assert changed(KAIROS, text) == [
        "-    linux-image-generic-hwe-24.04 || true", new,
        "-    linux-image-generic-hwe-22.04 || true", new,
        "-    linux-image-generic-hwe-20.04 || true", new,
    ]  # fmt: skip


def test_one_stage_is_edited_and_its_look_alikes_stay() -> None:
    spot = next(one for one in kairos(KAIROS) if one.what == "stage kernel-ubuntu-22.04")
    text = splice(KAIROS, pin_image(KAIROS, spot, NEW))
    assert changed(KAIROS, text)[0] == "-    linux-image-generic-hwe-22.04 || true"
    assert len(changed(KAIROS, text)) == 2


def test_a_pinned_kernel_is_replaced_by_name() -> None:
    old = f"    linux-image-{OLD} linux-modules-extra-{OLD} || true"
    assert changed(PINNED_KAIROS, edited(PINNED_KAIROS, kairos))[:2] == [f"-{old}", f"+{old.replace(OLD, NEW)}"]


def test_the_stage_that_others_are_named_after_is_edited_once() -> None:
    (spot,) = kairos(KAIROS_LATER)
    assert spot.ubuntu == ("24.10", "24.04")
    assert len(changed(KAIROS_LATER, edited(KAIROS_LATER, kairos))) == 2


def test_the_run_is_put_below_the_marker_of_canvos() -> None:
    text = edited(CANVOS, canvos)
    assert changed(CANVOS, text) == [f"+{line}" for line in canvos_run(NEW).splitlines()]
    assert text.index(canvos_run(NEW)) == CANVOS.index("####  Examples") - 1


def test_the_pages_own_run_is_written_anew_and_swallows_nothing() -> None:
    (spot,) = canvos(CANVOS_OF_THE_PAGE)
    assert THE_PAGES in [said for _, said in spot.remarks]
    assert [said for _, said in spot.remarks if said.startswith("RUN is no instruction of its own")]
    text = edited(CANVOS_OF_THE_PAGE, canvos)
    comment = "# Install specific kernel version if KERNEL_VERSION is provided\n"
    run = canvos_run(NEW).partition("\n")[2]
    assert text == CANVOS.replace("\n####  E", f"{comment}{run}\n####  E")
    assert len(list(instructions(text))) == len(list(instructions(CANVOS_OF_THE_PAGE))) + 1


def test_a_stray_continuation_is_taken_away_where_nothing_else_is_wrong_with_a_run() -> None:
    text = f"FROM a\nRUN apt-get install linux-image-{OLD}; \\\n\n# then\nRUN true\n"
    names = f"linux-image-{NEW} linux-modules-extra-{NEW}"
    assert edited(text, plain) == f"FROM a\nRUN apt-get install {names};\n\n# then\nRUN true\n"


def test_a_run_that_ends_the_file_has_swallowed_nothing() -> None:
    assert next(iter(plain(f"FROM a\nRUN apt-get install linux-image-{OLD}"))).remarks == ()


def test_the_variable_that_says_the_kernel_is_set() -> None:
    assert changed(BY_ARG, edited(BY_ARG, plain)) == [f"-ARG KERNEL={OLD}", f"+ARG KERNEL={NEW}"]
    assert edited(BY_SHELL, plain) == (
        BY_SHELL.replace(OLD, NEW).replace('-${kernel}"', '-${kernel}" "linux-modules-extra-${kernel}"')
    )


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (
            f"FROM a\nARG K={OLD}\nRUN apt-get install linux-image-$K\n",
            f"FROM a\nARG K={NEW}\nRUN apt-get install linux-image-$K linux-modules-extra-$K\n",
        ),
        (
            f"FROM a\nRUN k={OLD}; apt-get install 'linux-image-${{k}}'\n",
            f"FROM a\nRUN k={NEW}; apt-get install 'linux-image-${{k}}' 'linux-modules-extra-${{k}}'\n",
        ),
        (
            f'FROM a\nRUN ["apt-get","install","linux-image-{OLD}"]\n',
            f'FROM a\nRUN ["apt-get","install","linux-image-{NEW}", "linux-modules-extra-{NEW}"]\n',
        ),
        (
            f'FROM a\nRUN ["sh", "-c", "apt-get install linux-image-{OLD}"]\n',
            f'FROM a\nRUN ["sh", "-c", "apt-get install linux-image-{NEW} linux-modules-extra-{NEW}"]\n',
        ),
    ],
)
def test_what_is_missing_is_put_in_as_the_image_is_named(before: str, after: str) -> None:
    assert edited(before, plain) == after


def test_what_a_version_follows_is_named_outright() -> None:
    text = "FROM ubuntu:24.04\nRUN apt-get install -y linux-generic=6.8.0-57.59 linux-headers-generic\n"
    names = f"linux-image-{NEW} linux-modules-extra-{NEW} linux-headers-{NEW}"
    assert edited(text, plain) == f"FROM ubuntu:24.04\nRUN apt-get install -y {names}\n"
    both = f"RUN apt-get install -y linux-image-{OLD}=6.8.0-57.59 linux-modules-extra-{OLD} && depmod {OLD}\n"
    new = f"RUN apt-get install -y linux-image-{NEW} linux-modules-extra-{NEW} && depmod {NEW}\n"
    assert edited(f"FROM ubuntu:24.04\n{both}", plain) == f"FROM ubuntu:24.04\n{new}"


@pytest.mark.parametrize("end", ["\n", "\r\n"])
@pytest.mark.parametrize("bom", ["", "\ufeff"])
@pytest.mark.parametrize("name", FILES)
def test_an_edit_again_changes_nothing_and_the_file_parses(name: str, bom: str, end: str) -> None:
    plain_text, read = FILES[name]
    text = bom + plain_text.replace("\n", end)
    once = edited(text, read)
    assert once != text
    assert edited(once, read) == once
    assert all(release == NEW for spot in read(once) for release in spot.releases)
    assert once.startswith(bom)
    assert once.count("\n") == once.count(end)
    assert once.replace(end, "\n") == bom + edited(plain_text, read)
    known = buildkit.parse_string(once)
    assert [one.cmd for one in known] == [one.keyword for one in instructions(once)]
    parser = DockerfileParser(fileobj=io.BytesIO(once.removeprefix("\ufeff").encode()))
    if "<<EOF" not in once:  # which it does not know
        said = [one for one in parser.structure if one["instruction"] != "COMMENT"]
        assert [one["instruction"] for one in said] == [one.cmd for one in known]


@given(
    st.sampled_from(sorted(FILES)),
    st.sampled_from((NEW, "5.15.0-130-generic", "6.8.0-1027-aws", "6.8.0-60-generic-64k")),
    st.lists(st.tuples(st.integers(0, 40), st.sampled_from(("# a comment", "", "ENV A=1", 'LABEL b="c"', "#\ttabs "))), max_size=5),
)  # fmt: skip
def test_an_edit_is_made_once_and_leaves_every_other_line(name: str, release: str, more: list[tuple[int, str]]) -> None:
    text, read = FILES[name]
    lines = text.splitlines()
    for at, line in more:
        if at < len(lines) and not lines[at - 1].endswith("\\") and "<<" not in text:
            lines.insert(at, line)
    text = "\n".join(lines) + "\n"
    once = edited(text, read, release)
    assert edited(once, read, release) == once
    gone = [line for line in changed(text, once) if line[0] == "-"]
    assert name == "canvos of the page" or all("linux-" in line or OLD in line for line in gone)
    kept = [
        one.original for one in buildkit.parse_string(text) if OLD not in one.original and "linux-" not in one.original
    ]
    there = [one.original for one in buildkit.parse_string(once)]
    assert [one for one in kept if one not in there] == []
    releases = {one for spot in read(once) for one in spot.releases}
    assert releases == {release}


@pytest.mark.parametrize(
    "name", ["canvos", "canvos of the page", "kairos", "by an ARG", "by the shell", "in a here-document"]
)
def test_what_is_written_passes_shellcheck(name: str) -> None:
    text, read = FILES[name]
    after = edited(text, read)
    touched = [one for one in buildkit.parse_string(after) if one.cmd == "RUN" and "linux-image-" in one.original]
    assert touched
    shellcheck = Path(sys.executable).with_name("shellcheck")
    for run in touched:
        if "apt-cache search" in run.original:
            continue  # a line of Kairos', which is not touched
        lines = after.splitlines()[run.start_line - 1 : run.end_line]
        body = "\n".join(lines).removeprefix("RUN ")
        if run.heredocs:
            body = run.heredocs[0].content
        known = "OS_DISTRIBUTION=ubuntu; KERNEL=x; export OS_DISTRIBUTION KERNEL\n" + body
        done = subprocess.run(
            [str(shellcheck), "--shell=sh", "--exclude=SC2086", "-"] if name == "by an ARG" else [str(shellcheck), "--shell=sh", "-"],
            input=known, capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert done.returncode == 0, f"{shlex.join(lines)}\n{done.stdout}{done.stderr}"


@pytest.mark.parametrize(
    ("text", "read", "why"),
    [
        ("FROM a AS kernel-ubuntu-24.04\n", kairos, "stage kernel-ubuntu-24.04 installs no kernel of its own"),
        ("FROM a\nARG OS_DISTRIBUTION\n", canvos, "it has no line"),
        (CANVOS.replace("ARG OS_DISTRIBUTION", "ARG OTHER"), canvos, "no ARG OS_DISTRIBUTION"),
        (f"# escape=`\n{CANVOS}", canvos, "escape directive"),
        ("FROM a\nRUN apt-get install linux-image-$X\n", plain, "nothing here says what $X is"),
        ("FROM a\nRUN dpkg -i linux-image-6.8.0-57-generic_1_amd64.deb\n", plain, "is a file"),
        (
            'FROM a\nRUN apt-get install "$(apt-cache search linux-image)"\n',
            plain,
            "is computed while the image is built",
        ),
        ("FROM a\nARG A=57\nRUN apt-get install linux-image-6.8.0-$A-generic\n", plain, "put together from A"),
        (
            f"FROM a\nRUN apt-get install linux-image-{OLD} linux-image-6.8.0-1026-aws\n",
            plain,
            "6.8.0-1026-aws together",
        ),
        (
            f"FROM a\nRUN apt-get install linux-image-{OLD} linux-image-5.15.0-127-generic\n",
            plain,
            "127-generic together",
        ),
    ],
)
def test_what_cannot_be_edited_says_why(text: str, read: Reader, why: str) -> None:
    with pytest.raises(NoEdit, match=why.replace("$", r"\$")):
        edited(text, read)


def test_a_marker_that_ends_the_file_gets_its_line_end() -> None:
    text = CANVOS[: CANVOS.index("\n\n####  Examples")]
    assert edited(text, canvos) == f"{text}\n{canvos_run(NEW)}"


def test_splices_are_made_in_any_order_and_once() -> None:
    assert splice("abc", [Splice(2, 3, "C"), Splice(0, 0, "-"), Splice(2, 3, "C")]) == "-abC"
