"""Admission's refusals as controllers repeat them in events and conditions, the surest sign of pods that never came."""

import re
from typing import Final

import msgspec

from domain.pod_security.levels import Level

_REFUSAL: Final = re.compile(
    r"(?:^|\bis forbidden: )(?P<text>violates PodSecurity "
    r'"(?P<level>baseline|restricted):(?P<version>latest|v1\.[0-9]+)": (?P<reasons>.+))',
    re.DOTALL,
)


class Refusal(msgspec.Struct, frozen=True):
    """A refusal: the namespace's level and version, each reason with its detail, and the words themselves."""

    level: Level
    version: str
    reasons: tuple[str, ...]
    text: str


def parse_refusal(message: str) -> Refusal | None:
    """Read the message of an event, a condition or an API error; None where it is not Pod Security's refusal.

    `Error creating: pods "x-" is forbidden: violates PodSecurity …` of ReplicaSets, DaemonSets and Jobs, the same after
    `(combined from similar events): `, and `create Pod ss-0 in StatefulSet ss failed error: …` are refusals
    (facts/kubernetes.md); quotas, webhooks and everything else are not.
    """
    match = _REFUSAL.search(message)
    if match is None:
        return None
    return Refusal(Level(match["level"]), match["version"], tuple(_reasons(match["reasons"])), match["text"])


def _reasons(text: str) -> list[str]:
    """Split at the commas that are neither in parentheses nor in quotes; what is cut off stays one reason."""
    reasons, depth, quoted, escaped, start = [], 0, False, False, 0
    for index, character in enumerate(text):
        if escaped:
            escaped = False
        elif quoted:
            escaped = character == "\\"
            quoted = character != '"'
        elif character == '"':
            quoted = True
        elif character in "()":
            depth += 1 if character == "(" else -1
        elif character == "," and depth == 0:
            reasons.append(text[start:index])
            start = index + 1
    return [reason.strip() for reason in (*reasons, text[start:]) if reason.strip()]
