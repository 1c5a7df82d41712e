"""Edits of values: only the lines meant are new, and the result means what is meant."""

import difflib
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from domain.artifacts import read_document
from domain.edits import Unwritable, add_stage, turn_calico_off
from domain.edits.hunks import lines_of
from domain.stages import COMMANDS, steps

PACK = """\
# spectrocloud.com/enabled-presets: Microk8s:microk8s-false
pack:
  content: {images: []}
manifests:
  calico:
    # the environment
    env:
      # Additional env variables for calico-node
      calicoNode:
        #IPV6: "autodetect"
        #FELIX_IPV6SUPPORT: "true"   # of Felix
        #CALICO_IPV6POOL_NAT_OUTGOING: "true"
      # Additional env variables for calico-kube-deployment
      calicoKubeControllers:
        #LOG_LEVEL: "info"
"""


def changed(before: str, after: str) -> list[str]:
    """The lines that differ, as a diff has them."""
    diff = difflib.ndiff(lines_of(before), lines_of(after))
    return [line.rstrip("\r\n") for line in diff if line[0] in "+-"]


@pytest.mark.parametrize(
    ("before", "lines"),
    [
        pytest.param(
            PACK,
            ['-         #FELIX_IPV6SUPPORT: "true"   # of Felix', '+         FELIX_IPV6SUPPORT: "false"   # of Felix'],
            id="commented",
        ),
        pytest.param(
            PACK.replace('#FELIX_IPV6SUPPORT: "true" ', "FELIX_IPV6SUPPORT: true"),
            ["-         FELIX_IPV6SUPPORT: true  # of Felix", '+         FELIX_IPV6SUPPORT: "false"  # of Felix'],
            id="true",
        ),
        pytest.param(
            PACK.replace('#FELIX_IPV6SUPPORT: "true" ', "FELIX_IPV6SUPPORT: 'off'"),
            ["-         FELIX_IPV6SUPPORT: 'off'  # of Felix", '+         FELIX_IPV6SUPPORT: "false"  # of Felix'],
            id="nonsense",
        ),
        pytest.param(
            PACK.replace('        #FELIX_IPV6SUPPORT: "true"   # of Felix\n', "        IP: autodetect\n"),
            ['+         FELIX_IPV6SUPPORT: "false"'],
            id="absent, beside others",
        ),
        pytest.param(
            PACK.replace("      calicoNode:\n", "").replace('        #FELIX_IPV6SUPPORT: "true"   # of Felix\n', ""),
            ["+       calicoNode:", '+         FELIX_IPV6SUPPORT: "false"'],
            id="no calicoNode",
        ),
        pytest.param(
            "manifests:\n  calico:\n    env:\n      calicoNode: {IP: autodetect}\n",
            [
                "-       calicoNode: {IP: autodetect}",
                '+       calicoNode: {FELIX_IPV6SUPPORT: "false", IP: autodetect}',
            ],
            id="in braces",
        ),
        pytest.param(
            "manifests:\n  calico:\n    env:\n      calicoNode: {}\n",
            ["-       calicoNode: {}", '+       calicoNode: {FELIX_IPV6SUPPORT: "false"}'],
            id="in empty braces",
        ),
        pytest.param(
            "manifests:\n  calico: {x: y}\n",
            ["-   calico: {x: y}", '+   calico: {env: {calicoNode: {FELIX_IPV6SUPPORT: "false"}}, x: y}'],
            id="in braces above",
        ),
        pytest.param(
            "manifests:\n  calico:\n",
            ["+     env:", "+       calicoNode:", '+         FELIX_IPV6SUPPORT: "false"'],
            id="nothing",
        ),
        pytest.param(
            "pack:\n  namespace: a",
            [
                "-   namespace: a",  # it gains the end of its line
                "+   namespace: a",
                "+ manifests:",
                "+   calico:",
                "+     env:",
                "+       calicoNode:",
                '+         FELIX_IPV6SUPPORT: "false"',
            ],
            id="no manifests, no last line end",
        ),
        pytest.param(
            "manifests:\n  calico:\n    env:\n      calicoNode:\n        FELIX_IPV6SUPPORT:\n        # c\n\n        IP: x\n",
            ["-         FELIX_IPV6SUPPORT:", '+         FELIX_IPV6SUPPORT: "false"'],
            id="null",
        ),
        pytest.param(
            "manifests:\n  calico:\n    env:\n      calicoNode:\n        felix_ipv6support: 'true'\n",
            ["-         felix_ipv6support: 'true'", '+         felix_ipv6support: "false"'],
            id="in small letters",
        ),
    ],
)
def test_one_value_is_set_and_every_other_line_stays(before: str, lines: list[str]) -> None:
    for text in (before, before.replace("\n", "\r\n"), "\ufeff" + before):
        after = turn_calico_off(text)
        assert sorted(changed(text, after)) == sorted(line.replace("+ pack", "+ pack") for line in lines)
        assert after.count("\r\n") in (0, after.count("\n"))
        assert turn_calico_off(after) == after


