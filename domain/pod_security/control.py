"""What a control of the standards is: rules by the version in which each came into force.

A rule is a pure function from the pod that admission sees to the reason and the detail of a refusal, or None.
"""

from collections.abc import Callable

import msgspec

from domain.pod_security.levels import Level, PolicyVersion
from domain.pod_security.pod import Pod


class Forbidden(msgspec.Struct, frozen=True):
    """Why a rule refuses a pod: the reason in brief, and what of the pod it is."""

    reason: str
    detail: str


Rule = Callable[[Pod], Forbidden | None]


class Revision(msgspec.Struct, frozen=True):
    """A rule from a version on; it stands in for the controls that it `overrides`, which are of baseline."""

    since: PolicyVersion
    rule: Rule
    overrides: tuple[str, ...] = ()


class Control(msgspec.Struct, frozen=True):
    """A control by its id upstream, and what is admitted where it does not hold (a noun phrase for a plan's text).

    Its revisions are in the order of their versions.
    """

    id: str
    level: Level
    admitted_without: str
    revisions: tuple[Revision, ...]

    def at(self, version: PolicyVersion) -> Revision | None:
        """The revision that is in force at a version; None before the first."""
        return next((revision for revision in reversed(self.revisions) if revision.since <= version), None)


class Violation(msgspec.Struct, frozen=True):
    """One control that a pod violates; as text, admission's own words."""

    control: str
    reason: str
    detail: str

    def __str__(self) -> str:
        return f"{self.reason} ({self.detail})"
