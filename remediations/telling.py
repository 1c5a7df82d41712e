"""Progress for a person who waits: one line that is rewritten in a terminal, plain lines in a log."""

import time

import pytest

QUIET_S = 10.0
"""In a log, the same kind of line is not repeated more often than this."""


class Telling:
    """Says what is being done, above pytest's own output; silent with -q."""

    def __init__(self, config: pytest.Config) -> None:
        self._config = config
        self._said: dict[str, float] = {}

    def __call__(self, line: str) -> None:
        """Say a line; one that only counts on (`  waiting for …`) is said now and then in a log."""
        reporter = self._config.pluginmanager.get_plugin("terminalreporter")
        if reporter is None or self._config.get_verbosity() < 0:
            return
        kind = line.split(":", maxsplit=1)[0]
        counts_on = line.startswith("  ")
        now = time.monotonic()
        if counts_on and not reporter.isatty and now - self._said.get(kind, -QUIET_S) < QUIET_S:
            return
        self._said[kind] = now
        if counts_on and reporter.isatty:
            reporter.rewrite(line, erase=True)
        else:
            reporter.ensure_newline()
            reporter.write_line(line)