@pytest.mark.parametrize(
    ("before", "words"),
    [
        ("manifests: a\n", "manifests is no map: write FELIX_IPV6SUPPORT"),
        ("manifests:\n\tcalico:\n", "the values cannot be read .line 2.: a tab"),
        ("x: &env {calicoNode: {A: b}}\nmanifests:\n  calico:\n    env: *env\n", "is an alias|by lines alone"),
    ],
)
def test_what_lines_cannot_do_is_refused(before: str, words: str) -> None:
    with pytest.raises(Unwritable, match=words):
        turn_calico_off(before)


STEP = ["- name: disable-ipv6", "  commands:", *(f"    - {command}" for command in COMMANDS)]


@pytest.mark.parametrize(
    ("before", "added"),
    [
        ("pack:\n  content: {}\n", ["stages:", "  boot:", *(f"    {line}" for line in STEP)]),
        ("stages:\n  initramfs:\n    - name: a\n", ["  boot:", *(f"    {line}" for line in STEP)]),
        (
            "stages:\n  boot:\n    - name: a\n      commands: [b]\n    # the end\n\nx: 1\n",
            [f"    {line}" for line in STEP],
        ),
        ("stages:\n  boot:\n  - name: a\n", [f"  {line}" for line in STEP]),
        (
            "stages:\n  boot:\n    - name: disable-ipv6\n",
            [f"    {line}".replace("name: disable-ipv6", "name: disable-ipv6-2") for line in STEP],
        ),
    ],
)
def test_a_stage_is_added_under_a_name_of_its_own(before: str, added: list[str]) -> None:
    after = add_stage(before)
    assert changed(before, after) == [f"+ {line}" for line in added]
    document = read_document(after)
    assert document is not None
    assert [step.stage for step in steps(document.at("stages")) if step.off] == ["boot"]


def test_a_commented_line_that_is_text_is_left() -> None:
    odd = "manifests:\n  calico:\n    env:\n      calicoNode:\n        A: |\n          x\n          #FELIX_IPV6SUPPORT: true\n"
    assert turn_calico_off(odd) == odd + '        FELIX_IPV6SUPPORT: "false"\n'


def test_a_commented_line_that_would_break_what_is_there_is_left() -> None:
    odd = 'manifests:\n  calico:\n    env:\n      calicoNode:\n        A: "x\n        #FELIX_IPV6SUPPORT: true\n          y"\n'
    assert turn_calico_off(odd) == odd + '        FELIX_IPV6SUPPORT: "false"\n'


def test_a_list_that_is_another_ones_too_is_left() -> None:
    with pytest.raises(Unwritable, match="the stage cannot be added by lines alone"):
        add_stage("x: &x\n  - name: a\nstages:\n  boot: *x\n  more: 1\n")


def test_line_ends_of_both_kinds_stay_as_they_are() -> None:
    mixed = "manifests:\r\n  calico:\n    env:\r\n      calicoNode:\n        A: b\n      x: |\r\n        y\r\n  z: 1\n"
    after = turn_calico_off(mixed)
    assert [line for line in lines_of(after) if line not in lines_of(mixed)] == [
        '        FELIX_IPV6SUPPORT: "false"\r\n'
    ]
    assert after.replace('        FELIX_IPV6SUPPORT: "false"\r\n', "") == mixed


