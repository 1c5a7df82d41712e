"""`pytest --scenarios` and `pytest --rbac`: what there is, and which rights a selection needs; then the run ends."""

import inspect
import sys
import textwrap
from contextlib import nullcontext
from pathlib import Path

import pytest

from domain.run import Mode
from fixtures.facts import Reads
from fixtures.selection import CHECKS, load_check, scenarios
from fixtures.verdict import scenario_of
from remediations import remedies, roles
from remediations.plugin import mode_of


def list_scenarios(config: pytest.Config) -> str:
    """Every scenario with id, severity, what it needs, remedies and page, as text."""
    plugins = config.pluginmanager.get_plugins()
    told = []
    for scenario, path in scenarios().values():
        reads = roles.reads_of_names(_facts(path), plugins)
        lines = [
            f"{scenario.id}  ({scenario.severity})",
            f"    {scenario.title}",
            textwrap.fill(
                f"needs: {'; '.join(_needs(reads))}",
                110,
                break_on_hyphens=False,
                initial_indent="    ",
                subsequent_indent="           ",
            ),
        ]
        for index, remedy in enumerate(remedies.of_check(path)):
            default = " (the default)" if index == 0 else ""
            lines += [f"    remedy: {remedy.id}{default}: {remedy.title}", f"            undo: {remedy.undo}"]
        lines += [f"    page: {path.with_suffix('.md').relative_to(CHECKS.parent)}", f"    runbook: {scenario.link}"]
        told.append("\n".join(lines))
    return "\n\n".join(told)


def list_roles(config: pytest.Config, items: list[pytest.Item], chosen: dict[str, str], mode: Mode) -> str:
    """The ClusterRole and Roles that the selected items need, with their remedies' where something is remediated."""
    rules: list[roles.Rule] = []
    plugins = config.pluginmanager.get_plugins()
    paths = {name: path for name, (_, path) in scenarios().items()}
    for item in items:
        scenario = scenario_of(item)
        if scenario is None:
            continue
        rules += roles.rules_of(roles.reads_of_item(item), ())
        if mode is not Mode.CHECK:
            wanted = chosen.get(scenario.id)
            for remedy in remedies.of_check(paths[scenario.id]):
                if wanted in (None, remedy.id):
                    rules += roles.rules_of_remedy(remedy, plugins, config.getoption("lease_namespace"))
                    break
    return roles.manifests(rules)


@pytest.hookimpl(tryfirst=True)
def pytest_cmdline_main(config: pytest.Config) -> int | None:
    """List the scenarios, where that is all that was asked; print roles in this process, whatever -n says."""
    if config.getoption("rbac"):
        config.option.numprocesses, config.option.dist, config.option.tx = None, "no", []
    if not config.getoption("scenarios"):
        return None
    print(list_scenarios(config))  # noqa: T201  this is what was asked for
    return 0


@pytest.hookimpl(trylast=True)
def pytest_configure(config: pytest.Config) -> None:
    """Send pytest's own words to standard error where roles are printed, so that those can be piped into kubectl."""
    if config.getoption("rbac") and config.pluginmanager.has_plugin("terminalreporter"):
        config.pluginmanager.unregister(name="terminalreporter")
        config.pluginmanager.register(pytest.TerminalReporter(config, sys.stderr), "terminalreporter")


@pytest.hookimpl(tryfirst=True)
def pytest_runtestloop(session: pytest.Session) -> bool | None:
    """Print the roles, where that is all that was asked: nothing is checked, and there is no report."""
    config = session.config
    if not config.getoption("rbac"):
        return None
    text = list_roles(config, session.items, remedies.asked(config), mode_of(config))
    capture = config.pluginmanager.get_plugin("capturemanager")
    with capture.global_and_fixture_disabled() if capture else nullcontext():
        print(text, end="")  # noqa: T201  this is what was asked for
    return True


def _facts(path: Path) -> list[str]:
    """The facts that a check module's tests ask for."""
    tests = [value for name, value in vars(load_check(path)).items() if name.startswith("test_")]
    return [name for test in tests for name in inspect.signature(test).parameters]


def _needs(reads: tuple[Reads, ...]) -> list[str]:
    """What is read, each once; what one fact demands is not named as optional for another."""
    demanded = dict.fromkeys(_read(read) for read in reads if not read.why)
    offered = dict.fromkeys(text for read in reads if read.why and (text := _read(read)) not in demanded)
    return [*demanded, *(f"{text} (optional)" for text in offered)]


def _read(read: Reads) -> str:
    where = f" in namespace {read.namespace}" if read.namespace else ""
    names = f" {'/'.join(read.names)}" if read.names else ""
    return f"{'/'.join(read.verbs)} {read.resource.plural}{names}{where}"
