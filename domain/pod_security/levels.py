"""Levels, versions and the labels that choose them, because a namespace's labels rarely say the whole policy.

The cluster's own defaults stand behind absent labels and cannot be read through the API (facts/kubernetes.md), so a
level that no label gives is None here and never guessed. Invalid labels can stand on a namespace that was labelled
before admission looked at them; admission then falls back in ways that this module repeats.
Source of every rule: k8s.io/pod-security-admission v0.36.1, api/helpers.go and api/constants.go.
"""

import re
from collections.abc import Mapping
from enum import StrEnum
from typing import Final

import msgspec

from domain.pod_security.wording import go_quoted

LABEL_PREFIX: Final = "pod-security.kubernetes.io/"
MODES: Final = ("enforce", "audit", "warn")

_VERSION: Final = re.compile(r"v1\.(0|[1-9][0-9]*)")
_SERVER_VERSION: Final = re.compile(r"v?1\.([0-9]+)([^0-9].*)?", re.DOTALL)
_LARGEST_INT: Final = 2**63 - 1


class Level(StrEnum):
    """A Pod Security level; comparison is by strictness, so that `Level.BASELINE < Level.RESTRICTED`."""

    PRIVILEGED = "privileged"
    BASELINE = "baseline"
    RESTRICTED = "restricted"

    @property
    def strictness(self) -> int:
        """0 for the level that admits everything, 2 for the strictest."""
        return list(Level).index(self)

    def __lt__(self, other: str) -> bool:
        return self.strictness < Level(other).strictness

    def __le__(self, other: str) -> bool:
        return self.strictness <= Level(other).strictness

    def __gt__(self, other: str) -> bool:
        return self.strictness > Level(other).strictness

    def __ge__(self, other: str) -> bool:
        return self.strictness >= Level(other).strictness


class PolicyVersion(msgspec.Struct, frozen=True, order=True):
    """A version of the standards: `latest`, which is newer than any number, or `v1.<minor>`."""

    latest: bool
    minor: int = 0

    @classmethod
    def parse(cls, text: str) -> "PolicyVersion":
        """Read a label's value: `latest` or `v1.N` without leading zeros.

        Raises ValueError, in admission's words, for everything else and for an N beyond a 64-bit integer.
        """
        if text == "latest":
            return LATEST
        match = _VERSION.fullmatch(text)
        if match is None or len(match[1]) > len(str(_LARGEST_INT)) or int(match[1]) > _LARGEST_INT:
            raise ValueError('must be "latest" or "v1.x"')
        return cls(latest=False, minor=int(match[1]))

    @classmethod
    def of_server(cls, git_version: str) -> "PolicyVersion":
        """Read the version that an API server reports (`v1.36.1`, `v1.29.3-eks-a1b2c3`, or `1.36+`).

        Raises ValueError where there is no `1.<minor>` at its beginning.
        """
        match = _SERVER_VERSION.fullmatch(git_version)
        if match is None or len(match[1]) > len(str(_LARGEST_INT)):
            raise ValueError(f"{git_version!r} is not the version of a Kubernetes server")
        return cls(latest=False, minor=int(match[1]))

    def judged_by(self, server: "PolicyVersion | None") -> "PolicyVersion":
        """The version by which a server of that version judges what this one names.

        A server that does not know a version judges by its newest (policy/registry.go, EvaluatePod); `latest` is its
        newest too. None stands for a server that knows everything known here.
        """
        return self if server is None else min(self, server)

    def __str__(self) -> str:
        return "latest" if self.latest else f"v1.{self.minor}"


LATEST: Final = PolicyVersion(latest=True)


def v1(minor: int) -> PolicyVersion:
    """The version `v1.<minor>`."""
    return PolicyVersion(latest=False, minor=minor)


class Mode(msgspec.Struct, frozen=True):
    """What one of enforce, audit and warn asks for; a level of None is the cluster's default, which nobody can read."""

    level: Level | None = None
    version: PolicyVersion = LATEST

    def __str__(self) -> str:
        return f"{self.level or 'unset'}:{self.version}"


class LabelError(msgspec.Struct, frozen=True):
    """A label whose value admission cannot use; as text, admission's own words."""

    label: str
    value: str
    problem: str

    def __str__(self) -> str:
        return f"metadata.labels[{self.label}]: Invalid value: {go_quoted(self.value)}: {self.problem}"


class Policy(msgspec.Struct, frozen=True):
    """What a namespace asks of its pods, and the labels that say something else than they mean to."""

    enforce: Mode = Mode()
    audit: Mode = Mode()
    warn: Mode = Mode()
    errors: tuple[LabelError, ...] = ()


def policy_from_labels(labels: Mapping[str, str], defaults: Policy | None = None) -> Policy:
    """Resolve a namespace's labels as admission does (api/helpers.go, PolicyToEvaluate).

    Each label overrides its own field of `defaults` (the cluster's, where they are known) and no other. An invalid
    level is `restricted` for enforce, which fails closed, and `privileged` for audit and warn, which fail open; an
    invalid version is `latest`. A valid enforce level stricter than the default of warn is what warn asks for too,
    unless a label says otherwise; an unknown default counts as `privileged` there.
    """
    known = defaults or Policy()
    errors: list[LabelError] = []
    enforce, audit, warn = (_mode(mode, labels, getattr(known, mode), errors) for mode in MODES)
    asked = labels.get(f"{LABEL_PREFIX}enforce")
    silent = f"{LABEL_PREFIX}warn" not in labels
    if silent and enforce.level is not None and asked == enforce.level and enforce.level > (warn.level or "privileged"):
        version = warn.version if f"{LABEL_PREFIX}warn-version" in labels else enforce.version
        warn = Mode(enforce.level, version)
    return Policy(enforce, audit, warn, tuple(errors))


def _mode(mode: str, labels: Mapping[str, str], default: Mode, errors: list[LabelError]) -> Mode:
    """One mode's level and version; what is invalid is added to `errors`, the level's first."""
    level, version = default.level, default.version
    label = f"{LABEL_PREFIX}{mode}"
    if label in labels:
        try:
            level = Level(labels[label])
        except ValueError:
            level = Level.RESTRICTED if mode == "enforce" else Level.PRIVILEGED
            errors.append(LabelError(label, labels[label], f"must be one of {', '.join(Level)}"))
    label = f"{LABEL_PREFIX}{mode}-version"
    if label in labels:
        try:
            version = PolicyVersion.parse(labels[label])
        except ValueError as error:
            version = LATEST
            errors.append(LabelError(label, labels[label], str(error)))
    return Mode(level, version)
