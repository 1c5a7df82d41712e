"""Which packages of kernels a piece of shell installs: by what it says, and where it says it."""

from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.pins.packages import NEWEST, Package, Part, packages, parse_name
from domain.pins.variables import expand

IMAGE, EXTRA, HEADERS, MODULES = Part.IMAGE, Part.EXTRA, Part.HEADERS, Part.MODULES
SEARCH = "apt-cache search linux-image | grep -oP 'linux-image-\\d+.\\d+.\\d+-\\d+-generic' | sort -V | tail -1"


def _said(found: tuple[Package, ...]) -> Iterator[tuple[Part, str, str, str]]:
    for one in found:
        kind = next(kind for kind in ("release", "follows", "open") if getattr(one, kind))
        yield one.part, kind, getattr(one, kind), one.name


@pytest.mark.parametrize(
    ("code", "known"),
    [
        ("apt-get install -y linux-image-6.8.0-57-generic", [(IMAGE, "release", "6.8.0-57-generic")]),
        (
            "apt install --yes 'linux-image-6.8.0-57-generic' \"linux-headers-6.8.0-57-generic\" linux-modules-6.8.0-57-generic",
            [(part, "release", "6.8.0-57-generic") for part in (IMAGE, HEADERS, MODULES)],
        ),
        ("sudo /usr/bin/apt-get -y install linux-modules-extra-6.8.0-1026-aws", [(EXTRA, "release", "6.8.0-1026-aws")]),
        ("apt-get install linux-image-unsigned-6.8.0-57-generic:amd64", [(IMAGE, "release", "6.8.0-57-generic")]),
        ("apt-get install linux-image-6.8.0-57-generic=6.8.0-57.59", [(IMAGE, "release", "6.8.0-57-generic")]),
        ("apt-get install linux-image-6.8.0-57-generic/noble-updates", [(IMAGE, "release", "6.8.0-57-generic")]),
        ("apt-get install linux-generic=6.8.0-57.59", [(IMAGE, "release", "6.8.0-57-generic")]),
        ("apt-get install linux-image-generic-hwe-22.04=6.8.0-57.59~22.04.1", [(IMAGE, "release", "6.8.0-57-generic")]),
        ("apt-get install linux-image-aws=6.8.0.1026.28", [(IMAGE, "release", "6.8.0-1026-aws")]),
        ("dpkg -i /tmp/linux-image-6.8.0-57-generic_6.8.0-57.59_amd64.deb", [(IMAGE, "release", "6.8.0-57-generic")]),
        ("apt-get install ./linux-image-6.8.0-57-generic_1_amd64.deb", [(IMAGE, "release", "6.8.0-57-generic")]),
        ("k=6.8.0-57-generic; apt-get install linux-image-${k}", [(IMAGE, "release", "6.8.0-57-generic")]),
        ("k='6.8.0-57-generic' && apt-get install linux-image-$k", [(IMAGE, "release", "6.8.0-57-generic")]),
        ("apt-get install linux-image-${ABSENT:-6.8.0-57}-generic", [(IMAGE, "release", "6.8.0-57-generic")]),
        ("apt-get install linux-image-$RELEASE $BOTH", [(IMAGE, "release", "5.15.0-127-generic"), (IMAGE, "release", "6.8.0-1-aws"), (EXTRA, "release", "6.8.0-1-aws")]),
        ('bash -c "apt-get update && apt-get install -y linux-image-6.8.0-57-generic"', [(IMAGE, "release", "6.8.0-57-generic")]),
        ("RUN apt-mark hold linux-image-6.8.0-60-generic", []),
        ("RUN --network=none ls /boot | grep linux-image-6.8.0-60-generic", []),
        ("apt-get install linux-image-$K # K=6.8.0-57-generic", [(IMAGE, "open", "nothing here says what $K is")]),
        ("apt-get install -y curl # linux-image-6.8.0-58-generic", []),
        ("apt-get install -y curl ;# linux-image-6.8.0-58-generic", []),
        ("# linux-image-6.8.0-58-generic\napt-get install -y linux-image-6.8.0-57-generic #\n", [(IMAGE, "release", "6.8.0-57-generic")]),
        ("echo 'a # b' \"# c\" \\# d#e && apt-get install -y linux-image-6.8.0-57-generic", [(IMAGE, "release", "6.8.0-57-generic")]),
        ("it's # linux-image-6.8.0-58-generic\napt-get install 'linux-image-6.8.0-57-generic'", [(IMAGE, "release", "6.8.0-57-generic")]),
        ('RUN ["apt-get","install","-y","linux-image-6.8.0-57-generic"]', [(IMAGE, "release", "6.8.0-57-generic")]),
        ('run --mount=type=cache [ "sh", "-c", "x && apt-get install linux-image-6.8.0-57-generic" ]', [(IMAGE, "release", "6.8.0-57-generic")]),
        ('RUN ["x" ] && apt-get install linux-image-6.8.0-57-generic', [(IMAGE, "release", "6.8.0-57-generic")]),
        ('RUN [1, "apt-get install linux-image-6.8.0-57-generic"]', [(IMAGE, "release", "6.8.0-57-generic")]),
        ("apt-get install linux-image-6.1.0-27-amd64", [(IMAGE, "release", "6.1.0-27-amd64")]),
        ("apt-get install linux-image-generic", [(IMAGE, "follows", "linux-image-generic")]),
        ("apt-get install linux-image-generic-hwe-24.04 linux-headers-generic", [(IMAGE, "follows", "linux-image-generic-hwe-24.04"), (HEADERS, "follows", "linux-headers-generic")]),
        ("apt-get install linux-generic-hwe-24.04-edge linux-raspi linux-aws-lts-noble", [(IMAGE, "follows", name) for name in ("linux-generic-hwe-24.04-edge", "linux-raspi", "linux-aws-lts-noble")]),
        (f'apt-get install "$({SEARCH})" && x', [(IMAGE, "follows", NEWEST)]),
        ("apt-get install -y linux-image-$(uname -r)", [(IMAGE, "open", "made while the image is built: linux-image-$(uname -r)")]),
        ("apt-get install linux-image-${ABSENT}", [(IMAGE, "open", "nothing here says what $ABSENT is")]),
        ("apt-get install $KERNEL_PACKAGE", [(IMAGE, "open", "nothing here says what $KERNEL_PACKAGE is")]),
        ("apt-get install linux-image-6.8.0-*-generic", [(IMAGE, "open", "may be several packages")]),
        ("apt-get install linux-image-generic=6.8*", [(IMAGE, "open", "which kernel linux-image-generic=6.8* brings")]),
        ("echo linux-image-6.8.0-57-generic | xargs apt-get install", [(IMAGE, "open", "whether `echo linux-image-6.8.0-57-generic` installs")]),
        ("for p in linux-image-6.8.0-57-generic; do apt-get install $p; done", [(IMAGE, "open", "is not known here")]),
        ("apt-get update\napt-get install -y linux-image-6.8.0-57-generic\n", [(IMAGE, "release", "6.8.0-57-generic")]),
        # none of these is a kernel that comes
        ("apt-get purge linux-image-6.8.0-57-generic && apt-get -y autoremove linux-image-6.8.0-57-generic", []),
        ("apt-mark hold linux-image-6.8.0-57-generic; ls /boot | grep linux-image-6.8.0-57-generic", []),
        ("dpkg-query --list | awk '/^ii\\s+linux-(image|headers)/ {print $2}' | grep -v 'linux-image-6.8.0-57-generic'", []),
        ("if dpkg -l linux-image-6.8.0-57-generic; then true; fi", []),
        ("apt-get install linux-base linux-firmware linux-libc-dev linux-tools-6.8.0-57-generic $OTHERS nginx", []),
        ('apt-get install "$(cat packages)" && rm linux-image-6.8.0-57-generic', []),
        ("K=linux-image-6.8.0-57-generic true", []),
    ],
)  # fmt: skip
def test_what_is_installed_is_known(code: str, known: list[tuple[Part, str, str]]) -> None:
    values = {"RELEASE": "5.15.0-127-generic", "BOTH": "linux-image-6.8.0-1-aws linux-modules-extra-6.8.0-1-aws"}
    found = packages(code, 100, values)
    assert [(part, kind) for part, kind, _, _ in _said(found)] == [(part, kind) for part, kind, _ in known]
    for (_, _, said, _), (_, _, words) in zip(_said(found), known, strict=True):
        assert words in said
    for one in found:
        written = code[one.start - 100 : one.end - 100]
        assert written in one.name or "$" in written


