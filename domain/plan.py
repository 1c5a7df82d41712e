"""Plans: what a remedy would change, as data that is shown, recorded, carried out, taken back and compared.

A change is pinned to what it was planned on: the object's uid, and the values of the very paths that it touches
(resourceVersion moves with every status update and would refuse everything).
"""

import difflib
from enum import StrEnum
from typing import Any

import msgspec
import yaml

from domain.resources import Resource

SCHEMA = "packcheck.plan/1"


class Rollback(StrEnum):
    """What becomes of a change whose plan did not clear its finding."""

    TAKE_BACK = "take-back"
    KEEP = "keep"  # taking it back does not help
    KEEP_IF_DELETED = "keep-if-pods-were-deleted"  # admission would keep the pods out again


class Ref(msgspec.Struct, frozen=True):
    """One object, as it was when the plan was made: `uid` tells it from a later one of its name."""

    resource: Resource
    namespace: str | None
    name: str
    uid: str

    def __str__(self) -> str:
        """`Namespace/x`, `DaemonSet/ns/name`."""
        return "/".join(part for part in (self.resource.kind, self.namespace, self.name) if part)


class Edit(msgspec.Struct, frozen=True):
    """One JSON pointer from `before` to `after`; None is absent, as the API has no other null in these places."""

    path: str
    before: Any
    after: Any


class _Change(msgspec.Struct, frozen=True, kw_only=True):
    ref: Ref
    reason: str
    command: str
    risk: str = ""
    """The class that `--allow` must name, or nothing."""
    rollback: Rollback = Rollback.TAKE_BACK


class PatchObject(_Change, frozen=True, kw_only=True, tag="patch"):
    """Set values at some paths of an object; its undo sets the values that were there."""

    edits: tuple[Edit, ...]


class Prompt(_Change, frozen=True, kw_only=True, tag="prompt"):
    """Annotate a controller's own metadata, so that it tries again at once; its undo takes the annotation away."""

    edits: tuple[Edit, ...]


class DeleteObject(_Change, frozen=True, kw_only=True, tag="delete"):
    """Delete an object; `irreversible` says why no undo makes it anew."""

    irreversible: str
    rollback: Rollback = Rollback.KEEP


class EvictPod(_Change, frozen=True, kw_only=True, tag="evict"):
    """Delete a pod as its PodDisruptionBudgets allow; irreversible likewise."""

    irreversible: str
    rollback: Rollback = Rollback.KEEP


class DrainNode(_Change, frozen=True, kw_only=True, tag="drain"):
    """Evict a node's pods as their PodDisruptionBudgets allow, until none is left; `pods` are those that are there.

    Which those are is looked at when it is done: pods of nodes drained before may have come. Irreversible: controllers
    make them anew elsewhere.
    """

    pods: tuple[str, ...]
    timeout_s: float
    irreversible: str
    rollback: Rollback = Rollback.KEEP


class Uncordon(_Change, frozen=True, kw_only=True, tag="uncordon"):
    """Let a node take pods again that this run kept from it; nothing takes that back, for so it was before."""

    edits: tuple[Edit, ...]
    irreversible: str
    rollback: Rollback = Rollback.KEEP


class Act(StrEnum):
    """What a command does on a host."""

    INSTALL = "install"  # packages, by apt
    SETTLE = "settle"  # wait for what apt was told, and have dpkg end what is half done
    HOLD = "hold"  # packages at the version they have
    UNHOLD = "unhold"
    REBOOT = "reboot"  # into a kernel, and wait for it
    WRITE = "write"  # a file that turns IPv6 off at boot, and turn it off
    REMOVE = "remove"  # that file, and turn IPv6 on as it was


class RunOnHost(_Change, frozen=True, kw_only=True, tag="host"):
    """Have a host do something: `edits` say it as values of the host's, before and after.

    `ref.uid` is the host's machine-id, and `boot_id` the boot that was planned on. `names` are packages, the kernel to
    boot, or the file. `irreversible` says why nothing takes it back, where that is so.
    """

    act: Act
    names: tuple[str, ...]
    edits: tuple[Edit, ...]
    boot_id: str
    timeout_s: float
    irreversible: str = ""


class Hunk(msgspec.Struct, frozen=True):
    """Lines of a file that become others: from the line `line` on, from 1; each line has its end.

    Of one very long line (a profile in JSON) it is the part that differs, from the character `column` on, from 0: what
    stands beside it may be a secret.
    """

    line: int
    before: tuple[str, ...]
    after: tuple[str, ...]
    column: int | None = None


class WriteFile(_Change, frozen=True, kw_only=True, tag="write"):
    """Change lines of a file; `ref` names it by its path, and by its sha256 as it was when this was planned.

    Its undo sets the lines that were there.
    """

    hunks: tuple[Hunk, ...]


class Until(StrEnum):
    """What a wait waits for."""

    PODS_CREATED = "its pods are created"
    GONE = "it is gone"
    ROLLED_OUT = "its rollout is done"


