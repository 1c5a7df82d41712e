"""The pytest plugin that plans, remediates and undoes: its options, and what it refuses before anything is read.

Without one of its options it does nothing, and there is no object in the process that could write to a target.
"""

import argparse
from collections.abc import Generator
from pathlib import Path

import pytest

from domain.remedy import ALLOWABLE
from domain.run import Mode
from fixtures.errors import PackcheckError
from fixtures.verdict import scenario_of
from remediations import planfile, remedies
from remediations.loop import LOOP, Loop
from remediations.undo import journal_of, to_take_back


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the group to `pytest --help`."""
    group = parser.getgroup(
        "packcheck remediating", "packcheck: fix what the checks find; nothing is written without these"
    )
    add = group.addoption
    add(
        "--plan",
        action="store_true",
        help="Plan only: print and record (plan.json) each change as a diff and as the command a person would type.",
    )
    add(
        "--dry-run",
        action="store_true",
        help="With --plan: rehearse the plan on the API server (dryRun=All) and show admission's warnings.",
    )
    add(
        "--remediate",
        action="store_true",
        help="Plan, apply, verify; a failing check that passes afterwards ends as FIXED.",
    )
    add(
        "--from-plan",
        metavar="FILE",
        help="With --remediate: apply exactly this plan.json, and refuse what has changed since.",
    )
    add(
        "--remedy",
        action="append",
        metavar="SCENARIO=REMEDY",
        default=[],
        help="Another remedy than the default, e.g. packs/namespace-labels=label-namespace. Repeatable; "
        "see --scenarios.",
    )
    add(
        "--max-changes",
        type=_count,
        metavar="N",
        default=25,
        help="Refuse a plan of more changes than this, over all targets (default: 25).",
    )
    classes = "; ".join(f"{name}: {what}" for name, what in ALLOWABLE.items())
    add(
        "--allow",
        action="append",
        metavar="CLASS",
        default=[],
        choices=list(ALLOWABLE),
        help=f"Opt in to a disruptive class. Repeatable. {classes}.",
    )
    add(
        "--kernel",
        metavar="VERSION",
        help="The kernel wanted, e.g. 6.8.0-60-generic (default: the first fixed one of the branch that is offered).",
    )
    add(
        "--drain-timeout",
        type=_seconds,
        metavar="SECONDS",
        default=300.0,
        help="How long draining a node may take before it is let take pods again (default: 300).",
    )
    add(
        "--reboot-timeout",
        type=_seconds,
        metavar="SECONDS",
        default=900.0,
        help="How long a command on a host, or its reboot until its node is Ready, may take (default: 900).",
    )
    add(
        "--base-image",
        metavar="IMAGE",
        help="The image that CanvOS' .arg is to name as its BASE_IMAGE (packs/kernel-pin).",
    )
    add(
        "--settle",
        type=_seconds,
        metavar="SECONDS",
        default=None,
        help="After verifying, look again that much later (default: 10 on live clusters, else 0).",
    )
    add(
        "--undo",
        metavar="RUN",
        help="Take back what that run changed (its folder or changes.jsonl), where nobody else has changed it since.",
    )
    add(
        "--wait-lock",
        type=_seconds,
        metavar="SECONDS",
        default=0.0,
        help="Wait this long for another remediating run on the same cluster (default: refuse at once).",
    )
    add(
        "--lease-namespace",
        metavar="NAME",
        default="default",
        help="Where the Lease lies that keeps two remediating runs apart (default: default).",
    )
    add(
        "--lease-duration",
        type=_whole_seconds,
        metavar="SECONDS",
        default=30,
        help="After how long the Lease of a run that died may be taken over (default: 30).",
    )


def _count(text: str) -> int:
    if not text.isdigit():
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number")
    return int(text)


def _whole_seconds(text: str) -> int:
    if not _count(text):
        raise argparse.ArgumentTypeError("a Lease of no seconds has run out when it is taken")
    return _count(text)


def _seconds(text: str) -> float:
    try:
        seconds = float(text)
    except ValueError:
        seconds = -1
    if not 0 <= seconds < float("inf"):
        raise argparse.ArgumentTypeError(f"{text!r} is not a number of seconds")
    return seconds


def mode_of(config: pytest.Config) -> Mode:
    """What was asked of the run."""
    asked = {
        Mode.UNDO: config.getoption("undo") is not None,
        Mode.REMEDIATE: config.getoption("remediate"),
        Mode.PLAN: config.getoption("plan"),
    }
    return next((mode for mode, wanted in asked.items() if wanted), Mode.CHECK)


def pytest_configure(config: pytest.Config) -> None:
    """Refuse, before anything is read, options that contradict each other or name what is not there."""
    mode = mode_of(config)
    if hasattr(config, "workerinput"):
        return
    _refuse_contradictions(config, mode)
    chosen = remedies.asked(config)
    if mode is Mode.CHECK:
        return
    if mode is Mode.PLAN:
        config.option.numprocesses, config.option.dist, config.option.tx = None, "no", []  # one process plans over all
    try:
        given = planfile.load(Path(config.getoption("from_plan"))) if config.getoption("from_plan") else None
        taken = to_take_back(journal_of(config.getoption("undo"))) if mode is Mode.UNDO else []
    except PackcheckError as error:
        raise pytest.UsageError(str(error)) from error
    config.stash[LOOP] = Loop(config, mode, chosen, given, taken)


def _refuse_contradictions(config: pytest.Config, mode: Mode) -> None:
    if sum(str(argument).startswith("--undo") for argument in config.invocation_params.args) > 1:
        raise pytest.UsageError("--undo is given twice: take one run back after the other, the newest first")
    asked = [name for name in ("plan", "remediate", "undo") if config.getoption(name) not in (None, False)]
    if len(asked) > 1:
        raise pytest.UsageError(f"--{asked[0]} and --{asked[1]} exclude each other: plan first, look, then change")
    if config.getoption("dry_run") and mode is not Mode.PLAN:
        raise pytest.UsageError("--dry-run goes with --plan: it rehearses what is planned")
    if config.getoption("from_plan") and mode is not Mode.REMEDIATE:
        raise pytest.UsageError("--from-plan goes with --remediate: it says what exactly to apply")
    if mode not in (Mode.REMEDIATE, Mode.UNDO):
        return
    if config.getoption("numprocesses", None):
        raise pytest.UsageError(
            f"--{mode} with -n is refused: it plans over all findings, in one process, or not at all"
        )
    if config.getoption("maxfail"):
        raise pytest.UsageError(f"--{mode} with -x or --maxfail is refused: it plans over all findings or not at all")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Generator[None, None, None]:
    """While a check's facts are at hand, plan for its findings, or look at what a remedy left."""
    loop = item.config.stash.get(LOOP, None)
    try:
        yield
    finally:
        if loop is not None and scenario_of(item) is not None:
            loop.judged(item)


@pytest.hookimpl
def pytest_runtestloop(session: pytest.Session) -> bool | None:
    """Take the place of pytest's loop where something is planned, changed or taken back."""
    loop = session.config.stash.get(LOOP, None)
    if loop is None or session.config.option.collectonly:
        return None
    if not (loop.undoes or any(scenario_of(item) for item in session.items)):
        return None
    if session.testsfailed and not session.config.option.continue_on_collection_errors:
        raise session.Interrupted(f"{session.testsfailed} errors during collection: nothing is planned or changed")
    loop.run(session)
    return True


def pytest_packcheck_mode(config: pytest.Config) -> Mode:
    """Say what was asked of the run."""
    return mode_of(config)


def pytest_packcheck_writes(config: pytest.Config) -> int:
    """Say how many requests were sent that change anything."""
    loop = config.stash.get(LOOP, None)
    return loop.writes if loop else 0


def pytest_packcheck_left(config: pytest.Config) -> tuple[str, ...]:
    """Say what an undo had to leave."""
    loop = config.stash.get(LOOP, None)
    return loop.left if loop else ()
