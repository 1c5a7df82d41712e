"""summary.md: a run for a job's summary page or a pull request, the verdict first.

What clusters and files say stands in it only through `escaped` or `code`, so that no name can become markup, a link,
an image or a mention.
"""

import re

from domain.run import Change, Result, Run
from domain.verdict import Finding
from reports import earlier, tally
from reports.text import counted, label, one_line, visible

_MOST = 100
"""So many findings are written out: pages that show summaries cut long ones off anywhere. The others are counted."""

_MARKUP = "`*_[]#~$"
"""Characters that Markdown reads as its own inside a line: a backslash takes that from them."""
_SPECIAL = re.compile(rf"[{re.escape(_MARKUP)}<>&@|\\]|:(?=//)|(?<=www)\.", re.IGNORECASE)
"""These, and what HTML, a table, a mention or a link would be made of: they become entities."""


def render(run: Run) -> str:
    """Write a run as Markdown."""
    counts = tally.tally(run.results)
    blocks = [
        f"## packcheck: {tally.headline(counts)}",
        " · ".join(tally.parts(run)),
        f"Mode {run.mode}, {escaped(tally.when(run))}; exit code {run.exit_code}: {tally.exit_meaning(run)}.",
        _targets(run),
    ]
    blocks += [f"Left: {escaped(sentence)}." for sentence in run.left]
    blocks += [f"Waivers: {escaped(sentence)}." for sentence in run.waivers]
    if run.compared is not None:
        blocks.append(f"Findings {escaped(earlier.headline(run.compared))}.")
        blocks.append("\n".join(f"- {escaped(sentence)}" for sentence in earlier.sentences(run.compared)))
    if run.results:
        blocks.append(_table(run))
    left = _MOST
    for result in tally.worst_first(run.results):
        blocks += _details(result, left)
        left = max(0, left - len(result.findings))
    return "\n\n".join(filter(None, blocks)) + "\n"


def escaped(text: str) -> str:
    """Give untrusted text on one line as Markdown that shows exactly it; it must not stand at a line's beginning."""
    return _SPECIAL.sub(lambda m: f"\\{m[0]}" if m[0] in _MARKUP else f"&#{ord(m[0])};", one_line(text))


def code(text: str) -> str:
    """Give untrusted text on one line as a code span."""
    text = one_line(text)
    longest = max((len(run) for run in re.findall("`+", text)), default=0)
    fence = "`" * (longest + 1)
    pad = " " if text.startswith("`") or text.endswith("`") else ""
    return f"{fence}{pad}{text}{pad}{fence}" if text else "(nothing)"


def cell(text: str) -> str:
    """Give untrusted text as a code span that a table's cell can hold, where it can."""
    return escaped(text) if "|" in text or "\\" in visible(text) else code(text)


def block(text: str, language: str) -> str:
    """Give untrusted lines as a fenced code block."""
    lines = visible(text).rstrip("\n")
    longest = max((len(run) for run in re.findall("`+", lines)), default=0)
    fence = "`" * max(3, longest + 1)
    return f"{fence}{language}\n{lines}\n{fence}"


def _targets(run: Run) -> str:
    lines = [f"- Target {code(target.id)}: {escaped(tally.describe(target))}" for target in run.targets]
    return "\n".join(lines) or "No target was named."


def _table(run: Run) -> str:
    lines = ["| Scenario | Target | Severity | Outcome | |", "| --- | --- | --- | --- | --- |"]
    for result in tally.worst_first(run.results):
        cells = (cell(result.scenario), cell(result.target), result.severity, f"**{label(result.outcome)}**")
        lines.append(f"| {' | '.join(cells)} | {escaped(result.reason)} |")
    return "\n".join(lines)


def _details(result: Result, left: int) -> list[str]:
    blocks = [part for finding in result.findings[:left] for part in _finding(finding)]
    if len(result.findings) > left:
        blocks.append(f"{counted(len(result.findings) - left, 'more finding')}: report.html and run.json have all.")
    blocks += [_undecided(result)] if result.undecided else []
    blocks += ["\n".join(f"- Note on {code(n.subject)}: {escaped(n.message)}" for n in result.notes)]
    blocks += [part for change in result.distinct_changes for part in _change(change)]
    blocks = [part for part in blocks if part]
    if not blocks:
        return []
    return [f"### {label(result.outcome)}: {code(result.scenario)} on {code(result.target)}", *blocks]


def _finding(finding: Finding) -> list[str]:
    said = f"**Finding** {code(finding.subject)} ({finding.grade}): {escaped(finding.message)}"
    return [said, block("\n".join(finding.by_hand), "sh")] if finding.by_hand else [said]


def _undecided(result: Result) -> str:
    lines = []
    for undecided in result.undecided:
        help_ = f" Would help: {code(undecided.would_help)}" if undecided.would_help else ""
        lines.append(f"- Undecided {code(undecided.subject)}: {escaped(undecided.reason)}.{help_}")
    return "\n".join(lines)


def _change(change: Change) -> list[str]:
    said = f"**Change** {change.state}: {escaped(change.action)} {code(change.object)}: {escaped(change.reason)}"
    if change.message:
        said += f"; {escaped(change.message)}"
    return [said, block(change.diff, "diff")] if change.diff else [said]
