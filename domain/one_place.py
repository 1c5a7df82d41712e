"""One finding for one place: what several packs, or several faults, at one line come to together.

A minified file holds all its packs in one line, and a subject is a place: a run knows findings by their subjects.
"""

from collections.abc import Iterable, Iterator
from typing import Any

import msgspec

from domain.verdict import Finding, Grade


def together(findings: Iterable[Finding]) -> Iterator[Finding]:
    """The findings, those of one subject as one, each where the first of it was."""
    by_subject: dict[str, list[Finding]] = {}
    for finding in findings:
        by_subject.setdefault(finding.subject, []).append(finding)
    yield from map(_one, by_subject.values())


def _one(findings: list[Finding]) -> Finding:
    first = findings[0]
    if len(findings) == 1:
        return first
    return msgspec.structs.replace(
        first,
        grade=min((one.grade for one in findings), key=list(Grade).index),
        message="; ".join(dict.fromkeys(one.message for one in findings)),
        evidence=_evidence(findings),
        by_hand=tuple(dict.fromkeys(line for one in findings for line in one.by_hand)),
        remedy=next((one.remedy for one in findings if one.remedy), None),
    )


def _evidence(findings: list[Finding]) -> dict[str, Any]:
    """What each of them rests on: lists are joined, of anything else the first that says something counts."""
    evidence: dict[str, Any] = {}
    for finding in findings:
        for key, value in finding.evidence.items():
            there = evidence.get(key)
            if isinstance(there, list) and isinstance(value, list):
                evidence[key] = [*there, *(item for item in value if item not in there)]
            elif there is None:
                evidence[key] = value
    return evidence
