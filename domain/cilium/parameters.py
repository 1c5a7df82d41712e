"""The ten values that the runbook wants of Cilium on EKS, read once from parameters.yaml: rows are data."""

from enum import StrEnum
from functools import cache
from pathlib import Path
from typing import Any, Final

import msgspec

from domain.cilium.version import Version, parse

_FILE: Final = Path(__file__).with_name("parameters.yaml")
ROOT: Final = "charts.cilium"
"""Where the values lie in the pack's."""


class Reads(StrEnum):
    """What a value is, which decides what counts as the same."""

    BOOLEAN = "boolean"
    WORD = "word"
    REPLACEMENT = "replacement"  # kubeProxyReplacement, whose words changed
    ADDRESS = "address"  # not rendered everywhere
    ROUTING = "routing"  # once derived from `tunnel`
    SIGNALS = "signals"  # no key of its own: others are there because of it


class _Row(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A row that has no other fields than its own: a misspelt one would be a rule that nobody follows."""


class Default(_Row, frozen=True, kw_only=True, rename={"since": "from"}):
    """The chart's default from a version on: as written, what it means, and what it means where eni.enabled is on."""

    since: str
    value: Any
    means: str
    source: str
    with_eni: str | None = None


class Parameter(_Row, frozen=True, kw_only=True):
    """One of the ten: where it lies, what is wanted, and how a cluster shows it."""

    value: str
    wanted: str
    reads: Reads
    keys: tuple[str, ...]
    absent: str
    why: str
    source: str
    defaults: tuple[Default, ...]
    forced_with_eni: str | None = None
    inert_while_off: str | None = None
    strict_until: str | None = None
    rendered_if_true_from: str | None = None
    tunnel_until: str | None = None

    @property
    def name(self) -> str:
        """`charts.cilium.ipam.mode`, as the runbook's page has it."""
        return f"{ROOT}.{self.value}"

    @property
    def path(self) -> tuple[str, ...]:
        """The keys below `charts.cilium`."""
        return tuple(self.value.split("."))

    @property
    def quoted(self) -> str:
        """The wanted value as YAML has it: only what would be a boolean and is a string there needs quotes."""
        return f'"{self.wanted}"' if self.reads in (Reads.REPLACEMENT, Reads.WORD) else self.wanted


class Parameters(_Row, frozen=True, kw_only=True):
    """Everything in parameters.yaml; `first` and `last` are the minor versions that it speaks of."""

    first: str
    last: str
    parameters: tuple[Parameter, ...]

    def known(self, version: Version) -> bool:
        """Whether the rows speak of a version."""
        return _minor(self.first) <= version.minor <= _minor(self.last)


def version_of(text: str) -> Version:
    """A version of the file's; raises ValueError for what is none."""
    version = parse(text)
    if version is None:
        raise ValueError(f"{text!r} is no version of Cilium's")
    return version


def _minor(text: str) -> int:
    return version_of(text).minor


def until(version: Version, last: str | None) -> bool:
    """Whether a version is of the minor version `last` or before it; never where there is none."""
    return last is not None and version.minor <= _minor(last)


@cache
def parameters() -> Parameters:
    """The rows, read once; raises msgspec.ValidationError where the file is not what it promises."""
    return msgspec.yaml.decode(_FILE.read_bytes(), type=Parameters)


def by_value(value: str) -> Parameter:
    """The row of one of the ten."""
    return next(row for row in parameters().parameters if row.value == value)
