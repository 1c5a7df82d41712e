"""Which kernel an image's tag names, in the forms in which people write it."""

import pytest

from domain.pins.images import kernel_of_image


@pytest.mark.parametrize(
    ("tag", "kernel"),
    [
        ("6.8.0-57", "6.8.0-57-generic"),
        ("v1-6.8.0-57-demo", "6.8.0-57-generic"),
        ("6.8.0-57.59", "6.8.0-57-generic"),
        ("6.8.0_57", "6.8.0-57-generic"),
        ("6.8-57", "6.8.0-57-generic"),
        ("5.15_127-lowlatency", "5.15.0-127-lowlatency"),
    ],
)
def test_a_tag_names_a_kernel(tag: str, kernel: str) -> None:
    named = kernel_of_image(f"r.example.com:5000/kairos/base:{tag}@sha256:6.8.0-60")
    assert named is not None
    assert named.kernel == kernel
    assert bool(named.assumed) == ("lowlatency" not in tag)


@pytest.mark.parametrize(
    ("tag", "kernel"),
    [
        ("5.15.0-128-fips", "5.15.0-128-fips"),
        ("6.8.0-57-RT", "6.8.0-57-rt"),
        ("6.8.0-57-realtime-1", "6.8.0-57-realtime"),
        ("6.8.0-57-Generic", "6.8.0-57-generic"),
        ("6.8.0_1022_azure-fde", "6.8.0-1022-azure-fde"),
        ("6.8.0-57.59-generic", "6.8.0-57-generic"),
    ],
)
def test_a_flavour_that_a_tag_names_is_not_assumed(tag: str, kernel: str) -> None:
    assert kernel_of_image(f"base:{tag}") == (kernel, "")


@pytest.mark.parametrize(
    "tag",
    ["latest", "v3.1.3", "24.04-core-amd64", "4.5-12", "7.2-57", "6.8.1-57", "6.8.0-57.59.1", "1.6.8-57", "6.8.0-0", "6.8"],
)  # fmt: skip
def test_a_tag_names_none(tag: str) -> None:
    assert kernel_of_image(f"base:{tag}") is None
