"""The pytest plugin that turns what the scenarios came to into a run: its record, its reports and its exit code.

It acts only in the controller and only where a scenario was to be run: pytest on tests/ behaves as pytest does.
"""

import os
import shutil
from collections.abc import Generator
from datetime import UTC, datetime
from pathlib import Path
from types import MappingProxyType
from typing import Any

import msgspec
import pytest

from domain.comparison import compare
from domain.run import Mode, Result, Run, Target, decided, exit_code
from domain.scenario import Severity
from domain.verdict import Outcome
from domain.version import VERSION
from reports import earlier, gate, html, junit, record, summary, terminal
from reports.longrepr import WIDEST, ResultRepr
from reports.rundir import RunDir, RunDirError, refuse_unusable
from reports.text import one_line

pytest_plugins = ["reports.pytest_html_columns"]

REPORTER = pytest.StashKey["Reporter"]()
"""What the run comes to, while it comes to it."""

_OWN = frozenset({pytest.ExitCode.INTERRUPTED, pytest.ExitCode.INTERNAL_ERROR, pytest.ExitCode.USAGE_ERROR})
"""Exit codes that are pytest's own and stay as they are."""

_STATUS = MappingProxyType(
    {
        Outcome.FIXED: ("fixed", "+", ("FIXED", {"green": True})),
        Outcome.FIX_FAILED: ("fix failed", "!", ("FIX FAILED", {"red": True})),
        Outcome.WAIVED: ("waived", "w", ("WAIVED", {"yellow": True})),
    }
)
_NAMING = (
    ("kubeconfig", "--kubeconfig=FILE"),
    ("kube_context", "--kube-context=NAME"),
    ("kubeconfig_dir", "--kubeconfig-dir=DIR"),
    ("in_cluster", "--in-cluster"),
    ("sandbox", "--sandbox"),
    ("bundle", "--bundle=PATH"),
    ("hosts_file", "--hosts=HOSTS"),  # --hosts itself is testinfra's: it is there also where nothing reads hosts
    ("artifacts", "--artifacts=PATH"),
)
"""The options that name a target."""


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add packcheck's group to `pytest --help`."""
    group = parser.getgroup("packcheck reports", "packcheck: what a run leaves, and what it exits with")
    group.addoption(
        "--run-dir",
        metavar="DIR",
        default=None,
        help="Where the run's files go, exactly as given (default: reports/runs/<UTC time>/ below the rootdir).",
    )
    group.addoption(
        "--fail-on",
        metavar="SEVERITY",
        choices=[severity.value for severity in Severity],
        default=Severity.LOW.value,
        help="Exit with 1 only for findings at least this severe: critical, high, medium or low (default: low). "
        "Changes nothing but the exit code.",
    )
    group.addoption(
        "--gate",
        metavar="FILE",
        default=None,
        help="Exit with 6 unless every scenario named in this file, an id a line, was decided.",
    )
    group.addoption(
        "--diff",
        metavar="RUN",
        default=None,
        help="Tell which findings are new, gone and still open against an earlier run: its folder, or its run.json.",
    )


def pytest_configure(config: pytest.Config) -> None:
    """Settle where the run lands and refuse what can be seen to be wrong, before anything is read."""
    if hasattr(config, "workerinput"):
        config.option.run_dir = config.workerinput["packcheck_run_dir"]
        return
    reporter = Reporter(config)
    config.stash[REPORTER] = reporter
    config.pluginmanager.register(reporter, "packcheck-reporter")


def pytest_report_teststatus(report: pytest.TestReport) -> tuple[str, str, tuple[str, dict[str, bool]]] | None:
    """Name the outcomes that pytest does not know."""
    told = getattr(report, "packcheck", None)
    return _STATUS.get(Outcome(told["outcome"])) if told else None


