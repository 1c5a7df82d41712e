"""update-kernel killed or interrupted at its worst moments: nothing stays cordoned by us, and no package half done."""

import signal

import pytest

from tests.joined.conftest import KERNEL, Join, Joined
from tests.joined.test_update_kernel import ASK, SOUND, UPDATE, cordoned, web
from tests.remediations.runs import Runs
from tests.rigs.controlplane.readiness import until
from tests.rigs.hosts import HostSpec

AGAIN = ["--lease-duration=2", "--wait-lock=40"]
SLOW = {
    "drain": HostSpec(name="h1"),
    "install": HostSpec(name="h1", initramfs_seconds=6),
    "reboot": HostSpec(name="h1", boot_seconds=4),
}
REACHED = {
    "drain": "drain Node/h1 on rig",
    "install": "waiting for install on h1",
    "reboot": "waiting for the reboot of h1",
}


def whole(joined: Joined) -> bool:
    """Whether dpkg has nothing half done on the host, and nothing is being done there."""
    host = joined.rig["h1"]
    return host.inside("dpkg", "--audit").stdout == "" and not host.inside("pgrep", "dpkg", check=False).stdout


def annotated(joined: Joined) -> bool:
    return "packcheck.dev/cordoned-by" in joined.node("h1")["metadata"].get("annotations", {})


@pytest.mark.parametrize(
    ("when", "how", "then"),
    [
        ("drain", signal.SIGKILL, "undo"),
        ("drain", signal.SIGINT, "rerun"),
        ("install", signal.SIGKILL, "rerun"),
        ("install", signal.SIGINT, "undo"),
        ("reboot", signal.SIGKILL, "rerun"),
        ("reboot", signal.SIGINT, "undo"),
    ],
    ids=lambda value: value.name if isinstance(value, signal.Signals) else value,
)
def test_nothing_is_left_cordoned_by_us_or_half_configured(
    join: Join, runs: Runs, when: str, how: signal.Signals, then: str
) -> None:
    joined = join(SLOW[when], SOUND)
    if when == "drain":
        web(joined, replicas=4, budget=0)
    before = joined.rig["h1"].boot_id
    running = runs.start(*joined.nodes, *ASK, *UPDATE, *AGAIN)
    running.until_said(REACHED[when])
    running.until(lambda: cordoned(joined)["h1"], "h1 is cordoned")
    running.signal(how)
    ended = running.ended()
    assert ended.code == (-9 if how is signal.SIGKILL else 2), ended
    assert annotated(joined)

    joined.rig["h1"].wait_up(after=before if when == "reboot" else "")
    until(
        lambda: joined.node("h1")["status"]["nodeInfo"]["bootID"] == joined.rig["h1"].boot_id, "the API knows its boot"
    )
    if when == "drain":
        joined.plane.kubectl("delete", "poddisruptionbudget", "web", "--namespace=shop")
    if then == "undo":
        undone = runs(
            joined.cluster, "--hosts=nodes", *joined.ssh, f"--scenario={KERNEL}", f"--undo={running.folder}", *AGAIN
        )
        assert undone.code == 0, undone
        assert whole(joined)
    else:
        again = runs(*joined.nodes, *ASK, *UPDATE, *AGAIN)
        assert again.code == 0, again
        assert again.result("rig", KERNEL)["outcome"] == "fixed"
        assert joined.rig["h1"].kernel == "6.8.0-60-generic"
    assert cordoned(joined) == {"h1": False, "spare": False}
    assert not annotated(joined)
    until(lambda: whole(joined), "dpkg has nothing half done")
