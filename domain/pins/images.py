"""The kernel that an image's tag names: a convention of the runbook's page (`kairos-base:6.8.0-60`), and no more."""

import re
from typing import Final, NamedTuple

from domain.kernels.tables import tables

_KERNEL: Final = re.compile(r"(?<![\d.])([4-9]\.\d{1,2}\.0-[1-9]\d{0,3})(?![\d.])(?:-([a-z][a-z0-9-]*))?")
"""Ubuntu's base ends in .0: what has another patch level is the version of something else."""


class Named(NamedTuple):
    """The kernel that a tag names, and what was assumed to complete it."""

    kernel: str
    assumed: str = ""


def kernel_of_image(image: str) -> Named | None:
    """The kernel in an image's tag; None where its tag names none."""
    tag = image.rpartition("/")[2].partition("@")[0].partition(":")[2]
    match = _KERNEL.search(tag)
    if match is None:
        return None
    known = tables().flavours
    flavours = sorted((*known.plain, *known.from_1000, *known.from_2000), key=len, reverse=True)
    flavour = next((f for f in flavours if match[2] == f or (match[2] or "").startswith(f"{f}-")), None)
    if flavour is not None:
        return Named(f"{match[1]}-{flavour}")
    return Named(f"{match[1]}-generic", f"the tag names no flavour: {match[1]} is taken for generic")
