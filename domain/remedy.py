"""What a remedy declares of itself: its id, what it may send, and the pure function that plans it."""

from collections.abc import Callable, Iterator
from typing import Any

import msgspec

from domain.plan import Plan, Refusal
from domain.resources import Resource
from domain.run import TargetKind
from domain.verdict import Note

ALLOWABLE = {
    "reboot": "hosts may be rebooted",
    "delete-unmanaged-pods": "pods that no controller makes anew may be deleted",
    "several-clusters": "more than one cluster may be written to in one run (sandboxes do not count)",
}
"""The disruptive classes that `--allow` opts in to, and what each allows."""


class Sends(msgspec.Struct, frozen=True):
    """A right that a remedy needs to write, for `--rbac`: verbs on a resource, in one namespace or (None) in all.

    `where` says of which clusters it is, where it is not of all: its namespace need not be there.
    """

    resource: Resource
    verbs: tuple[str, ...]
    namespace: str | None = None
    names: tuple[str, ...] = ()
    where: str = ""


class Ask(msgspec.Struct, frozen=True):
    """What a plan is asked for: on which target, for which scenario, with which options.

    `kernel` is the version wanted, where one is named; `base_image` the image that holds it. `waived` are subjects
    whose findings somebody answers for: what would change one of them too is refused.
    """

    target: str
    scenario: str
    remedy: str
    allow: frozenset[str] = frozenset()
    kernel: str = ""
    drain_timeout_s: float = 300.0
    reboot_timeout_s: float = 900.0
    base_image: str = ""
    waived: tuple[str, ...] = ()

    def plan(self, subject: str, changes: tuple[Any, ...], remarks: tuple[str, ...] = ()) -> Plan:
        """A plan about `subject`, under the names of what was asked."""
        return Plan(
            target=self.target,
            scenario=self.scenario,
            remedy=self.remedy,
            subject=subject,
            changes=changes,
            remarks=remarks,
        )

    def refusal(self, subject: str, reason: str) -> Refusal:
        """A refusal about `subject`, likewise."""
        return Refusal(target=self.target, scenario=self.scenario, remedy=self.remedy, subject=subject, reason=reason)


class Remedy(msgspec.Struct, frozen=True, kw_only=True):
    """One way to clear a scenario's findings.

    `plan` takes `findings` and `ask`, and facts by the names of its other parameters; it yields a Plan or a Refusal
    for each finding. `afterwards` likewise says what a person should know once it was carried out.
    """

    id: str
    title: str
    undo: str
    plan: Callable[..., Iterator[Plan | Refusal]]
    afterwards: Callable[..., Iterator[Note]] | None = None
    sends: tuple[Sends, ...] = ()
    acts_on: tuple[TargetKind, ...] = (TargetKind.CLUSTER, TargetKind.SANDBOX)
