"""The control plane tier in pytest: the fixtures, and one line in the summary that says whether the tier ran.

Where the control plane cannot be had the tests that ask for it are skipped with the reason; with CI=true they are
errors, because there a tier that silently did not run is worse than a red build. Each xdist worker has its own.
"""

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from tests.rigs.controlplane.binaries import RECIPE, Binaries, obtain
from tests.rigs.controlplane.cluster import ControlPlane
from tests.rigs.controlplane.errors import StartError, UnavailableError
from tests.rigs.controlplane.lifecycle import running

PXK_ADMISSION = RECIPE / "admission-pxk.json"
MARKER = "controlplane"
FIXTURES = {"controlplane_binaries", "controlplane", "fresh_controlplane", "start_controlplane"}
RAN = "ran"
TIER = pytest.StashKey[str]()  # what the summary says of the tier; not there where no test asked for it
WORKER_OUTPUT = "packcheck_controlplane_tier"

StartControlPlane = Callable[..., ControlPlane]


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", f"{MARKER}: needs the real control plane of tests/rigs/controlplane")


@pytest.hookimpl(tryfirst=True)  # before -m selects
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if FIXTURES & set(getattr(item, "fixturenames", ())):
            item.add_marker(MARKER)


@pytest.fixture(scope="session")
def controlplane_binaries(pytestconfig: pytest.Config) -> Binaries:
    """The programs; built, with lines of progress, where nobody has built them yet."""
    try:
        binaries = obtain(lambda line: _tell(pytestconfig, line))
    except UnavailableError as error:
        pytestconfig.stash[TIER] = f"NOT RUN: {error}"
        reason = f"control plane tier not run: {error}"
        if os.environ.get("CI", "").lower() in {"true", "1"}:
            pytest.fail(reason, pytrace=False)
        pytest.skip(reason)
    pytestconfig.stash[TIER] = f"{RAN} with its programs {binaries.origin}"
    return binaries


@pytest.fixture(scope="session")
def controlplane(
    pytestconfig: pytest.Config, controlplane_binaries: Binaries, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[ControlPlane]:
    """The session's control plane, with Palette eXtended Kubernetes' admission, as the test before left it."""
    folder = tmp_path_factory.mktemp("controlplane")
    try:
        with running(folder, controlplane_binaries, PXK_ADMISSION) as plane:
            pytestconfig.stash[TIER] = f"{RAN} on Kubernetes {plane.version} ({plane.origin})"
            yield plane
    except StartError as error:
        pytestconfig.stash[TIER] = f"NOT RUN: {error}"
        raise


@pytest.fixture
def fresh_controlplane(controlplane: ControlPlane) -> ControlPlane:
    """The session's control plane, every object as it was just after its start."""
    controlplane.reset()
    return controlplane


@pytest.fixture
def start_controlplane(
    controlplane_binaries: Binaries, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[StartControlPlane]:
    """Start more of them, `start_controlplane(admission=None)`, each for this test only and some five seconds."""
    with ExitStack() as planes:

        def start(admission: Path | None = None) -> ControlPlane:
            folder = tmp_path_factory.mktemp("controlplane")
            return planes.enter_context(running(folder, controlplane_binaries, admission))

        yield start


def pytest_sessionfinish(session: pytest.Session) -> None:
    output: dict[str, Any] | None = getattr(session.config, "workeroutput", None)
    if output is not None:
        output[WORKER_OUTPUT] = session.config.stash.get(TIER, "")


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any) -> None:
    """Take over what an xdist worker says of its tier; a tier that did not run anywhere is what is said."""
    said = getattr(node, "workeroutput", {}).get(WORKER_OUTPUT, "")
    stash = node.config.stash
    if said and stash.get(TIER, RAN).startswith(RAN):
        stash[TIER] = said


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    said = config.stash.get(TIER, "")
    if said:
        terminalreporter.write_line(f"control plane tier: {said}", yellow=not said.startswith(RAN))


def _tell(config: pytest.Config, line: str) -> None:
    """Write a line of progress past pytest's capturing, for a build takes minutes."""
    capture = config.pluginmanager.getplugin("capturemanager")
    with ExitStack() as stack:
        if capture:
            stack.enter_context(capture.global_and_fixture_disabled())
        sys.stderr.write(f"\npackcheck: {line}")
        sys.stderr.flush()