def test_a_substitution_that_does_not_end_is_looked_at_as_far_as_it_goes() -> None:
    (one,) = packages('apt-get install "$(apt-cache search linux-image', 0, {})
    assert one.follows == NEWEST
    (other,) = packages('apt-get install "$((echo linux-image) ' + "x" * 9000, 0, {})
    assert other.follows == NEWEST


@given(st.text(alphabet=st.sampled_from("apt-get inslx\n&|;$(){}\"'`=.0123456789_*KERN")), st.integers(0, 9))
def test_no_shell_whatever_is_refused(noise: str, at: int) -> None:
    code = f"{noise[:at]} apt-get install linux-image-{noise[at:]}"
    for one in packages(code, 0, {}):
        assert code[one.start : one.end]
        assert [bool(one.release), bool(one.follows), bool(one.open)].count(True) == 1


@pytest.mark.parametrize(
    ("name", "known"),
    [
        ("linux-image-6.8.0-57-generic", (IMAGE, "6.8.0-57-generic")),
        ("linux-modules-extra-6.8.0-57-generic", (EXTRA, "6.8.0-57-generic")),
        ("linux-image-unsigned-6.8.0-57-generic", (IMAGE, "6.8.0-57-generic")),
        ("linux-virtual", (IMAGE, "virtual")),
        ("linux-firmware", None),
        ("nginx", None),
    ],
)
def test_names_are_taken_apart(name: str, known: tuple[Part, str] | None) -> None:
    assert parse_name(name) == known


def test_values_that_refer_to_each_other_end() -> None:
    said = expand("$A-${B}-${C:-c}-${D}", {"A": "$B", "B": "$A", "D": "d"})
    assert said.text in {"$A-$B-c-d", "$B-$A-c-d"}
    assert set(said.names) == {"A", "B", "D"}
    assert expand("$X ${Y:?no}", {}).text == "$X ${Y:?no}"
    assert expand("$X", {"X": None}).unknown == ("X",)
