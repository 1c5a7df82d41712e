"""A recording of a run with hosts: its cluster, with the hosts that are its nodes, and a host that is none, say the same."""

import json
from pathlib import Path
from typing import Any

from tests.commands import Done, packcheck
from tests.joined.conftest import KERNEL, Join
from tests.rigs.hosts import HostSpec


def told(done: Done, target: str) -> list[dict[str, Any]]:
    return [
        {key: value for key, value in result.items() if key not in ("duration_s", "target")}
        for result in done.run["results"]
        if result["target"] == target
    ]


def test_a_recording_of_api_and_ssh_says_the_same_byte_for_byte(join: Join, tmp_path: Path) -> None:
    joined = join(HostSpec(name="h1"), HostSpec(name="h2", kernels=("6.8.0-60-generic",)), HostSpec(name="h3"))
    joined.plane.api.text("DELETE", "/api/v1/nodes/h3")
    live = packcheck(tmp_path / "live", joined.cluster, "--hosts=h1,h2,h3", *joined.ssh, "--record")
    assert set(live.findings("rig", KERNEL)) == {"Node/h1"}
    recorded = live.folder / "recording"
    assert sorted(path.name for path in recorded.iterdir()) == ["h3", "rig"], "h1 and h2 are evidence, and no targets"
    again = packcheck(tmp_path / "again", f"--bundle={recorded / 'rig'}", f"--bundle={recorded / 'h3'}")
    assert again.code == live.code
    for target in ("rig", "h3"):
        assert json.dumps(told(again, target)) == json.dumps(told(live, target))
