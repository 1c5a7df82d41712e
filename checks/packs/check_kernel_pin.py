"""An image, .arg or preseed will install a kernel whose ip6tables MARK is broken, or will move off the pinned one."""

from collections.abc import Iterator

import pytest

from domain.artifacts import ArtifactsRead
from domain.pins import judge_pins
from domain.run import TargetKind
from domain.scenario import Scenario, Severity
from domain.verdict import Decide, Statement

SCENARIO = Scenario(
    id="packs/kernel-pin",
    title="An image or a preseed installs a kernel on which Calico fails to start",
    severity=Severity.HIGH,
    runbook="troubleshooting/packs#debug-steps---use-an-unaffected-or-fixed-kernel-version",
)


def detect(artifacts: ArtifactsRead, kernel_wanted: str) -> Iterator[Statement]:
    """Yield a finding for each place that installs a listed kernel, or that lets the build move off the pinned one.

    A place that pins none is a note, and a finding where --kernel says which one is wanted.
    """
    return judge_pins(artifacts, kernel_wanted, SCENARIO.link)


@pytest.mark.scenario(SCENARIO, TargetKind.ARTIFACTS)
def test_files_install_a_kernel_that_has_mark(artifacts: ArtifactsRead, kernel_wanted: str, verdict: Decide) -> None:
    """No file installs a kernel that the tables list, and none lets a build move off the kernel that is pinned."""
    verdict(detect(artifacts, kernel_wanted))