class WaitFor(_Change, frozen=True, kw_only=True, tag="wait"):
    """Wait until an object is as the remedy wants it, in a generation after `beyond`; changes nothing."""

    until: Until
    timeout_s: float
    beyond: int = 0
    rollback: Rollback = Rollback.KEEP


Change = PatchObject | Prompt | DeleteObject | EvictPod | DrainNode | Uncordon | RunOnHost | WriteFile | WaitFor
ACTIONS = {
    PatchObject: "patch",
    Prompt: "prompt",
    DeleteObject: "delete",
    EvictPod: "evict",
    DrainNode: "drain",
    Uncordon: "uncordon",
    WriteFile: "write",
    WaitFor: "wait",
}


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """What one remedy does about one finding, in order; `remarks` are what a person should know before."""

    target: str
    scenario: str
    remedy: str
    subject: str
    changes: tuple[Change, ...]
    remarks: tuple[str, ...] = ()


class Refusal(msgspec.Struct, frozen=True, kw_only=True):
    """Why a remedy does nothing about a finding, and which others there are."""

    target: str
    scenario: str
    remedy: str
    subject: str
    reason: str
    others: tuple[str, ...] = ()

    def __str__(self) -> str:
        others = f"; other remedies: {', '.join(self.others)}" if self.others else ""
        return f"{self.remedy} is refused for {self.subject}: {self.reason}{others}"


class Cluster(msgspec.Struct, frozen=True):
    """Which cluster a plan or a journal is about: names move, the uid of its kube-system does not."""

    id: str
    uid: str
    server: str | None = None


class PlanFile(msgspec.Struct, frozen=True, kw_only=True):
    """plan.json: what a run would change, to be looked at and applied exactly with --from-plan."""

    schema: str = SCHEMA
    version: str
    made: str
    clusters: tuple[Cluster, ...]
    plans: tuple[Plan, ...]
    refusals: tuple[Refusal, ...]


def action(change: Change) -> str:
    """The change's kind in one word: `patch`."""
    return str(change.act) if isinstance(change, RunOnHost) else ACTIONS[type(change)]


def writes(change: Change) -> bool:
    """Whether a change counts: a wait changes nothing."""
    return not isinstance(change, WaitFor)


def weight(change: Change) -> int:
    """How much a change counts against --max-changes: each object, pod, file and host command is one."""
    return len(change.pods) if isinstance(change, DrainNode) else int(writes(change))


def irreversible(change: Change) -> str:
    """Why nothing brings back what was there before a change; nothing where something does."""
    why: str = getattr(change, "irreversible", "")
    return why


def undo_text(change: Change) -> str:
    """How a change is taken back, or why it cannot be."""
    if why := irreversible(change):
        return f"irreversible: {why}"
    if isinstance(change, WaitFor):
        return ""
    what = "lines" if isinstance(change, WriteFile) else "values"
    return f"the {what} from before are set again, where nobody changed them since"


def diff(change: Change) -> str:
    """A change as a unified diff of what it touches, in YAML; empty for a wait."""
    name = str(change.ref)
    if isinstance(change, DeleteObject | EvictPod):
        return f"--- {name}\n+++ /dev/null\n@@ uid {change.ref.uid} @@\n-{name}\n"
    if isinstance(change, DrainNode):
        return f"--- {name}\n+++ {name}\n" + "".join(f"-{pod}\n" for pod in change.pods)
    if isinstance(change, WaitFor):
        return ""
    if isinstance(change, WriteFile):
        return _diff_of_file(name, change.hunks)
    before = yaml.safe_dump({e.path: e.before for e in change.edits if e.before is not None}) if change.edits else ""
    after = yaml.safe_dump({e.path: e.after for e in change.edits if e.after is not None}) if change.edits else ""
    lines = difflib.unified_diff(_lines(before), _lines(after), name, name, lineterm="", n=9)
    return "\n".join(lines) + "\n"


def _diff_of_file(name: str, hunks: tuple[Hunk, ...]) -> str:
    """A unified diff without context: what stands beside may be a secret."""
    said = [f"--- {name}", f"+++ {name}"]
    moved = 0
    for hunk in hunks:
        gone, come = len(hunk.before), len(hunk.after)
        old, new = hunk.line - (gone == 0), hunk.line + moved - (come == 0)
        said.append(f"@@ -{old},{gone} +{new},{come} @@")
        ends = "\r\n"
        around = "" if hunk.column is None else "…"
        for sign, lines in (("-", hunk.before), ("+", hunk.after)):
            said += [f"{sign}{around}{line.rstrip(ends)}{around}" for line in lines]
        moved += come - gone
    return "\n".join(said) + "\n"


def _lines(dumped: str) -> list[str]:
    return (
        [] if dumped.strip() == "{}" else [line.replace("~1", "/").replace("~0", "~") for line in dumped.splitlines()]
    )


def pointer(*keys: str) -> str:
    """A JSON pointer (RFC 6901): `pointer("metadata", "labels", "a/b")` is `/metadata/labels/a~1b`."""
    return "".join("/" + key.replace("~", "~0").replace("/", "~1") for key in keys)
