"""Hosts that are dead, hang or are full beside one that is well: each costs itself, and the run its timeouts once."""

import time

from tests.joined.conftest import KERNEL, UNPAIRED, Join
from tests.remediations.runs import Runs
from tests.rigs.hosts import HostSpec

CONNECT_S, READ_S = 3, 5
LOGIN_S, SLACK_S, STARTS_S = 10, 4, 8
"""What a login may take once the connection stands, what is allowed on top, and what a run takes with no fault."""

FOUR = (
    HostSpec(name="well"),
    HostSpec(name="dead"),
    HostSpec(name="hanging", freeze_on="sh -s", kernels=("6.8.0-60-generic",)),
    HostSpec(name="full", disk="full"),
)


def test_a_dead_a_hanging_and_a_full_host_cost_the_others_nothing_and_the_run_its_timeouts_once(
    join: Join, runs: Runs
) -> None:
    joined = join(*FOUR)
    joined.rig["dead"].power_cut()
    timeouts = [f"--connect-timeout={CONNECT_S}", f"--read-timeout={READ_S}"]
    begun = time.monotonic()
    done = runs(*joined.nodes, *timeouts, f"--scenario={KERNEL}", f"--scenario={UNPAIRED}")
    took = time.monotonic() - begun
    assert done.code == 1, done
    found = done.findings("rig", KERNEL)
    grades = {subject: finding["grade"] for subject, finding in found.items()}
    assert grades == {"Node/well": "proven", "Node/full": "proven", "Node/dead": "listed"}
    undecided = {each["subject"]: each["reason"] for each in done.result("rig", KERNEL)["undecided"]}
    assert set(undecided) == {"Node/dead", "Node/hanging"}
    address = joined.rig["dead"].address
    assert f"dead {address}: " in undecided["Node/dead"], undecided
    assert "hanging" in undecided["Node/hanging"]
    unpaired = {each["subject"] for each in done.result("rig", UNPAIRED)["undecided"]}
    assert unpaired == {"Node/dead", "Node/hanging"}
    assert took < CONNECT_S + LOGIN_S + READ_S + SLACK_S + STARTS_S, f"{took:.1f} s"


def test_hosts_that_may_not_be_nodes_are_named_and_are_no_evidence(join: Join, runs: Runs) -> None:
    clone = "0123456789abcdef0123456789abcdef"
    joined = join(HostSpec(name="h1", machine_id=clone), HostSpec(name="h2", machine_id=clone))
    done = runs(joined.cluster, "--hosts=h1,h2", *joined.ssh, f"--scenario={KERNEL}")
    assert done.code == 1, done
    notes = {note["subject"]: note["message"] for note in done.result("rig", KERNEL)["notes"]}
    assert set(notes) == {"host:h1", "host:h2"}
    assert "it has the same machine-id as h2: clones cannot be told apart" in notes["host:h1"]
    assert {f["grade"] for f in done.findings("rig", KERNEL).values()} == {"listed"}
