"""The tables of tables.yaml, read once: rows are data, so that a new kernel or a better source is no change of code."""

from enum import StrEnum
from functools import cache
from pathlib import Path
from typing import Final

import msgspec

_FILE: Final = Path(__file__).with_name("tables.yaml")


class _Row(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A row that has no other fields than its own: a misspelt one would be a rule that nobody follows."""


class RunbookRow(_Row, frozen=True, kw_only=True):
    """A row of the page's table: its branch as printed, what it lists, and the fixed version it names.

    It is about `flavours`, or about every flavour whose ABIs count from `numbered_from`. `fixed_of` are the flavours
    that have its fixed version, where the row mixes several.
    """

    row: str
    base: str
    affected: tuple[int, ...]
    fixed: int
    source: str
    flavours: tuple[str, ...] = ()
    numbered_from: int | None = None
    fixed_of: tuple[str, ...] | None = None


class Before(StrEnum):
    """What a row says of the ABIs before the first bad one."""

    CLEAR = "clear"
    OPEN = "open"


class WiderRow(_Row, frozen=True, kw_only=True):
    """What is known of some flavours besides: the first and last ABI known to be bad, and the first with the cure."""

    base: str
    flavours: tuple[str, ...]
    before: Before
    sure: str
    sources: tuple[str, ...]
    bad: tuple[int, int] | None = None
    fixed: int | None = None


class UpstreamRow(_Row, frozen=True, kw_only=True):
    """A stable branch of upstream's; without `bad` it never had the fault."""

    branch: str
    source: str
    bad: tuple[int, int] | None = None
    fixed: int | None = None


class Mainline(_Row, frozen=True, kw_only=True):
    """The version among whose release candidates both the culprit and the cure came to Linus' tree."""

    version: str
    source: str


class SparedRow(_Row, frozen=True, kw_only=True):
    """A distribution's kernels of one branch that were never affected."""

    distribution: str
    version_id: str
    branch: str
    says: str
    source: str


class Flavours(_Row, frozen=True, kw_only=True):
    """Ubuntu's flavours, by the number that their ABIs count from."""

    plain: tuple[str, ...]
    from_1000: tuple[str, ...]
    from_2000: tuple[str, ...]
    suffixes: tuple[str, ...]


class Kernels(StrEnum):
    """How a distribution numbers its kernels, which is what a release can tell on it."""

    UBUNTU = "ubuntu"  # base, ABI and flavour
    DEBIAN = "debian"  # the version itself is in `uname -v`
    UPSTREAM = "upstream"  # upstream's number
    OWN = "own"  # patches of its own under a number that tells nothing
    UNTOLD = "untold"  # any of those: its builder chooses, or it is not known here


class DistributionRow(_Row, frozen=True, kw_only=True):
    """A distribution, by os-release's ID and by how a node's osImage begins."""

    id: str
    image: str
    kernels: Kernels
    source: str


class Tables(_Row, frozen=True, kw_only=True):
    """Everything in tables.yaml."""

    runbook: tuple[RunbookRow, ...]
    wider: tuple[WiderRow, ...]
    upstream: tuple[UpstreamRow, ...]
    mainline: Mainline
    spared: tuple[SparedRow, ...]
    flavours: Flavours
    distributions: tuple[DistributionRow, ...]

    def kernel_of(self, flavour: str) -> str:
        """The flavour whose kernel it is: `generic` for `generic-64k`."""
        return next((flavour.removesuffix(s) for s in self.flavours.suffixes if flavour.endswith(s)), flavour)

    def numbered_from(self, flavour: str) -> int | None:
        """What a flavour's ABIs count from: 0, 1000 or 2000; None for a flavour that is not known."""
        known = self.flavours
        for start, flavours in ((0, known.plain), (1000, known.from_1000), (2000, known.from_2000)):
            if flavour in flavours:
                return start
        return None


def branch(text: str) -> tuple[int, int]:
    """A branch of the tables as numbers, which compare: (6, 11) for `6.11`."""
    major, minor = text.split(".")
    return int(major), int(minor)


@cache
def tables() -> Tables:
    """The tables, read once; raises msgspec.ValidationError where the file is not what it promises."""
    return msgspec.yaml.decode(_FILE.read_bytes(), type=Tables)
