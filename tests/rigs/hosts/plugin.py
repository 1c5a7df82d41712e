"""The hosts in pytest: the fixtures, and one line in the summary that says which tier ran.

Where the full tier cannot be had, tests that need it are skipped with the reason and the others have one unprivileged
sshd; with CI=true they are errors, because there a tier that silently did not run is worse than a red build.
"""

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any, NoReturn

import pytest

from tests.rigs.controlplane.errors import StartError, UnavailableError
from tests.rigs.hosts import lifecycle
from tests.rigs.hosts.lifecycle import Tier
from tests.rigs.hosts.rig import Host, HostRig
from tests.rigs.hosts.spec import HostSpec

MARKER = "hosts"
FIXTURES = {"hosts_tier", "full_hosts_tier", "hosts", "any_host"}
RAN = "ran in full"
SAID = pytest.StashKey[str]()  # what the summary says; not there where no test asked for hosts
WORKER_OUTPUT = "packcheck_hosts_tier"

StartHosts = Callable[..., HostRig]


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", f"{MARKER}: needs the hosts of tests/rigs/hosts")


@pytest.hookimpl(tryfirst=True)  # before -m selects
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if FIXTURES & set(getattr(item, "fixturenames", ())):
            item.add_marker(MARKER)


@pytest.fixture(scope="session")
def hosts_tier(pytestconfig: pytest.Config) -> Tier:
    """The best tier that this machine can have; its base is built, with lines of progress, where it is not there."""
    try:
        tier = lifecycle.obtain(lambda line: _tell(pytestconfig, line))
    except UnavailableError as error:
        pytestconfig.stash[SAID] = f"NOT RUN: {error}"
        _refuse(str(error))
    if tier.base:
        pytestconfig.stash[SAID] = f"{RAN} (base {tier.base.origin})"
    else:
        pytestconfig.stash[SAID] = (
            f"ran UNPRIVILEGED: one sshd as this user, on this machine's own kernel; not in full: {tier.reason}"
        )
    return tier


@pytest.fixture(scope="session")
def full_hosts_tier(hosts_tier: Tier) -> Tier:
    """The full tier; without it the test is skipped, or an error with CI=true."""
    if hosts_tier.base is None:
        _refuse(hosts_tier.reason)
    return hosts_tier


@pytest.fixture
def hosts(
    pytestconfig: pytest.Config, full_hosts_tier: Tier, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[StartHosts]:
    """Start hosts for this test only, `hosts(HostSpec(…), …)` or `hosts(4)`: a second for four, each call a rig."""
    with ExitStack() as rigs:

        def start(*asked: HostSpec | int) -> HostRig:
            specs = [spec for each in asked for spec in ([HostSpec()] * each if isinstance(each, int) else [each])]
            folder = tmp_path_factory.mktemp("hosts")
            try:
                return rigs.enter_context(HostRig.start(folder, *specs, tier=full_hosts_tier))
            except StartError as error:
                pytestconfig.stash[SAID] = f"NOT RUN: {error}"
                raise

        yield start


@pytest.fixture(scope="session")
def any_host(hosts_tier: Tier, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Host]:
    """The session's one host, of whichever tier there is; leave it as it was."""
    if hosts_tier.base is None and _ci():
        _refuse(hosts_tier.reason)
    with HostRig.start(tmp_path_factory.mktemp("host"), tier=hosts_tier) as rig:
        yield rig["h1"]


def pytest_sessionfinish(session: pytest.Session) -> None:
    output: dict[str, Any] | None = getattr(session.config, "workeroutput", None)
    if output is not None:
        output[WORKER_OUTPUT] = session.config.stash.get(SAID, "")


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any) -> None:
    """Take over what an xdist worker says; a tier that did not run in full anywhere is what is said."""
    said = getattr(node, "workeroutput", {}).get(WORKER_OUTPUT, "")
    stash = node.config.stash
    if said and stash.get(SAID, RAN).startswith(RAN):
        stash[SAID] = said


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    said = config.stash.get(SAID, "")
    if said:
        terminalreporter.write_line(f"hosts tier: {said}", yellow=not said.startswith(RAN))


def _ci() -> bool:
    return os.environ.get("CI", "").lower() in {"true", "1"}


def _refuse(reason: str) -> NoReturn:
    words = f"full tier of hosts not run: {reason}"
    if _ci():
        pytest.fail(words, pytrace=False)
    pytest.skip(words)


def _tell(config: pytest.Config, line: str) -> None:
    """Write a line of progress past pytest's capturing, for a build takes a minute."""
    capture = config.pluginmanager.getplugin("capturemanager")
    with ExitStack() as stack:
        if capture:
            stack.enter_context(capture.global_and_fixture_disabled())
        sys.stderr.write(f"\npackcheck: {line}")
        sys.stderr.flush()