class Reporter:
    """Collects results in the controller, and makes the run of them when pytest has finished."""

    def __init__(self, config: pytest.Config) -> None:
        self._config = config
        self._started = datetime.now(UTC)
        self._results: dict[str, Result] = {}
        self._broken: dict[tuple[str, str | None], bool] = {}
        self._problem = ""
        self._run: Run | None = None
        self._run_dir = self._settled()
        self._gate: tuple[str, ...] = ()
        if config.option.gate is not None:
            known = getattr(config.option, "packcheck_scenario_ids", None)
            self._gate = gate.read(self._named(config.option.gate), known)
        self._earlier = None if config.option.diff is None else earlier.read(self._named(config.option.diff))

    def _named(self, path: str) -> Path:
        return self._config.invocation_params.dir / Path(path).expanduser()

    def _settled(self) -> RunDir:
        given = self._config.option.run_dir
        if given == "":
            raise pytest.UsageError("--run-dir= names no folder")
        wanted = None if given is None else Path(os.path.abspath(Path(given).expanduser()))  # noqa: PTH100  no symlinks
        try:
            if wanted:
                refuse_unusable(wanted)
        except RunDirError as error:
            raise pytest.UsageError(str(error)) from error
        run_dir = RunDir(wanted, self._config.rootpath, self._started)
        self._config.option.run_dir = str(run_dir.path)
        return run_dir

    def _acts(self) -> bool:
        asked = bool(self._results) or getattr(self._config.option, "packcheck_run", False)
        return asked and not self._config.option.collectonly

    @pytest.hookimpl(optionalhook=True)
    def pytest_configure_node(self, node: Any) -> None:
        """Tell xdist's workers where the run lands."""
        node.workerinput["packcheck_run_dir"] = self._config.option.run_dir

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtestloop(self) -> None:
        """Make the run's folder before anything is read."""
        if not self._acts():
            return
        try:
            self._run_dir.claim()
        except RunDirError as error:
            raise pytest.UsageError(str(error)) from error
        self._config.option.run_dir = str(self._run_dir.path)

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        """Remember what could not be collected."""
        if report.failed:
            self._broken[report.nodeid, "collect"] = True

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Keep a scenario's result, the last where it was run again, and show it instead of a traceback."""
        told = getattr(report, "packcheck", None)
        if told is None:
            self._broken[report.nodeid, report.when] = report.failed
            return
        result = msgspec.convert(told, Result)
        self._results[report.nodeid] = result
        if report.failed and (report.longrepr is None or isinstance(report.longrepr, str)):
            shown: Any = report
            shown.longrepr = ResultRepr(result)
        if result.outcome is Outcome.FIX_FAILED and (reporter := self._terminal()):
            reporter.stats.setdefault("failed", [])  # pytest's line is red where this is, and counts what it holds

    def _terminal(self) -> Any:
        return self._config.pluginmanager.get_plugin("terminalreporter")

    @pytest.hookimpl(trylast=True)
    def pytest_sessionfinish(self, session: pytest.Session, exitstatus: int | pytest.ExitCode) -> None:
        """Make the run, set what the process exits with, and write the reports."""
        if not self._acts() or (exitstatus == pytest.ExitCode.USAGE_ERROR and not self._results):
            return
        self._run = run = self._assembled(exitstatus)
        session.exitstatus = run.exit_code
        try:
            self._run_dir.claim(shared=True)
            self._config.option.run_dir = str(self._run_dir.path)
            self._run_dir.write("run.json", record.dump(run))
            self._run_dir.write("junit.xml", junit.render(run))
            self._run_dir.write("summary.md", summary.render(run).encode())
            self._run_dir.write("report.html", html.render(run).encode())
        except RunDirError as error:
            self._problem = str(error)
            session.exitstatus = pytest.ExitCode.USAGE_ERROR

    def _assembled(self, exitstatus: int) -> Run:
        hook, config = self._config.hook, self._config
        targets: list[Target] = [target for many in hook.pytest_packcheck_targets(config=config) for target in many]
        mode: Mode = next(iter(hook.pytest_packcheck_mode(config=config)), Mode.CHECK)
        order = {target.id: n for n, target in enumerate(targets)}
        results = sorted(self._results.values(), key=lambda r: (order.get(r.target, len(order)), r.scenario))
        return Run(
            version=VERSION,
            mode=mode,
            started=_rfc3339(self._started),
            finished=_rfc3339(datetime.now(UTC)),
            writes=sum(hook.pytest_packcheck_writes(config=config)),
            exit_code=int(exitstatus) if exitstatus in _OWN else self._exit_code(results, mode),
            targets=tuple(targets),
            results=tuple(results),
            left=self._left(),
            waivers=tuple(s for many in hook.pytest_packcheck_waivers(config=config, results=results) for s in many),
            compared=compare(self._earlier, results) if self._earlier else None,
        )

    def _exit_code(self, results: list[Result], mode: Mode) -> int:
        code = exit_code(
            results,
            undo_left=bool(self._left()),
            fail_on=Severity(self._config.option.fail_on),
            gate=self._gate,
            reads_as_check=mode is not Mode.UNDO,
        )
        return 1 if any(self._broken.values()) and code != 7 else code  # noqa: PLR2004  BEHAVIOUR.md's number

    def _left(self) -> tuple[str, ...]:
        said = self._config.hook.pytest_packcheck_left(config=self._config)
        return tuple(sentence for many in said for sentence in many)

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_terminal_summary(self, terminalreporter: Any) -> Generator[None]:
        """Show the run after pytest's own output."""
        yield
        if self._run is None:
            return
        shown = terminal.Shown(
            width=min(shutil.get_terminal_size().columns, WIDEST),
            verbosity=self._config.get_verbosity(),
            report="" if self._problem else self._shortest(self._run_dir.path / "report.html"),
            left=self._run.left,
            not_decided=tuple(sorted(set(self._gate) - {r.scenario for r in self._run.results if decided(r)})),
        )
        if shown.verbosity >= 0:
            terminalreporter.write_sep("=", "packcheck")
        for line in terminal.lines(self._run, shown):
            for part in line:
                terminalreporter.write(part.text, **part.markup)
            terminalreporter.write_line("")

    def _shortest(self, path: Path) -> str:
        start = self._config.invocation_params.dir
        return str(path.relative_to(start)) if path.is_relative_to(start) else str(path)

    @pytest.hookimpl(wrapper=True, tryfirst=True, specname="pytest_sessionfinish")
    def pytest_closing_line(self) -> Generator[None]:
        """End with what must not be missed, also with -qq."""
        yield
        terminalreporter = self._terminal()
        if self._run is None or terminalreporter is None:
            return
        if self._run.exit_code == pytest.ExitCode.NO_TESTS_COLLECTED:
            options = [text for name, text in _NAMING if hasattr(self._config.option, name)]
            said = f"nothing was decided: {_why_nothing(self._run)}; name what to check with {_or(options)}"
            terminalreporter.write_line(said, red=True)
        if self._problem:
            terminalreporter.write_line(f"the reports were not written: {self._problem}", red=True)


def _why_nothing(run: Run) -> str:
    if not run.results:
        return "no scenario was run"
    reasons = dict.fromkeys(one_line(result.reason) for result in run.results if result.reason)
    return "; ".join(reasons) or "no scenario was asked"


def _or(options: list[str]) -> str:
    return " or ".join([", ".join(options[:-1]), options[-1]] if len(options) > 1 else options) or "a target"


def _rfc3339(time: datetime) -> str:
    return time.isoformat(timespec="milliseconds").replace("+00:00", "Z")
