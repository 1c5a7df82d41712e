"""What a verdict on a kernel says beside its grade: which table spoke, what the other has, and what `uname -v` adds."""

import pytest

from domain.kernels import Distribution, KernelVerdict, Says, State, Table, judge_kernel

NOBLE, BOOKWORM = "Ubuntu 24.04.2 LTS", "Debian GNU/Linux 12 (bookworm)"
UBUNTU_57 = "#59-Ubuntu SMP PREEMPT_DYNAMIC Sat Mar 15 17:40:59 UTC 2025"


def judged(release: str, image: str, build: str = "") -> KernelVerdict:
    return judge_kernel(release, Distribution.from_os_image(image), build)


def test_58_is_listed_by_the_page_and_said_to_be_cured_by_the_wider_table() -> None:
    verdict = judged("6.8.0-58-generic", NOBLE)
    assert {word.table: word.says for word in verdict.words} == {
        Table.RUNBOOK: Says.AFFECTED,
        Table.WIDER: Says.CURED,
    }
    assert "the runbook's table lists it (row 6.8.0 generic: affected 6.8.0-57, 6.8.0-58" in verdict.sentence
    assert "the wider table has it as cured" in verdict.sentence
    assert "Ubuntu's changelog" in verdict.sentence


def test_56_is_listed_by_the_wider_table_alone_which_is_said() -> None:
    sentence = judged("6.8.0-56-generic", NOBLE).sentence
    assert "the wider table lists it" in sentence
    assert "the runbook's table does not list it" in sentence


@pytest.mark.parametrize(
    ("release", "beside"),
    [
        ("6.8.0-1022-gke", "the wider table leaves it open (6.8.0-1021 bad, no fixed one known"),
        ("6.8.0-1022-aws", "the wider table leaves it open (6.8.0-1025 to 6.8.0-1026 bad, 6.8.0-1027 the first fixed"),
        ("6.8.0-1022-ibm", "the wider table has no row for 6.8.0 ibm kernels"),
        ("6.8.0-1022-oracle", "that fixed version is of aws and azure kernels"),
    ],
)
def test_1022_stands_beside_what_the_wider_table_says_of_its_flavour(release: str, beside: str) -> None:
    assert beside in judged(release, NOBLE).sentence


def test_sources_begin_with_the_table_that_does_not_leave_it_open() -> None:
    first = judged("6.8.0-56-generic", NOBLE).sources[0]
    assert first == "https://bugs.launchpad.net/ubuntu/+source/linux/+bug/2104282"


@pytest.mark.parametrize(
    ("release", "build", "state"),
    [
        ("6.8.0-60-generic", UBUNTU_57, State.CLEAR),
        ("6.8.0-60-generic", "#62~22.04.1-Ubuntu SMP PREEMPT_DYNAMIC", State.CLEAR),
        ("6.8.0-60-generic", "#1 SMP PREEMPT_DYNAMIC", State.UNKNOWN),
        ("6.8.0-57-generic", UBUNTU_57, State.LIKELY),
        ("6.8.0-060800-generic", "#1-Ubuntu SMP", State.CLEAR),
    ],
)
def test_uname_v_tells_who_built_a_kernel_that_looks_like_ubuntus(release: str, build: str, state: State) -> None:
    assert judged(release, "Some Appliance 4", build).state is state


@pytest.mark.parametrize(
    ("release", "image", "build", "state"),
    [
        ("6.1.0-27-amd64", BOOKWORM, "#1 SMP PREEMPT_DYNAMIC Debian 6.1.115-1 (2024-11-01)", State.CLEAR),
        ("6.1.0-26-amd64", BOOKWORM, "#1 SMP PREEMPT_DYNAMIC Debian 6.1.112-1 (2024-09-30)", State.CLEAR),
        ("6.1.0-99-amd64", BOOKWORM, "#1 SMP PREEMPT_DYNAMIC Debian 6.1.114-1 (2024-10-25)", State.LIKELY),
        ("6.1.0-0.deb11.26-amd64", "Debian GNU/Linux 11 (bullseye)", "Debian 6.1.112-1~deb11u1", State.CLEAR),
        ("6.12.0-1-amd64", "Debian GNU/Linux trixie/sid", "Debian 6.12~rc4-1~exp1", State.UNKNOWN),
        ("6.12.0-1-amd64", "Debian GNU/Linux trixie/sid", "Debian 6.12.3-1", State.CLEAR),
        ("6.12.0-1-amd64", "Debian GNU/Linux trixie/sid", "#1 SMP", State.UNKNOWN),
    ],
)
def test_debians_version_is_in_uname_v(release: str, image: str, build: str, state: State) -> None:
    assert judged(release, image, build).state is state