def test_a_stage_in_brackets_is_refused() -> None:
    with pytest.raises(Unwritable, match="stages is written in braces: make it lines"):
        add_stage("stages: {}\n")
    with pytest.raises(Unwritable, match="boot is no list of lines"):
        add_stage("stages:\n  boot: [{name: a}]\n")


COMMENTS = st.sampled_from(["", "", "# a note", '#IPV6: "autodetect"', "# FELIX is Calico's agent", "# {{ .x }}"])
VARIABLES = st.dictionaries(
    st.sampled_from(["IP", "IP6", "FELIX_WIREGUARDENABLED", "CALICO_DISABLE_FILE_LOGGING"]),
    st.sampled_from(['"autodetect"', "'none'", '"{{ .spectro.var.ip }}"', "yes", "|\n            a\n            b"]),
    max_size=3,
)
FELIX = st.sampled_from(
    [
        "",
        'FELIX_IPV6SUPPORT: "true"',
        "FELIX_IPV6SUPPORT: off",
        '#FELIX_IPV6SUPPORT: "true"',
        "# FELIX_IPV6SUPPORT: false # x",
        "FELIX_IPV6SUPPORT: 'false'",
    ]
)


@st.composite
def values_files(draw: Any) -> str:
    """Values of a Calico pack with comments here and there, in whatever order."""
    lines = [f"        {name}: {value}" for name, value in draw(VARIABLES).items()]
    felix = draw(FELIX)
    lines += [f"        {felix}"] if felix else []
    lines = draw(st.permutations(lines))
    node = []
    for line in lines:
        comment = draw(COMMENTS)
        node += [f"        {comment}", line] if comment else [line]
    other = [f"      {draw(COMMENTS) or '# nothing'}", "      calicoKubeControllers:", '        LOG_LEVEL: "info"']
    blocks = draw(st.permutations([["      calicoNode:", *node], other]))
    tail = draw(st.sampled_from([[], ["charts:", "  x: {a: [1, 2]}  # kept"], ["# the end", ""]]))
    roots = ["pack:", f"  namespace: 'kube-system' {draw(COMMENTS)}".rstrip(), "manifests:", "  calico:", "    env:"]
    end = draw(st.sampled_from(["\n", "\r\n"]))
    text = end.join([*roots, *blocks[0], *blocks[1], *tail])
    mark, last = draw(st.sampled_from(["", "\ufeff"])), draw(st.sampled_from(["", end]))
    last = end if "|" in text else last  # a block at the end of all gains a line end with what comes below it
    return f"{mark}{text}{last}"


@given(values_files())
def test_edits_of_any_file_do_one_thing_and_do_it_once(before: str) -> None:
    after = turn_calico_off(before)
    assert turn_calico_off(after) == after  # again: nothing
    old, new = read_document(before), read_document(after)
    assert old is not None
    assert new is not None
    wanted: Any = old.plain
    node = wanted["manifests"]["calico"]["env"]
    node["calicoNode"] = {**(node["calicoNode"] or {}), "FELIX_IPV6SUPPORT": "false"}
    assert new.plain == wanted  # parse(edit(x)) is parse(x) with the value
    touched = [line[2:].strip() for line in changed(before, after) if line.startswith("-")]
    assert all("FELIX_IPV6SUPPORT" in line.upper() for line in touched) or before.endswith(touched[0])
    assert len(touched) <= 1
    kept = [line for line in lines_of(before) if line.lstrip().startswith("#") and line.strip() not in touched]
    assert [line for line in kept if line not in lines_of(after)] == []  # comments elsewhere are untouched


@given(values_files(), st.booleans())
def test_edits_come_to_the_same_in_either_order(before: str, twice: bool) -> None:
    one, other = add_stage(turn_calico_off(before)), turn_calico_off(add_stage(before))
    first, second = read_document(one), read_document(other)
    assert first is not None
    assert second is not None
    assert first.plain == second.plain
    assume(twice)
    assert turn_calico_off(one) == one
