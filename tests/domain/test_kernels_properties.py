"""No text crashes the judgement of kernels, what is not known is never sound, and each flavour has its own verdict."""

from hypothesis import given
from hypothesis import strategies as st

from domain.kernels import Distribution, Kernels, State, judge_kernel, parse_release
from domain.kernels.tables import tables

IMAGES = ("", "Some Appliance 4", "Kairos v3.1.3", *(f"{row.image} 12" for row in tables().distributions))
IMAGE = st.sampled_from(IMAGES)
ANY_TEXT = st.one_of(
    st.text(),
    st.from_regex(r"[0-9]{1,8}\.[0-9]{1,8}(\.[0-9]{1,8})?([-+_.~][a-z0-9]{0,12}){0,4}", fullmatch=True),
)
FLAVOURS = (*tables().flavours.plain, *tables().flavours.from_1000, *tables().flavours.from_2000)
LISTED = tuple(
    (row.base, abi, flavour)
    for row in tables().runbook
    for abi in row.affected
    for flavour in (row.flavours or tables().flavours.from_1000)
) + tuple((row.base, abi, flavour) for row in tables().wider for abi in row.bad or () for flavour in row.flavours)
UBUNTU = Distribution(id="ubuntu", version_id="24.04")


def expected(base: str, abi: int, flavour: str) -> State:
    """Another writing of the tables' rules: from the rows as they stand in the file, bad ones before good ones."""
    kernel = flavour.removesuffix("-64k").removesuffix("-lpae")
    start = {f: s for s, fs in ((0, "plain"), (1000, "from_1000"), (2000, "from_2000")) for f in _of(fs)}[kernel]
    if not start <= abi < start + 1000:
        return State.UNKNOWN
    page = [r for r in tables().runbook if r.base == base and (kernel in r.flavours or r.numbered_from == start)]
    wide = [r for r in tables().wider if r.base == base and kernel in r.flavours]
    bad = [abi in r.affected for r in page] + [r.bad is not None and r.bad[0] <= abi <= r.bad[1] for r in wide]
    good = [abi >= r.fixed for r in page if r.fixed_of is None or kernel in r.fixed_of]
    good += [r.fixed is not None and abi >= r.fixed for r in wide]
    good += [r.bad is not None and abi < r.bad[0] and r.before == "clear" for r in wide]
    return State.LISTED if any(bad) else State.CLEAR if any(good) else State.UNKNOWN


def _of(field: str) -> tuple[str, ...]:
    found: tuple[str, ...] = getattr(tables().flavours, field)
    return found


@given(ANY_TEXT, IMAGE, st.text(), st.text())
def test_no_text_whatever_crashes(release: str, image: str, build: str, os_release: str) -> None:
    for distribution in (Distribution.from_os_image(image), Distribution.from_os_release(os_release)):
        assert judge_kernel(release, distribution, build).state in State


@given(st.text(), st.text(), st.text())
def test_a_release_of_no_known_form_is_never_sound(release: str, image: str, build: str) -> None:
    parsed = parse_release(release)
    if parsed.upstream is None and parsed.abi is None and parsed.mainline is None:
        assert judge_kernel(release, Distribution.from_os_image(image), build).state is State.UNKNOWN


@given(ANY_TEXT, st.text(), st.text().filter(lambda build: "Ubuntu" not in build))
def test_a_distribution_that_is_not_known_makes_no_kernel_sound(release: str, image: str, build: str) -> None:
    distribution = Distribution.from_os_image(image)
    if distribution.kernels is Kernels.UNTOLD and not distribution.names_ubuntu:
        assert judge_kernel(release, distribution, build).state in (State.UNKNOWN, State.LIKELY)


@given(st.from_regex(r"[a-z]{4,12}", fullmatch=True).filter(lambda f: f not in FLAVOURS), st.integers(1, 999))
def test_a_flavour_that_is_not_known_is_never_sound(flavour: str, abi: int) -> None:
    for base in ("5.15.0", "6.8.0", "6.11.0", "6.14.0"):
        assert judge_kernel(f"{base}-{abi}-{flavour}", UBUNTU).state is State.UNKNOWN


@given(st.sampled_from(LISTED), st.sampled_from(FLAVOURS), st.sampled_from(("", "-64k", "-lpae")))
def test_a_string_that_differs_from_a_listed_one_only_in_flavour_gets_that_flavours_verdict(
    listed: tuple[str, int, str], flavour: str, suffix: str
) -> None:
    base, abi, was = listed
    assert judge_kernel(f"{base}-{abi}-{was}", UBUNTU).state is State.LISTED
    assert judge_kernel(f"{base}-{abi}-{flavour}{suffix}", UBUNTU).state is expected(base, abi, flavour)


@given(st.sampled_from(LISTED), st.integers(1, 9999))
def test_a_string_that_differs_from_a_listed_one_only_in_abi_gets_that_abis_verdict(
    listed: tuple[str, int, str], abi: int
) -> None:
    base, _, flavour = listed
    assert judge_kernel(f"{base}-{abi}-{flavour}", UBUNTU).state is expected(base, abi, flavour)


@given(st.sampled_from(("5.15.0", "6.8.0", "6.11.0")), st.integers(1, 9999), st.sampled_from(FLAVOURS), IMAGE)
def test_another_distribution_never_makes_a_kernel_of_ubuntus_form_surer(
    base: str, abi: int, flavour: str, image: str
) -> None:
    release, distribution = f"{base}-{abi}-{flavour}", Distribution.from_os_image(image)
    elsewhere, at_home = judge_kernel(release, distribution).state, judge_kernel(release, UBUNTU).state
    if distribution.kernels is Kernels.UBUNTU:
        assert elsewhere is at_home
    elif at_home is State.LISTED:
        assert elsewhere is State.LIKELY or not _numbered(abi, flavour)
    else:
        assert elsewhere in (State.UNKNOWN, State.CLEAR if distribution.names_ubuntu else State.UNKNOWN)


def _numbered(abi: int, flavour: str) -> bool:
    start = tables().numbered_from(flavour)
    return start is not None and start <= abi < start + 1000


@given(
    st.integers(0, 99), st.integers(0, 999), st.integers(0, 9999), st.from_regex(r"(-[a-z0-9.]{1,8})?", fullmatch=True)
)
def test_upstreams_number_is_likely_exactly_within_a_branchs_range(
    major: int, minor: int, patch: int, rest: str
) -> None:
    release = f"{major}.{minor}.{patch}{rest}"
    state = judge_kernel(release, Distribution.from_os_image("NixOS 24.11")).state
    row = next((r for r in tables().upstream if r.branch == f"{major}.{minor}"), None)
    bad = row is not None and row.bad is not None and row.bad[0] <= patch <= row.bad[1]
    if parse_release(release).abi is None and parse_release(release).upstream is not None and "rc" not in rest:
        assert (state is State.LIKELY) is bad
        if state is State.CLEAR:
            assert (major, minor) >= (6, 12) or patch == 0 or row is not None
