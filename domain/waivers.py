"""Waivers: findings that somebody answers for, with a reason, until a day; what nobody could read is never waived."""

from collections.abc import Collection, Iterable, Iterator
from datetime import date, timedelta
from fnmatch import fnmatchcase
from typing import Any

import msgspec
import yaml

from domain.run import Result, decided
from domain.verdict import Finding, Note, Outcome, Verdict, counted

SOON = timedelta(days=14)
"""A waiver that expires within this time warns."""

WAIVED = "waived: "
"""How the note begins that tells what a waiver covers where something else is open."""


class WaiverError(ValueError):
    """A file of waivers that cannot be read as one; the text says where and what is wrong."""


class Waiver(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One waiver; scenario, target and where (a finding's subject) may be globs."""

    scenario: str
    target: str
    where: str
    reason: str
    owner: str
    expires: date

    def covers(self, scenario: str, target: str, finding: Finding) -> bool:
        """Whether it is about this finding, in force or not."""
        return self.names(scenario, target, finding.subject)

    def names(self, scenario: str, target: str, subject: str) -> bool:
        """Whether it is about a finding of this subject."""
        named = ((scenario, self.scenario), (target, self.target), (subject, self.where))
        return all(fnmatchcase(name, pattern) for name, pattern in named)

    def __str__(self) -> str:
        return f"{self.reason} ({self.owner}, until {self.expires})"

    @property
    def name(self) -> str:
        """What it is about, for messages."""
        return f"{self.scenario} on {self.target}: {self.where}"


class _Loader(yaml.SafeLoader):
    """YAML without dates of its own: what is none is told with the waiver that it stands in."""

    yaml_implicit_resolvers = {
        first: [one for one in resolvers if one[0] != "tag:yaml.org,2002:timestamp"]
        for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
    }


def load(text: str) -> tuple[Waiver, ...]:
    """Read a file of waivers; raises WaiverError naming the entry and the field, or the line, that is wrong."""
    try:
        document = yaml.load(text, _Loader)  # noqa: S506  a SafeLoader
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else "?"
        raise WaiverError(f"line {line}: this is no YAML: {error.problem}") from error
    except yaml.reader.ReaderError as error:
        line = text.count("\n", 0, error.position) + 1
        raise WaiverError(f"line {line}: this is no YAML: {error.reason}") from error
    except (ValueError, RecursionError) as error:  # a value that says its own type and is none of it; [[[[…
        raise WaiverError(f"this is no YAML: {error}") from error
    if document is None:
        return ()
    if not isinstance(document, list):
        raise WaiverError("a list of {scenario, target, where, reason, owner, expires} belongs here")
    return tuple(_waiver(number, entry) for number, entry in enumerate(document, 1))


def _waiver(number: int, entry: Any) -> Waiver:
    try:
        waiver = msgspec.convert(entry, Waiver)
    except msgspec.ValidationError as error:
        raise WaiverError(f"waiver {number}: {error}") from error
    for field in ("reason", "owner"):
        if not getattr(waiver, field).strip():
            raise WaiverError(f"waiver {number}: {field} is empty, and a waiver must have one")
    return waiver


def waive(verdict: Verdict, waivers: Iterable[Waiver], scenario: str, target: str, today: date) -> Verdict:
    """Take the findings that waivers in force cover out of a verdict; what they covered is noted.

    All covered and nothing undecided is WAIVED; a rest stays FAILED; the undecided stays ERROR. An expired waiver takes
    nothing out, and says that it has expired.
    """
    mine = list(waivers)
    covered: list[tuple[Finding, Waiver]] = []
    open_: list[Finding] = []
    expired: list[str] = []
    for finding in verdict.findings:
        about = [w for w in mine if w.covers(scenario, target, finding)]
        in_force = next((w for w in about if w.expires >= today), None)
        if in_force is not None:
            covered.append((finding, in_force))
        else:
            open_.append(finding)
            expired += [f"{finding.subject}: its waiver expired on {w.expires} ({w.owner})" for w in about]
    if not covered and not expired:
        return verdict
    reason = "; ".join([verdict.reason if not covered else counted(open_), *expired])
    if not covered:
        return msgspec.structs.replace(verdict, reason=reason)
    notes = tuple(Note(f.subject, f"{WAIVED}{w}; {f.message}") for f, w in covered)
    if open_:
        return msgspec.structs.replace(
            verdict,
            reason=reason,
            findings=tuple(open_),
            notes=(*verdict.notes, *notes),
            waived=tuple(f.subject for f, _ in covered),
        )
    if verdict.undecided:
        said = f"{len(verdict.undecided)} undecided, which no waiver hides: {verdict.undecided[0].reason}"
        return msgspec.structs.replace(
            verdict, outcome=Outcome.ERROR, reason=said, findings=(), notes=(*verdict.notes, *notes)
        )
    why = "; ".join(dict.fromkeys(str(w) for _, w in covered))
    return msgspec.structs.replace(verdict, outcome=Outcome.WAIVED, reason=why)


def warnings(
    waivers: Iterable[Waiver], results: Iterable[Result], scenarios: Iterable[str], mute: Collection[str], today: date
) -> Iterator[str]:
    """Say which waivers matched nothing, and which expire soon.

    `scenarios` are all that there are, `mute` those that none of the targets can be judged by. A waiver of what was
    not judged, in this scenario or on this target, is not known to match nothing.
    """
    came, there = list(results), list(scenarios)
    for waiver in waivers:
        own = [result for result in came if fnmatchcase(result.scenario, waiver.scenario)]
        if any(waiver.names(r.scenario, r.target, subject) for r in own for subject in _found(r)):
            if today <= waiver.expires <= today + SOON:
                yield f"a waiver expires on {waiver.expires}: {waiver.name} ({waiver.owner})"
            continue
        named = {name for name in there if fnmatchcase(name, waiver.scenario)}
        missed = named - {result.scenario for result in own} - (set(mute) if own else set())
        if not missed and all(decided(r) for r in own if fnmatchcase(r.target, waiver.target)):
            yield f"a waiver matched nothing: {waiver.name}"


def _found(result: Result) -> Iterator[str]:
    """The subjects of all findings, also of those that a waiver made a note."""
    yield from (finding.subject for finding in result.findings)
    yield from (note.subject for note in result.notes if note.message.startswith(WAIVED))
