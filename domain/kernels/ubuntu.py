"""What the runbook's table and the wider one say of an Ubuntu kernel: base, ABI as an integer, and flavour.

The two contradict each other (6.8.0-58-generic) and overlap (6.8.0-1022-oracle); neither is corrected by the other.
"""

from collections.abc import Iterable
from typing import Final

import msgspec

from domain.kernels.release import KernelRelease, Upstream
from domain.kernels.tables import Before, RunbookRow, WiderRow, tables
from domain.kernels.upstream import upstream_says
from domain.kernels.words import Says, Table, Word

_SPAN = 1000
"""Flavours count their ABIs from 0, 1000 or 2000, and none has ever come to the next."""

_VERBS: Final = {
    Says.AFFECTED: "lists it",
    Says.CURED: "has it as cured",
    Says.BEFORE: "has it as older than the fault",
    Says.OPEN: "leaves it open",
}


class UbuntuKernel(msgspec.Struct, frozen=True):
    """An Ubuntu kernel by what the tables are keyed on.

    `of_ubuntu` is whether Ubuntu has such a flavour, `known` whether it numbers it so.
    """

    release: str
    base: str
    abi: int
    flavour: str
    of_ubuntu: bool
    known: bool

    @classmethod
    def of(cls, parsed: KernelRelease) -> "UbuntuKernel | None":
        """The kernel that a release of Ubuntu's form names; None for any other form."""
        if parsed.abi is None:
            return None
        flavour = tables().kernel_of(parsed.flavour)
        start = tables().numbered_from(flavour)
        known = start is not None and start <= parsed.abi < start + _SPAN
        return cls(parsed.text, parsed.base, parsed.abi, flavour, start is not None, known)

    def named(self, abi: int) -> str:
        """Another ABI of the same kernel: `6.8.0-60-generic-64k` for 60."""
        head = f"{self.base}-{self.abi}"
        return f"{self.base}-{abi}{self.release.removeprefix(head)}"


def ubuntu_says(kernel: UbuntuKernel, upstream: Upstream | None) -> tuple[Word, ...]:
    """Say what each table has of an Ubuntu kernel, the runbook's first.

    Upstream's table speaks only where Ubuntu's base has the cure from its first release on: before that, a base of
    Ubuntu's is upstream's first release with patches of Ubuntu's, and its number tells nothing.
    """
    runbook, wider = _runbook_row(kernel), _wider_row(kernel)
    words = [_runbook_says(kernel, runbook, wider), _wider_says(kernel, wider)]
    if kernel.known and upstream is not None:
        word = upstream_says(upstream)
        words += [word] if word.says is Says.CURED and word.fixed is None else []
    return tuple(words)


def first_fixed(words: Iterable[Word]) -> str | None:
    """The newest of the versions that the tables say to go to: the surest where they differ."""
    named = [word.fixed for word in words if word.fixed]
    return max(named, key=lambda release: int(release.split("-")[1]), default=None)


def _runbook_row(kernel: UbuntuKernel) -> RunbookRow | None:
    return next((row for row in tables().runbook if row.base == kernel.base and _is_about(row, kernel)), None)


def _is_about(row: RunbookRow, kernel: UbuntuKernel) -> bool:
    if row.numbered_from is None:
        return kernel.flavour in row.flavours and kernel.known
    start = tables().numbered_from(kernel.flavour)
    return start in (None, row.numbered_from) and row.numbered_from <= kernel.abi < row.numbered_from + _SPAN


def _wider_row(kernel: UbuntuKernel) -> WiderRow | None:
    rows = (row for row in tables().wider if row.base == kernel.base and kernel.flavour in row.flavours)
    return next(rows, None) if kernel.known else None


def _runbook_says(kernel: UbuntuKernel, row: RunbookRow | None, wider: WiderRow | None) -> Word:
    if row is None:
        return Word(Table.RUNBOOK, Says.OPEN, "the runbook's table has no row for it")
    printed = ", ".join(f"{row.base}-{abi}" for abi in row.affected)
    where = f"(row {row.row}: affected {printed}, fixed {row.base}-{row.fixed})"
    mixed = row.fixed_of is not None and kernel.flavour not in row.fixed_of
    fixed = kernel.named(row.fixed) if not mixed or (wider is not None and wider.fixed is not None) else None
    of = f"; that fixed version is of {' and '.join(row.fixed_of)} kernels" if mixed and row.fixed_of else ""
    if kernel.abi in row.affected:
        return Word(Table.RUNBOOK, Says.AFFECTED, f"the runbook's table lists it {where}{of}", (row.source,), fixed)
    if kernel.abi >= row.fixed and not mixed:
        return Word(Table.RUNBOOK, Says.CURED, f"the runbook's table has it as fixed {where}", (row.source,), fixed)
    return Word(Table.RUNBOOK, Says.OPEN, f"the runbook's table does not list it {where}{of}", (row.source,), fixed)


def _wider_says(kernel: UbuntuKernel, row: WiderRow | None) -> Word:
    if row is None:
        return Word(Table.WIDER, Says.OPEN, f"the wider table has no row for {kernel.base} {kernel.flavour} kernels")
    fixed = kernel.named(row.fixed) if row.fixed is not None else None
    says = _by_row(kernel.abi, row)
    return Word(Table.WIDER, says, f"the wider table {_VERBS[says]} ({_ranged(row)}; {row.sure})", row.sources, fixed)


def _by_row(abi: int, row: WiderRow) -> Says:
    if row.fixed is not None and abi >= row.fixed:
        return Says.CURED
    if row.bad is not None and row.bad[0] <= abi <= row.bad[1]:
        return Says.AFFECTED
    if row.bad is not None and abi < row.bad[0] and row.before is Before.CLEAR:
        return Says.BEFORE
    return Says.OPEN


def _ranged(row: WiderRow) -> str:
    """A row's numbers for a sentence: `6.8.0-56 to 6.8.0-57 bad, 6.8.0-58 the first fixed one`."""
    bad = "none known to be bad"
    if row.bad is not None:
        first, last = row.bad
        bad = f"{row.base}-{first} bad" if first == last else f"{row.base}-{first} to {row.base}-{last} bad"
    fixed = f"{row.base}-{row.fixed} the first fixed one" if row.fixed is not None else "no fixed one known"
    return f"{bad}, {fixed}"
