"""Which remedies a scenario has: those that remediations/<page>/<fault>.py declares; the stem is the thread.

The first that can act on a target is the default; `--remedy=SCENARIO=REMEDY` asks for another.
"""

import importlib
from pathlib import Path

import pytest

from domain.remedy import Remedy
from domain.run import TargetKind
from fixtures.selection import scenarios, unknown

HERE = Path(__file__).resolve().parent


def of_check(path: Path) -> tuple[Remedy, ...]:
    """The remedies that belong to the check module at `path`, the default first; none where there is no such file."""
    page, stem = path.parent.name, path.stem.removeprefix("check_")
    if not (HERE / page / f"{stem}.py").exists():
        return ()
    remedies: tuple[Remedy, ...] = importlib.import_module(f"remediations.{page}.{stem}").REMEDIES
    return remedies


def asked(config: pytest.Config) -> dict[str, str]:
    """What --remedy asks for, by scenario; raises UsageError for a scenario or a remedy that is not there."""
    there = scenarios() if config.getoption("remedy") else {}
    chosen: dict[str, str] = {}
    for text in config.getoption("remedy"):
        scenario, _, remedy = text.partition("=")
        if scenario not in there:
            raise pytest.UsageError(f"--remedy={text}: {unknown(scenario, list(there))}")
        names = [r.id for r in of_check(there[scenario][1])]
        if remedy not in names:
            raise pytest.UsageError(f"--remedy={text}: {scenario} has no such remedy; there are: {', '.join(names)}")
        chosen[scenario] = remedy
    return chosen


def choose(remedies: tuple[Remedy, ...], wanted: str | None, kind: TargetKind) -> Remedy | None:
    """The remedy that was asked for, else the first that can act on a target of this kind."""
    if wanted is not None:
        return next(r for r in remedies if r.id == wanted)
    return next((r for r in remedies if kind in r.acts_on), None)
