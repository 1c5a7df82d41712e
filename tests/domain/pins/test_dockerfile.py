"""Dockerfiles are taken apart as BuildKit does it: its own parser is the oracle."""

import itertools
import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.pins.dockerfile import escape_of, instructions, settings, stages

buildkit = pytest.importorskip("dockerfile", reason="BuildKit's parser comes built for x86_64 alone")

LINES = (
    "FROM ubuntu:24.04 AS base", "RUN apt-get update", "RUN a \\", "RUN a && \\  ", "  b", "  b \\", "RUN a\\\\", "\\",
    "", "   ", "# comment", "  # comment", "# comment \\", 'ENV A=1 B="x y"', "ENV A 1", "ARG K=6.8.0-57-generic",
    "RUN <<EOF", "RUN <<-EOF", "RUN <<'EOF'", "RUN cat <<A <<B", "A", "B", "EOF", "\tEOF", "  EOF", "apt-get install x",
    "COPY <<EOF /x", "ENV X <<EOF", "RUN echo a<<EOF", "RUN cat <<<EOF", "run lower", "RUN", "RUN \\",
    "RUN a `", 'RUN ["a", "b"]', "HEALTHCHECK NONE",
)  # fmt: skip
TOPS = ("", "# escape=`\n", "# syntax=docker/dockerfile:1\n# escape=`\n", "\n# escape=`\n", "\ufeff", "# escape=\\\n")


@given(
    st.sampled_from(TOPS), st.lists(st.sampled_from(LINES), max_size=9), st.sampled_from(("\n", "\r\n")), st.booleans()
)
def test_instructions_are_those_that_buildkit_sees(top: str, lines: list[str], end: str, ended: bool) -> None:
    text = (top + "\n".join(lines) + "\n" * ended).replace("\n", end)
    try:
        known = buildkit.parse_string(text)
    except buildkit.GoParseError:
        return  # it refuses the file
    if any(one.cmd is None for one in known):
        return  # a line of continuations alone: nothing that a build would begin with
    found = list(instructions(text))
    assert [one.keyword for one in found] == [one.cmd.upper() for one in known]
    assert [one.line for one in found] == [one.start_line for one in known]
    for one, other in zip(found, known, strict=True):
        first, *_ = other.original.split("\n")
        said = re.sub(r"\s", "", one.code.split("\n")[0] if other.heredocs else one.code)
        assert said == re.sub(r"\s", "", first)
        assert len(one.code) == one.end - one.start
        assert not other.heredocs or one.line + text[one.start : one.end].rstrip("\r\n").count("\n") == other.end_line
    assert all(a.end <= b.start for a, b in itertools.pairwise(found))


@given(st.text(alphabet=st.sampled_from("RUN #\\\n<EOF'\"`=\r\tA1$ﬁ")))
def test_nothing_is_refused_and_nothing_is_outside_of_the_file(text: str) -> None:
    for one in instructions(text):
        assert 0 <= one.start < one.end <= len(text)
        assert len(one.code) == one.end - one.start
        assert list(settings(one)) is not None
    assert escape_of(text) in "\\`"


@pytest.mark.parametrize(
    ("line", "known"),
    [
        ("ARG A", [("A", None)]),
        ("ARG A=1 B=\"x y\" C='z'", [("A", "1"), ("B", "x y"), ("C", "z")]),
        ("ENV A 6.8.0 57", [("A", "6.8.0 57")]),
        ("ENV A=1 \\\n    B=2", [("A", "1"), ("B", "2")]),
        ("RUN A=1", []),
    ],
)
def test_variables_are_known_with_the_places_of_their_values(line: str, known: list[Any]) -> None:
    text = f"FROM x\n{line}\n"
    found = [said for one in instructions(text) for said in settings(one)]
    assert [(said.name, said.value) for said in found] == known
    assert all(text[said.start : said.end] == said.value for said in found if said.value is not None)


def test_stages_are_known_by_name() -> None:
    text = "ARG A=1\nFROM --platform=linux/amd64 ubuntu:24.04 AS one\nRUN a\nfrom one as two\nRUN b\nFROM two\n"
    before, found = stages(text)
    assert [one.keyword for one in before] == ["ARG"]
    assert [(one.base, one.name) for one in found] == [("ubuntu:24.04", "one"), ("one", "two"), ("two", "")]
    assert [len(one.instructions) for one in found] == [2, 2, 1]


def test_a_from_without_an_image_is_a_stage_of_nothing() -> None:
    assert stages("FROM\n")[1][0].base == ""
