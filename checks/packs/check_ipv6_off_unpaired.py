"""IPv6 is off in the OS while Calico still programs it: turned off there alone, it may not help."""

from collections.abc import Iterator

import pytest

from domain.artifacts import ArtifactsRead
from domain.run import TargetKind
from domain.scenario import Scenario, Severity
from domain.unpaired_in_files import judge_pairs
from domain.verdict import Decide, Statement

SCENARIO = Scenario(
    id="packs/ipv6-off-unpaired",
    title="IPv6 is off in the OS while Calico still programs it",
    severity=Severity.MEDIUM,
    runbook="troubleshooting/packs#debug-steps---disable-ipv6-on-the-byos-edge-os-pack-level",
)


def detect(artifacts: ArtifactsRead) -> Iterator[Statement]:
    """Yield a finding for each stage that turns IPv6 off while Calico of the same profile programs it."""
    return judge_pairs(artifacts, SCENARIO.link)


@pytest.mark.scenario(SCENARIO, TargetKind.ARTIFACTS)
def test_ipv6_is_off_in_calico_where_it_is_off_in_the_os(artifacts: ArtifactsRead, verdict: Decide) -> None:
    """No stage turns IPv6 off in the OS while the Calico of the same profile programs it."""
    verdict(detect(artifacts))
