"""What upstream's own number tells of the fault: stable branches, and what came before and after it in Linus' tree."""

from domain.kernels.release import Upstream
from domain.kernels.tables import UpstreamRow, branch, tables
from domain.kernels.words import Says, Table, Word


def upstream_says(version: Upstream) -> Word:
    """Say what the table of upstream's stable branches has of a version.

    Culprit and cure both came to Linus' tree among the release candidates of 6.12: later versions have both, and a
    first release before it (6.8.0) neither. Stable branches took the culprit after that, each at a patch level.
    """
    mainline = tables().mainline
    if version.branch > branch(mainline.version):
        return _word(Says.CURED, f"upstream has the cure since {mainline.version}", mainline.source)
    if version.branch == branch(mainline.version):
        if version.candidate:
            had_it = f"some release candidates of {mainline.version} had the fault, and it is not known here which"
            return _word(Says.OPEN, had_it, mainline.source)
        return _word(Says.CURED, f"upstream's {mainline.version} was released with the cure", mainline.source)
    if version.candidate or version.patch == 0:
        came_later = f"upstream released it before the culprit, which came with {mainline.version}'s release candidates"
        return _word(Says.BEFORE, came_later, mainline.source)
    row = next((one for one in tables().upstream if branch(one.branch) == version.branch), None)
    if row is None:
        named = f"{version.major}.{version.minor}"
        return _word(Says.OPEN, f"upstream's branch {named} is in no table", mainline.source)
    return _by_branch(row, version)


def _by_branch(row: UpstreamRow, version: Upstream) -> Word:
    name = f"upstream's {row.branch}"
    if row.bad is None or row.fixed is None:
        return _word(Says.BEFORE, f"{name} never had the fault", row.source)
    first, last = row.bad
    ranged = f"{name} has the fault in .{first} and .{last}, and the cure from .{row.fixed} on"
    fixed = f"{row.branch}.{row.fixed}"
    if version.patch < first:
        return _word(Says.BEFORE, ranged, row.source)
    return _word(Says.CURED if version.patch >= row.fixed else Says.AFFECTED, ranged, row.source, fixed)


def _word(says: Says, sentence: str, source: str, fixed: str | None = None) -> Word:
    return Word(Table.UPSTREAM, says, sentence, (source,), fixed)
