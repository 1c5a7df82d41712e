"""run.schema.json: what pipelines may rely on in run.json, made from the records themselves.

`python -m reports.schema` writes it anew; a test holds that it is current.
"""

from pathlib import Path
from types import MappingProxyType
from typing import Any

import msgspec

from domain.run import SCHEMA, Run
from reports.rundir import write_atomically

FILE = Path(__file__).parent / "run.schema.json"

FIELDS = MappingProxyType(
    {
        "Run.schema": "The version of this format.",
        "Run.version": "The version of packcheck that made the run.",
        "Run.mode": "What was asked of the run.",
        "Run.started": "When the run began: RFC 3339, UTC.",
        "Run.finished": "When the run ended: RFC 3339, UTC.",
        "Run.writes": "How many requests were sent that change anything.",
        "Run.exit_code": "What the process exited with.",
        "Run.targets": "Every target that was named.",
        "Run.results": "What each scenario came to on each target; never cut short.",
        "Target.id": "The target's name in results: the context's, the host's, the file's, in-cluster or sandbox-….",
        "Target.kind": "What the target is; a sandbox is a simulation.",
        "Target.as": "The kubeconfig's user.",
        "Target.source": "The file or folder that the target was read from.",
        "Target.server": "The API server's address.",
        "Target.version": "The version of Kubernetes or of the operating system.",
        "Target.cluster_uid": "The uid of the namespace kube-system, which tells clusters apart.",
        "Target.note": "What a reader should know of the target.",
        "Target.error": "Why the target could not be read at all.",
        "Target.files": "What each file was taken for, by its path relative to what --artifacts names.",
        "Run.left": "What an undo had to leave, a sentence each.",
        "Run.waivers": "Waivers that matched nothing or will expire soon, a sentence each.",
        "Run.compared": "What changed since the run that --diff named; null without it.",
        "Place.scenario": "The scenario's id.",
        "Place.target": "The target's id.",
        "Place.subject": "The finding's subject.",
        "Comparison.against": "When the earlier run began.",
        "Comparison.new": "Open now, and not open then.",
        "Comparison.gone": "Open then, judged again, and not open any more.",
        "Comparison.still_open": "Open then and now.",
        "Comparison.unjudged": "Open then; this run did not judge it.",
        "Result.scenario": "The scenario's id: <page>/<fault>.",
        "Result.target": "The target's id.",
        "Result.severity": "How much harm the fault does.",
        "Result.outcome": "What the scenario came to.",
        "Result.title": "The scenario's title.",
        "Result.link": "The scenario's section in the published runbook.",
        "Result.reason": "Why it came to that, in a sentence.",
        "Result.skip": "Why it was skipped: not-applicable is a decision, not-asked is none.",
        "Result.fixed": "The subjects whose findings this run remedied and read again as gone.",
        "Result.left": "Why findings were left as they are: remedies refused or not begun, a sentence each.",
        "Result.findings": "The defects; for a fixed scenario those that were fixed.",
        "Result.undecided": "What could not be judged.",
        "Result.notes": "What is for a person's eye and is no defect.",
        "Result.changes": "The changes that were planned or made, and what became of each.",
        "Result.duration_s": "How long it took, in seconds.",
        "Finding.subject": "What is defective: Namespace/x, Kind/namespace/name, Node/n, host:n or path:line.",
        "Finding.grade": "How the finding is known.",
        "Finding.message": "What is wrong.",
        "Finding.evidence": "The facts for which it is believed.",
        "Finding.by_hand": "The commands that a person would type, with this target's values.",
        "Finding.remedy": "The remedy that would be applied.",
        "Finding.source": "Where the rule that found it comes from, or the place it was found at.",
        "Undecided.subject": "What could not be judged.",
        "Undecided.reason": "Why.",
        "Undecided.would_help": "The option, permission or file that would decide it.",
        "Note.subject": "What the note is about.",
        "Note.message": "What it says.",
        "Change.id": "The change's name in its plan and in the journal.",
        "Change.action": "What is done.",
        "Change.object": "What it is done to.",
        "Change.state": "How far it came.",
        "Change.reason": "Why it is done.",
        "Change.subject": "The finding's subject that it remedies.",
        "Change.command": "What a person would type instead.",
        "Change.diff": "What it changes, as a unified diff.",
        "Change.risk": "What it may disturb.",
        "Change.undo": "How it is taken back, or that it cannot be.",
        "Change.rollback": "What happens to it when the fix fails.",
        "Change.message": "What the server or the host said.",
        "Change.warnings": "What the server warned of.",
    }
)
"""What each field holds, as `Record.field`."""


def schema() -> dict[str, Any]:
    """Make the JSON Schema (2020-12) of a run."""
    made = msgspec.json.schema(Run)
    for name, record in made["$defs"].items():
        for field, rules in record.get("properties", {}).items():
            rules["description"] = FIELDS[f"{name}.{field}"]
    made["$defs"]["Run"]["required"].insert(0, "schema")  # always written: it tells a run from any other JSON
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": "urn:" + SCHEMA.translate({ord(c): ":" for c in "./"}),
        "title": SCHEMA,
        **made,
    }


def text() -> bytes:
    """Give the schema as the file holds it."""
    return msgspec.json.format(msgspec.json.encode(schema()), indent=2) + b"\n"


if __name__ == "__main__":
    write_atomically(FILE, text())
