"""What packcheck's plugins ask of each other, so that none imports another: specifications of pytest hooks.

Registered by fixtures.plugin; pluggy calls every implementation and collects the answers in a list.
"""

from collections.abc import Sequence
from typing import Any

from domain.run import Mode, Result, Target


def pytest_packcheck_targets(config: Any) -> tuple[Target, ...]:  # type: ignore[empty-body]
    """Say which targets the run has, as far as is known by now (implemented by fixtures)."""


def pytest_packcheck_mode(config: Any) -> Mode:  # type: ignore[empty-body]
    """Say what was asked of the run (implemented by remediations)."""


def pytest_packcheck_writes(config: Any) -> int:  # type: ignore[empty-body]
    """Say how many requests were sent that change anything (implemented by remediations)."""


def pytest_packcheck_waivers(config: Any, results: Sequence[Result]) -> tuple[str, ...]:  # type: ignore[empty-body]
    """Say what is to be known of the waivers of a run that came to these results (implemented by fixtures)."""


def pytest_packcheck_left(config: Any) -> tuple[str, ...]:  # type: ignore[empty-body]
    """Say what an undo had to leave, a sentence each (implemented by remediations)."""
