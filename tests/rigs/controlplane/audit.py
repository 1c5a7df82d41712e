"""The audit log as records: who asked the API server for what, and what it answered.

The policy writes every request once it is answered (a watch also when it starts), at level Metadata: no bodies.
https://kubernetes.io/docs/reference/config-api/apiserver-audit.v1/
"""

from pathlib import Path

import msgspec

POLICY = {
    "apiVersion": "audit.k8s.io/v1",
    "kind": "Policy",
    "omitStages": ["RequestReceived"],
    "rules": [{"level": "Metadata"}],
}
COMPLETED = ("ResponseComplete", "Panic")


class User(msgspec.Struct, frozen=True):
    """Who asked."""

    username: str = ""
    groups: tuple[str, ...] = ()


class ObjectReference(msgspec.Struct, frozen=True, rename="camel"):
    """What was asked for; a list has no name."""

    resource: str = ""
    namespace: str = ""
    name: str = ""
    api_group: str = ""
    subresource: str = ""


class Status(msgspec.Struct, frozen=True):
    """What was answered."""

    code: int = 0
    reason: str = ""
    message: str = ""


class AuditEvent(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """One request, of the fields of audit.k8s.io/v1 Event those that tests ask for."""

    stage: str
    verb: str
    request_uri: str = msgspec.field(name="requestURI")
    user: User = User()
    impersonated_user: User | None = None
    user_agent: str = ""
    object_ref: ObjectReference = ObjectReference()
    response_status: Status = Status()
    annotations: dict[str, str] = msgspec.field(default_factory=dict)
    request_received_timestamp: str = ""


def size(log: Path) -> int:
    """Return the log's length in bytes, 0 where nothing has been asked yet."""
    return log.stat().st_size if log.exists() else 0


def events(log: Path, since: int = 0) -> list[AuditEvent]:
    """Return the answered requests after byte `since`, which must be the start of a line."""
    if not log.exists():
        return []
    with log.open("rb") as file:
        file.seek(since)
        lines = file.read()
    whole = lines[: lines.rfind(b"\n") + 1]
    decoder = msgspec.json.Decoder(AuditEvent)
    return [event for event in decoder.decode_lines(whole) if event.stage in COMPLETED]
