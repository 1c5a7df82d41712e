"""The probe, and what it comes to with the tables. Its outputs are recorded: of machines, or in people's reports."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.kernels import (
    Distribution,
    HostVerdict,
    KernelVerdict,
    ProbeResult,
    ProbeState,
    ProbeVerdict,
    judge_host,
    judge_kernel,
    judge_probe,
    mark_signature,
)
from domain.kernels.host import KUBE_PROXY, LOOK_ALIKE
from domain.verdict import Grade

MASKED = (
    "Warning: Extension MARK revision 0 not supported, missing kernel module?\n"
    'ip6tables v1.8.10 (nf_tables): MARK: bad value for option "--set-mark", or out of range (0-4294967295).\n\n'
    "Try `ip6tables -h' or 'ip6tables --help' for more information."
)
BROKEN = [
    (2, MASKED, "bad value for option"),
    (2, 'MARK: bad value for option "--set-mark", or out of range (0–4294967295).', "bad value"),  # noqa: RUF001  the page
    (2, 'ip6tables v1.8.7 (nf_tables): unknown option "--set-mark"', 'unknown option "--set-mark"'),
    (2, 'ip6tables v1.8.9 (legacy): unknown option "--set-xmark"', "unknown option"),
    (2, 'ip6tables-restore v1.8.9 (nf_tables): unknown option \\"--xor-mark\\"', "unknown option"),
    (2, "ip6tables v1.8.10 (legacy): MARK target: kernel too old for --or-mark", "kernel too old"),
    (
        *(
            4,
            "Warning: Extension MARK revision 0 not supported, missing kernel module?\nip6tables v1.8.8 (nf_tables): ",
        ),
        "Extension MARK revision 0",
    ),
    (1, "Warning: Extension MARK revision 0 not supported, missing kernel module?\nip6tables: No chain/target", "MARK"),
]
INCONCLUSIVE = [
    (127, "sh: ip6tables: not found", 127, "sh: iptables: not found", "IPv4 control fails too (exit 127", "iptables"),
    (127, "ip6tables: not found", 0, "", "ip6tables failed, not by the MARK target (exit 127", "iptables and unshare"),
    (126, "unshare: cannot execute", 0, "", "exit 126", "iptables and unshare"),
    (1, "unshare: unshare failed: Operation not permitted", 1, "unshare: Operation not permitted", "exit 1", "root"),
    (1, "sudo: a password is required", 1, "sudo: a password is required", "a password is required", "sudo without"),
    (1, "", 1, "\n\n sudo: a terminal is required to read the password", "a terminal is required", "root"),
    (4, "ip6tables v1.8.7 (nf_tables): Permission denied (you must be root)", 0, "", "exit 4", "root"),
    (124, "", 0, "", "exit 124: no output", "within the time"),
    (137, "", 137, "Killed", "exit 137: Killed", "within the time"),
    (2, MASKED, 2, "iptables v1.8.10: unknown option", "its IPv4 control fails too", "by hand"),
    (3, "can't initialize ip6tables table `mangle': Table does not exist", 0, "", "not by the MARK target", "by hand"),
    (0, "Warning: Extension MARK revision 0 not supported", 0, "", "accepted the probe's rule and yet said", "by hand"),
]
UBUNTU = Distribution(id="ubuntu")
SOUND = ProbeResult(0, "", 0, "")


@pytest.mark.parametrize(("status", "output", "words"), BROKEN)
def test_broken(status: int, output: str, words: str) -> None:
    verdict = judge_probe(ProbeResult(status, output, 0, ""))
    assert verdict.state is ProbeState.BROKEN
    assert verdict.sentence.startswith(f"ip6tables MARK is unavailable: the probe ended with {status}, ")
    assert words in verdict.sentence


@pytest.mark.parametrize("output", ["", "# Warning: iptables-legacy tables present, use iptables-legacy to see them"])
@pytest.mark.parametrize("control", [(0, ""), (3, "iptables: no such table")])
def test_sound(output: str, control: tuple[int, str]) -> None:
    assert judge_probe(ProbeResult(0, output, *control)) == ProbeVerdict(
        ProbeState.SOUND, "the probe's rule with ip6tables MARK was accepted"
    )


@pytest.mark.parametrize(("v6", "v6_says", "v4", "v4_says", "why", "help_"), INCONCLUSIVE)
def test_inconclusive(v6: int, v6_says: str, v4: int, v4_says: str, why: str, help_: str) -> None:
    verdict = judge_probe(ProbeResult(v6, v6_says, v4, v4_says))
    assert verdict.state is ProbeState.INCONCLUSIVE
    assert verdict.sentence.startswith("the probe tells nothing: ")
    assert why in verdict.sentence
    assert verdict.would_help is not None
    assert help_ in verdict.would_help


@given(st.integers(0, 255), st.text(), st.integers(0, 255), st.text())
def test_no_output_crashes_and_only_an_accepted_rule_is_sound(v6: int, says: str, v4: int, control: str) -> None:
    state = judge_probe(ProbeResult(v6, says, v4, control)).state
    assert (state is ProbeState.SOUND) is (v6 == 0 and mark_signature(says) is None)
    if state is ProbeState.BROKEN:
        assert v4 == 0
        assert v6 != 0


@pytest.mark.parametrize(
    "text",
    ['unknown option "--mark"', "MARK", "Extension CT revision 0 not supported", 'bad value for option "--set-mark"'],
)
def test_other_words_are_no_signature(text: str) -> None:
    assert mark_signature(text) is None


def kernel(release: str, distribution: Distribution = UBUNTU) -> KernelVerdict:
    return judge_kernel(release, distribution)


def test_a_broken_probe_is_proven_also_where_no_table_has_the_kernel() -> None:
    found = judge_host(kernel("6.8.0-60-generic"), judge_probe(ProbeResult(2, MASKED, 0, "")))
    assert (found.affected, found.grade) == (True, Grade.PROVEN)
    assert found.sentence.endswith("on kernel 6.8.0-60-generic")
    assert "bug" not in found.sentence
    assert LOOK_ALIKE in found.notes[0]
    assert "6.8.0-60-generic is not affected" in found.notes[0]
    assert KUBE_PROXY in found.notes


def test_a_broken_probe_on_a_listed_kernel_says_what_lists_it_and_where_to_go() -> None:
    found = judge_host(kernel("6.8.0-57-generic"), judge_probe(ProbeResult(2, MASKED, 0, "")))
    assert (found.affected, found.grade, found.fixed) == (True, Grade.PROVEN, "6.8.0-60-generic")
    assert found.notes[0].startswith("6.8.0-57-generic is listed as affected: the runbook's table lists it")
    assert found.sources


@pytest.mark.parametrize(
    ("release", "note"),
    [
        ("6.8.0-58-generic", "the runbook's page lists it, and the probe found it sound: 6.8.0-58-generic is listed"),
        ("6.8.0-56-generic", "a table lists it, and the probe found it sound: 6.8.0-56-generic is listed"),
    ],
)
def test_a_sound_probe_on_a_listed_kernel_passes_with_a_note(release: str, note: str) -> None:
    found = judge_host(kernel(release), judge_probe(SOUND))
    assert (found.affected, found.grade) == (False, None)
    assert found.notes[0].startswith(note)


def test_a_sound_probe_on_a_kernel_of_no_table_passes_without_a_note() -> None:
    found = judge_host(kernel(""), judge_probe(SOUND))
    assert found == HostVerdict(False, "the probe's rule with ip6tables MARK was accepted on a kernel without a name")


@pytest.mark.parametrize("probe", [None, judge_probe(ProbeResult(127, "not found", 127, "not found"))])
def test_without_a_word_of_the_probe_the_version_counts(probe: ProbeVerdict | None) -> None:
    listed = judge_host(kernel("5.15.0-127-generic"), probe)
    assert (listed.affected, listed.grade, listed.fixed) == (True, Grade.LISTED, "5.15.0-130-generic")
    assert KUBE_PROXY in listed.notes
    likely = judge_host(kernel("5.15.0-127-generic", Distribution()), probe)
    assert (likely.affected, likely.grade) == (True, Grade.LIKELY)
    clear = judge_host(kernel("5.15.0-130-generic"), probe)
    assert (clear.affected, clear.grade) == (False, None)
    assert [found.notes[:1] == (probe.sentence,) for found in (listed, likely, clear) if probe] in ([], [True] * 3)


def test_neither_probe_nor_version_is_undecided_and_says_what_would_decide() -> None:
    unasked = judge_host(kernel("6.8.0-1030-gcp"))
    assert (unasked.affected, unasked.grade) == (None, None)
    assert unasked.would_help == "--hosts: the probe on the host itself decides"
    refused = judge_host(kernel("6.8.0-1030-gcp"), judge_probe(ProbeResult(1, "must be root", 1, "must be root")))
    assert refused.affected is None
    assert refused.would_help == "root, or sudo without a password, on the host"
    assert "the probe tells nothing" in refused.sentence
    assert "6.8.0-1030-gcp" in refused.sentence
