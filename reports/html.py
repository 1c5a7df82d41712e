"""report.html: one page made from a Run alone, which needs no network and can be read without JavaScript.

`python -m reports.html RUN.json OUT.html` makes it again from a finished run. Everything that a run says is escaped
by the template engine, and the page's Content-Security-Policy lets nothing run or load but its own style and script.
"""

import argparse
import base64
import hashlib
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from domain.run import Change, ChangeState, Result, Run
from domain.verdict import Grade, Outcome, Skip
from reports import earlier, record, tally
from reports.evidence import shape
from reports.rundir import write_atomically
from reports.text import counted, label, visible

_TEMPLATES = Path(__file__).parent / "templates"

GRADES = (
    (Grade.PROVEN, "a functional probe, or admission's own words"),
    (Grade.DECLARED, "a pack or a file says so"),
    (Grade.PREDICTED, "computed from a specification"),
    (Grade.LISTED, "a version in a table"),
    (Grade.LIKELY, "an upstream range, or another distribution's build"),
)
OUTCOMES = (
    (Outcome.FIX_FAILED, "the remedy did not clear the findings, or made something worse"),
    (Outcome.FAILED, "there are findings; what could not be read besides is listed as undecided"),
    (Outcome.ERROR, "no finding, but something that would decide could not be read or is not known"),
    (Outcome.FIXED, "there were findings; they were remedied, read again, and are gone"),
    (Outcome.WAIVED, "there are findings, and a waiver in force covers all of them"),
    (Outcome.PASSED, "all was read, and the condition is absent"),
    (Outcome.SKIPPED, "not applicable (decided: what it is about is not here), or not asked (not decided)"),
)
_TROUBLE = frozenset(
    {ChangeState.FAILED, ChangeState.REFUSED, ChangeState.LEFT, ChangeState.KEPT, ChangeState.NOT_DONE}
)


def render(run: Run) -> str:
    """Draw the page."""
    style = Markup((_TEMPLATES / "report.css").read_text(encoding="utf-8"))  # noqa: S704  our own file
    script = Markup((_TEMPLATES / "report.js").read_text(encoding="utf-8"))  # noqa: S704  our own file
    counts = tally.tally(run.results)
    page = _environment().get_template("report.html.j2")
    return page.render(
        run=run,
        counts=counts,
        tone=tally.tone(counts),
        headline=tally.headline(counts),
        exit_meaning=tally.exit_meaning(run),
        when=tally.when(run),
        simulated=tally.simulated(run),
        target_ids=tally.target_ids(run),
        results=tally.worst_first(run.results),
        compared=earlier.headline(run.compared) if run.compared else "",
        changed=earlier.sentences(run.compared) if run.compared else [],
        grades=GRADES,
        outcomes=OUTCOMES,
        style=style,
        script=script,
        style_hash=_hash(style),
        script_hash=_hash(script),
    )


def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(_TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=_finalize,
    )
    environment.filters |= {
        "counted": counted,
        "diff": diff_lines,
        "irreversible": irreversible,
        "label": label,
        "lines": lambda text: visible(text).split("\n"),
        "link": safe_link,
        "said": said,
        "shape": shape,
        "trouble": lambda change: change.state in _TROUBLE,
    }
    return environment


def _finalize(value: Any) -> Any:
    """Write out what an eye cannot see, in every text that the page shows; what is markup already is ours."""
    return visible(str(value)) if isinstance(value, str) and not isinstance(value, Markup) else value


def _hash(text: str) -> str:
    digest = hashlib.sha256(text.encode()).digest()
    return f"sha256-{base64.b64encode(digest).decode()}"


def safe_link(address: str | None) -> str | None:
    """Give `address` where a browser may follow it: http and https only, never javascript."""
    return address if address and address.startswith(("https://", "http://")) else None


def diff_lines(text: str) -> Iterator[tuple[str, str]]:
    """Give each line of a unified diff with what it is: file, hunk, added, removed or context."""
    kinds = {"---": "file", "+++": "file", "@@": "hunk", "+": "added", "-": "removed"}
    for line in visible(text).rstrip("\n").split("\n"):
        yield next((kind for mark, kind in kinds.items() if line.startswith(mark)), "context"), line


def irreversible(change: Change) -> bool:
    """Whether the change says of itself that it cannot be taken back."""
    return change.undo.lower().startswith("irreversible")


def said(result: Result) -> str:
    """What a row says without being opened: `2 findings, 1 undecided, 1 note`, or why there is none."""
    counts = {"finding": result.findings, "note": result.notes, "change": result.distinct_changes}
    parts = [counted(len(many), noun) for noun, many in counts.items() if many]
    if result.undecided:
        parts.insert(bool(result.findings), f"{len(result.undecided)} undecided")
    if result.skip is not None:
        kind = "not applicable" if result.skip is Skip.NOT_APPLICABLE else "not asked"
        parts.insert(0, f"{kind}: {result.reason}" if result.reason else kind)
    return ", ".join(parts)


def main(arguments: list[str]) -> int:
    """Draw the page of a finished run; 2 where the run cannot be read, as argparse has it."""
    parser = argparse.ArgumentParser(prog="python -m reports.html", description="Make report.html from a run.json.")
    parser.add_argument("run", metavar="RUN.json", type=Path)
    parser.add_argument("out", metavar="OUT.html", type=Path)
    options = parser.parse_args(arguments)
    try:
        write_atomically(options.out, render(record.load(options.run)).encode())
    except OSError as error:
        parser.error(f"{error.filename}: {error.strerror}")
    except msgspec.MsgspecError as error:
        parser.error(f"{options.run} is no run of packcheck: {error}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
