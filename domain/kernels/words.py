"""What one table says of one kernel, and what the tables come to together: each keeps its own voice."""

from collections.abc import Iterable
from enum import StrEnum

import msgspec

from domain.verdict import Grade


class Table(StrEnum):
    """Who speaks."""

    RUNBOOK = "runbook"  # the page's own table
    WIDER = "wider"  # what is known of Ubuntu's kernels besides
    UPSTREAM = "upstream"  # upstream's stable branches
    DISTRIBUTION = "distribution"  # a distribution's kernels that never had the fault


class Says(StrEnum):
    """What a table says."""

    AFFECTED = "affected"
    CURED = "cured"  # at the first fixed version, or after it
    BEFORE = "before"  # before the first bad one
    OPEN = "open"  # it has no row, or its row leaves this one open


class Word(msgspec.Struct, frozen=True):
    """One table's word on a kernel, as a clause of a sentence; `fixed` is the version that it says to go to."""

    table: Table
    says: Says
    clause: str
    sources: tuple[str, ...] = ()
    fixed: str | None = None

    @property
    def clear(self) -> bool:
        """Whether this table says that the kernel is sound."""
        return self.says in (Says.CURED, Says.BEFORE)


def spoken_first(words: Iterable[Word]) -> list[Word]:
    """The words in their order, those last that leave it open."""
    return sorted(words, key=lambda word: word.says is Says.OPEN)


class State(StrEnum):
    """What the tables come to."""

    LISTED = "listed"  # the runbook's or the wider table lists it
    LIKELY = "likely"  # upstream's range, or another distribution's build of a listed one
    CLEAR = "clear"  # before the first bad one, or at the first fixed one or after it
    UNKNOWN = "unknown"  # in no table, or left open: never fine


class KernelVerdict(msgspec.Struct, frozen=True):
    """What is known of a kernel without trying it.

    `sentence` names the kernel and every table that spoke; `fixed` is the version to go to, where one is known;
    `would_help` what would decide the undecided.
    """

    release: str
    state: State
    sentence: str
    words: tuple[Word, ...] = ()
    fixed: str | None = None
    would_help: str | None = None

    @property
    def grade(self) -> Grade | None:
        """How a finding on this kernel is known; None where the tables give none."""
        return {State.LISTED: Grade.LISTED, State.LIKELY: Grade.LIKELY}.get(self.state)

    @property
    def listed_by(self) -> tuple[Table, ...]:
        """The tables that list it as affected."""
        return tuple(word.table for word in self.words if word.says is Says.AFFECTED)

    @property
    def sources(self) -> tuple[str, ...]:
        """Where the tables have it from, those first that do not leave it open."""
        return tuple(dict.fromkeys(source for word in spoken_first(self.words) for source in word.sources))
