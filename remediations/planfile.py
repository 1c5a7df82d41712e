"""plan.json: what would be changed, written for a person to look at and read back to be applied exactly."""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from pathlib import Path

import msgspec
from jsonpointer import JsonPointer, JsonPointerException

from domain.objects import Namespace
from domain.plan import SCHEMA, Cluster, Plan, PlanFile, Refusal
from domain.resources import NAMESPACES, Query
from domain.version import VERSION
from fixtures.errors import PackcheckError, ReadError
from fixtures.targets import OpenTarget

NAME = "plan.json"
IDENTITY = "kube-system"
"""The namespace whose uid tells a cluster from every other."""


class _Versioned(msgspec.Struct):
    schema: str


class PlanFileError(PackcheckError):
    """A file that is no plan, or one of another cluster: nothing of it is applied."""


def cluster_of(target: OpenTarget) -> Cluster:
    """Which target this is, by its own identity or its kube-system's uid; raises ReadError where that is unread."""
    if target.identity is not None:
        return Cluster(target.id, target.identity(), target.record().server)
    found = target.store.object(Query(NAMESPACES, name=IDENTITY), Namespace)
    if found.unread:  # who may list them need not have the right to get one
        found = msgspec.structs.replace(found, items=target.store.listing(Query(NAMESPACES), Namespace).items)
    uid = next((n.metadata.uid for n in found.items if n.metadata.name == IDENTITY), None)
    if uid is None:
        reason = found.unread[0].reason if found.unread else f"there is no namespace {IDENTITY}"
        raise ReadError(f"{target.id}: it cannot be told which cluster this is: {reason}")
    return Cluster(target.id, uid, target.record().server)


def twice(clusters: Sequence[Cluster]) -> str | None:
    """Say which of them are one cluster under two names; None where each is another."""
    for index, one in enumerate(clusters):
        for other in clusters[:index]:
            if one.uid == other.uid:
                return f"{other.id} and {one.id} are the same cluster (by {IDENTITY}'s uid): name it once"
    return None


def encode(plans: Iterable[Plan], refusals: Iterable[Refusal], clusters: Iterable[Cluster]) -> bytes:
    """plan.json's content, indented for a person."""
    made = datetime.now(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
    file = PlanFile(version=VERSION, made=made, clusters=tuple(clusters), plans=tuple(plans), refusals=tuple(refusals))
    return msgspec.json.format(msgspec.json.encode(file), indent=1) + b"\n"


def load(path: Path) -> PlanFile:
    """Read a plan back; raises PlanFileError for what is not there, no plan, or of another version."""
    if path.is_dir():
        path /= NAME
    try:
        content = path.read_bytes()
        schema = msgspec.json.decode(content, type=_Versioned).schema
        if schema != SCHEMA:
            raise PlanFileError(f"--from-plan={path}: the plan is of version {schema!r}; this packcheck reads {SCHEMA}")
        file = msgspec.json.decode(content, type=PlanFile)
        for path_ in (e.path for plan in file.plans for c in plan.changes for e in getattr(c, "edits", ())):
            JsonPointer(path_)
    except OSError as error:
        raise PlanFileError(f"--from-plan={path}: {error.strerror}") from error
    except (msgspec.MsgspecError, UnicodeDecodeError, JsonPointerException) as error:
        raise PlanFileError(f"--from-plan={path}: this is no plan of packcheck: {error}") from error
    return file
