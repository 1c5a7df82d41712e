"""The kernel that an image's tag names: a convention of the runbook's page (`kairos-base:6.8.0-60`), and no more."""

import re
from typing import Final, NamedTuple

from domain.kernels.tables import tables

_KERNEL: Final = re.compile(
    r"(?<![\d.])(?P<base>[4-9]\.\d{1,2})(?P<dot>\.0)?[-_](?P<abi>[1-9]\d{0,3})(?:\.\d{1,4})?(?![\d.])"
    r"(?:[-_](?P<suffix>[a-z][a-z0-9-]*))?",
    re.IGNORECASE,
)
"""Ubuntu's base ends in .0: what has another patch level is the version of something else. The upload may follow."""

_OTHERS: Final = ("fips", "realtime", "rt")
"""What else a tag names as a flavour, of which no table tells: none of them is taken for generic."""


class Named(NamedTuple):
    """The kernel that a tag names, and what was assumed to complete it."""

    kernel: str
    assumed: str = ""


def kernel_of_image(image: str) -> Named | None:
    """The kernel in an image's tag; None where its tag names none."""
    tag = image.rpartition("/")[2].partition("@")[0].partition(":")[2]
    found = (match for match in _KERNEL.finditer(tag) if match["dot"] or f"{match['base']}.0" in _bases())
    match = next(found, None)
    if match is None:
        return None
    known = tables().flavours
    flavours = sorted((*known.plain, *known.from_1000, *known.from_2000, *_OTHERS), key=len, reverse=True)
    suffix = (match["suffix"] or "").lower()
    flavour = next((f for f in flavours if suffix == f or suffix.startswith(f"{f}-")), None)
    kernel = f"{match['base']}.0-{match['abi']}"
    if flavour is not None:
        return Named(f"{kernel}-{flavour}")
    return Named(f"{kernel}-generic", f"the tag names no flavour: {kernel} is taken for generic")


def _bases() -> frozenset[str]:
    """The branches that the tables tell of: without its .0, anything else is the version of something else."""
    return frozenset((*(row.base for row in tables().runbook), *(row.base for row in tables().wider)))
