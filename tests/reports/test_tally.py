"""The verdict: what is counted and how it is worded."""

from typing import Any

import pytest

from domain.run import Mode, Result, Run, Target, TargetKind
from domain.scenario import Severity
from domain.verdict import Outcome, Skip
from reports import tally
from reports.tally import Tone
from tests.reports.samples import EDGE, KERNEL, METALLB, MONITORING, PROD, UNREAD, full, result, run

PASSED = result()
FAILED = result(Outcome.FAILED, findings=(METALLB, MONITORING))
FIXED = result(Outcome.FIXED, findings=(METALLB,))
FIX_FAILED = result(Outcome.FIX_FAILED, findings=(KERNEL,), severity=Severity.CRITICAL)
ERROR = result(Outcome.ERROR, undecided=(UNREAD,))
NOT_ASKED = result(Outcome.SKIPPED, skip=Skip.NOT_ASKED)
NOT_APPLICABLE = result(Outcome.SKIPPED, skip=Skip.NOT_APPLICABLE)


@pytest.mark.parametrize(
    ("results", "tone", "headline"),
    [
        ([PASSED], Tone.SOUND, "Nothing is open"),
        ([NOT_APPLICABLE], Tone.SOUND, "Nothing is open"),
        ([], Tone.NOTHING, "Nothing was decided"),
        ([NOT_ASKED], Tone.NOTHING, "Nothing was decided"),
        ([FIXED, PASSED], Tone.FIXED, "Nothing is open: 1 finding was fixed and verified"),
        ([FIXED, FIXED], Tone.FIXED, "Nothing is open: 2 findings were fixed and verified"),
        ([ERROR, FIXED], Tone.UNDECIDED, "Nothing is open, but 1 subject could not be decided"),
        ([FAILED], Tone.OPEN, "2 findings are open"),
        ([FAILED, ERROR], Tone.OPEN, "2 findings are open, 1 subject could not be decided"),
        ([FIX_FAILED], Tone.BROKEN, "A fix failed: 1 finding is open"),
        ([FIX_FAILED, FIX_FAILED, FAILED], Tone.BROKEN, "2 fixes failed: 4 findings are open"),
    ],
)
def test_headlines(results: list[Result], tone: Tone, headline: str) -> None:
    counts = tally.tally(results)
    assert (tally.tone(counts), tally.headline(counts)) == (tone, headline)


def test_numbers() -> None:
    counts = tally.tally(full().results)
    assert counts.open == ((Severity.CRITICAL, 1), (Severity.HIGH, 2), (Severity.MEDIUM, 1))
    assert (counts.fixed, counts.waived, counts.undecided, counts.notes, counts.fix_failed) == (1, 1, 3, 3, 1)
    assert counts.decided == 8
    assert counts.outcomes[0] == (Outcome.FIX_FAILED, 1)
    assert sum(number for _, number in counts.outcomes) == len(full().results)


def test_an_outcome_without_its_particulars_still_counts() -> None:
    counts = tally.tally([result(Outcome.FAILED), result(Outcome.ERROR), result(Outcome.FIXED)])
    assert (counts.open_total, counts.undecided, counts.fixed) == (1, 1, 1)


def test_parts() -> None:
    assert tally.parts(run(PASSED)) == ["nothing open", "writes: 0"]
    assert tally.parts(run(NOT_ASKED)) == ["nothing decided", "writes: 0"]
    assert tally.parts(full())[0] == "4 findings open (1 critical, 2 high, 1 medium)"


@pytest.mark.parametrize(
    ("told", "meaning"),
    [
        (run(PASSED), "decided, nothing is open"),
        (run(FAILED), "what is open is less severe than --fail-on"),
        (run(FAILED, mode=Mode.UNDO), "everything was taken back"),
        (run(FAILED, exit_code=1), "findings are open"),
        (run(PASSED, exit_code=1), "a test that is no scenario failed"),
        (run(exit_code=2), "interrupted: not everything was checked"),
        (run(exit_code=5), "nothing was decided"),
        (run(ERROR, exit_code=6), "something is undecided"),
        (run(FIX_FAILED, exit_code=7), "a fix failed, or an undo left something"),
        (run(exit_code=99), "not an exit code of packcheck"),
    ],
)
def test_what_an_exit_code_means(told: Run, meaning: str) -> None:
    assert tally.exit_meaning(told) == meaning


def test_the_worst_comes_first() -> None:
    assert [(r.outcome, r.severity) for r in tally.worst_first([PASSED, FAILED, FIX_FAILED, ERROR])] == [
        (Outcome.FIX_FAILED, Severity.CRITICAL),
        (Outcome.FAILED, Severity.HIGH),
        (Outcome.ERROR, Severity.HIGH),
        (Outcome.PASSED, Severity.HIGH),
    ]
    low, high = result(severity=Severity.LOW), result(severity=Severity.HIGH)
    assert tally.worst_first([low, high]) == [high, low]


def test_targets() -> None:
    assert tally.describe(PROD) == "cluster, as ops@example, https://k8s.prod-eu.example:6443, v1.33.4"
    assert tally.describe(EDGE) == "sandbox: a simulation, v1.32.3, MicroK8s, Calico"
    assert tally.describe(Target(id="s", kind=TargetKind.SANDBOX, note="a simulation: x")) == "sandbox, a simulation: x"
    assert tally.describe(Target(id="n1", kind=TargetKind.HOST)) == "host"
    assert tally.target_ids(run(result(target="none"), PASSED)) == ["prod-eu", "none"]
    assert tally.simulated(full()) == ["sandbox-edge"]


@pytest.mark.parametrize(
    ("times", "said"),
    [
        ({}, "2026-11-23 04:31:03 UTC, 42.5 s"),
        ({"finished": "2026-11-23T05:33:04Z"}, "2026-11-23 04:31:03 UTC, 62 min 1 s"),
        ({"finished": "later"}, "2026-11-23T04:31:03Z to later"),
        ({"finished": "2026-11-23T05:33:04"}, "2026-11-23T04:31:03Z to 2026-11-23T05:33:04"),
    ],
)
def test_when(times: dict[str, Any], said: str) -> None:
    assert tally.when(run(**times)) == said


def test_what_was_fixed_beside_what_is_open_counts() -> None:
    told = result(Outcome.FAILED, findings=(METALLB,), fixed=("Namespace/a", "Namespace/b"))
    assert tally.tally([told]).fixed == 2
    assert tally.headline(tally.tally([told])) == "1 finding is open, 2 findings were fixed and verified"
