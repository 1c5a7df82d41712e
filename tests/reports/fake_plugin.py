"""Stands for the plugins that run scenarios: makes a pytest item of each result of a run.json and tells it.

PACKCHECK_FAKE names the file. A result whose reason is "again" fails once and is run again, as after a remedy.
"""

import os
from collections.abc import Generator
from pathlib import Path
from typing import Any

import msgspec
import pytest
from _pytest.runner import runtestprotocol

import domain.hooks
from domain.run import Mode, Result, Run, Target
from domain.verdict import Outcome
from reports import record

FIRST = pytest.StashKey[bool]()


def fake() -> Run:
    return record.load(Path(os.environ["PACKCHECK_FAKE"]))


def pytest_addhooks(pluginmanager: pytest.PytestPluginManager) -> None:
    pluginmanager.add_hookspecs(domain.hooks)


@pytest.hookimpl(tryfirst=True)
def pytest_configure(config: pytest.Config) -> None:
    config.option.packcheck_scenario_ids = tuple(dict.fromkeys(r.scenario for r in fake().results))
    config.option.sandbox = config.option.hosts_file = None


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "scenario" in metafunc.fixturenames:
        results = fake().results
        metafunc.parametrize("scenario", results, ids=[f"{r.scenario}-{r.target}" for r in results])


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    config.option.packcheck_run = any(_result(item) for item in items)
    if config.option.keyword:  # as --scenario deselects, which comes after -k
        items[:] = [item for item in items if config.option.keyword in item.nodeid]
        config.option.keyword = ""


def pytest_runtest_protocol(item: pytest.Item, nextitem: pytest.Item | None) -> bool | None:
    result = _result(item)
    if result is None or result.reason != "again":
        return None
    for first in (True, False):
        item.stash[FIRST] = first
        for report in runtestprotocol(item, nextitem=nextitem, log=False):
            item.ihook.pytest_runtest_logreport(report=report)
    return True


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    result = _result(item)
    if result is None or report.when != "call":
        return report
    if item.stash.get(FIRST, False):
        result = msgspec.structs.replace(result, outcome=Outcome.FAILED)
    match result.outcome:
        case Outcome.FAILED | Outcome.FIX_FAILED | Outcome.ERROR:
            report.outcome, report.longrepr = "failed", report.longrepr or result.reason
            report.when = "setup" if result.outcome is Outcome.ERROR else "call"
        case Outcome.SKIPPED | Outcome.WAIVED:
            report.outcome, report.longrepr = "skipped", (str(item.path), 1, result.reason)
        case _:
            report.outcome = "passed"
    tells: Any = report
    tells.packcheck = msgspec.to_builtins(result)
    return report


def _result(item: pytest.Item) -> Result | None:
    callspec = getattr(item, "callspec", None)
    result: Result | None = callspec.params.get("scenario") if callspec else None
    return result


def pytest_packcheck_targets() -> tuple[Target, ...]:
    return fake().targets


def pytest_packcheck_mode() -> Mode:
    return fake().mode


def pytest_packcheck_writes() -> int:
    return fake().writes


def pytest_packcheck_left() -> tuple[str, ...]:
    return tuple(os.environ.get("PACKCHECK_LEFT", "").split())
