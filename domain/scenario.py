"""What a check declares of itself: its id, severity and place in the runbook. The ids are a contract."""

from enum import StrEnum

import msgspec

PAGES = {"troubleshooting/packs": "https://docs.spectrocloud.com/troubleshooting/pack-issues/"}
"""The published address of each page of the runbook: the page `packs` is pack-issues.md (facts/palette.md)."""


class Severity(StrEnum):
    """How much harm the fault does, from `critical` down to `low`."""

    CRITICAL = "critical"
    HIGH = "high"
    MEDIUM = "medium"
    LOW = "low"

    @property
    def rank(self) -> int:
        """The place in the order, 0 for the most severe."""
        return list(Severity).index(self)

    def at_least(self, other: "Severity") -> bool:
        """Whether this is as severe as `other` or more so."""
        return self.rank <= other.rank


class Scenario(msgspec.Struct, frozen=True):
    """A scenario of the runbook: `id` is `<page>/<fault>`, `runbook` is `<page's path>#<anchor>`."""

    id: str
    title: str
    severity: Severity
    runbook: str

    @property
    def page(self) -> str:
        """The runbook page's short name, which is the check's folder and marker: `packs`."""
        return self.id.partition("/")[0]

    @property
    def link(self) -> str:
        """The address of the scenario's section in the published runbook."""
        page, _, anchor = self.runbook.partition("#")
        return f"{PAGES[page]}#{anchor}"
