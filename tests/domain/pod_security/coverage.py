"""Which control was tried at each version where it changed, with what verdict: proof that the pods reach them all."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final, NamedTuple

from domain.pod_security import CONTROLS, Control, Level, PolicyVersion, controls_in_force
from domain.pod_security.pod import read_pod


class Change(NamedTuple):
    """A control and the version in which it came or changed."""

    control: Control
    since: PolicyVersion

    @property
    def before(self) -> PolicyVersion | None:
        """The version before, if there is one."""
        return PolicyVersion(latest=False, minor=self.since.minor - 1) if self.since.minor else None


def changes() -> list[Change]:
    """Every change of every control, by control and version."""
    return [Change(control, revision.since) for control in CONTROLS for revision in control.revisions]


def told_apart(pod: Mapping[str, Any], known: Iterable[Change]) -> Iterator[Change]:
    """Yield the changes that a pod shows: those whose rule says otherwise than the one before."""
    judged = read_pod(pod)
    for change in known:
        if change.before is None:
            continue
        old, new = change.control.at(change.before), change.control.at(change.since)
        if (old and old.rule(judged)) != (new and new.rule(judged)):
            yield change


def violating(pod: Mapping[str, Any], known: Iterable[Change]) -> Iterator[Change]:
    """Yield the changes whose rule refuses a pod."""
    judged = read_pod(pod)
    for change in known:
        revision = change.control.at(change.since)
        if revision is not None and revision.rule(judged) is not None:
            yield change


UNREACHABLE: Final = frozenset({("procMount", "v1.35", "fail")})
"""What no pod shows that the API accepts: `Unmasked` needs `hostUsers: false`, and that is what 1.35 lets pass."""


class Coverage:
    """Counts of pods by change: passed and failed at its version, and judged on both sides of it with other words."""

    def __init__(self) -> None:
        self.verdicts: Counter[tuple[str, PolicyVersion, bool]] = Counter()
        self.apart: Counter[tuple[str, PolicyVersion]] = Counter()

    def count(self, level: Level, version: PolicyVersion, violated: Iterable[str]) -> None:
        """Count a pod that was judged at a level and version."""
        bad = set(violated)
        for control, _ in controls_in_force(level, version):
            self.verdicts[control.id, version, control.id not in bad] += 1

    def missing(self, known: Iterable[Change]) -> list[str]:
        """Name the cells of these changes that no pod reached."""
        cells = ((change.control.id, str(change.since), cell, n) for change in known for cell, n in self._row(change))
        return [" ".join(cell) for *cell, n in cells if not n and tuple(cell) not in UNREACHABLE]

    def table(self, known: Iterable[Change], server: PolicyVersion) -> str:
        """Draw the counts, one change a line; what the server is too old for says so."""
        lines = [f"{'control':<28}{'since':>6}{'pass':>8}{'fail':>8}{'told apart':>12}"]
        for change in known:
            head = f"{change.control.id:<28}{change.since!s:>6}"
            if change.since > server:
                lines.append(f"{head}  newer than the server ({server}): cases by table only")
            else:
                row = dict(self._row(change))
                note = (
                    "  (no valid pod can fail)" if (change.control.id, str(change.since), "fail") in UNREACHABLE else ""
                )
                lines.append(f"{head}{row['pass']:>8}{row['fail']:>8}{row.get('told apart', '-'):>12}{note}")
        return "\n".join(lines)

    def _row(self, change: Change) -> Iterator[tuple[str, int]]:
        key = (change.control.id, change.since)
        yield "pass", self.verdicts[*key, True]
        yield "fail", self.verdicts[*key, False]
        if change.before is not None:
            yield "told apart", self.apart[key]
