"""A bundle of the real control plane, with every fault planted, says what the live run on it says, field by field."""

import json
import re
from pathlib import Path
from typing import Any

import pytest

from tests.bundles.collector import pack
from tests.bundles.conftest import Planted
from tests.commands import Done, packcheck

MOVES = ("duration_s", "target")
FAULTS = ("packs/calico-ipv6-kernel", "packs/cilium-eks-values", "packs/namespace-labels", "packs/upgrade-pod")
AGE = re.compile(r"it is [^\"(),]+? old\b")


def said(done: Done) -> list[dict[str, Any]]:
    """The results without what two runs never share: their names and durations, and how old things were."""
    results = [{key: value for key, value in result.items() if key not in MOVES} for result in done.run["results"]]
    found: list[dict[str, Any]] = json.loads(AGE.sub("it is so old", json.dumps(results)))
    return found


@pytest.mark.parametrize("packed", [False, True])
def test_a_bundle_of_every_fault_says_what_the_live_run_says(planted: Planted, tmp_path: Path, packed: bool) -> None:
    path, live = pack(planted.bundle) if packed else planted.bundle, planted.live
    done = packcheck(tmp_path / "run", f"--bundle={path}")
    assert done.code == live.code == 1, done
    outcomes = {result["scenario"]: result["outcome"] for result in done.judged}
    assert outcomes == dict.fromkeys(FAULTS, "failed") | {"packs/ipv6-off-unpaired": "skipped"}  # it asks for hosts
    for of_bundle, of_live in zip(said(done), said(live), strict=True):
        for key, value in of_live.items():
            assert of_bundle[key] == value, (of_live["scenario"], key)
    (target,) = done.run["targets"]
    assert (target["id"], target["kind"]) == (planted.bundle.name, "bundle")
    assert target["version"] == live.target("rig")["version"]
    assert target["cluster_uid"] == live.target("rig")["cluster_uid"]
    assert "Palette infra bundle, read-only" in target["note"]


def test_nothing_is_remediated_in_a_bundle_and_what_to_do_by_hand_is_said(planted: Planted, tmp_path: Path) -> None:
    asked = "--remedy=packs/namespace-labels=label-namespace"
    for more in ([], [asked]):
        done = packcheck(tmp_path / f"run{len(more)}", f"--bundle={planted.bundle}", "--remediate", *more)
        assert (done.code, done.run["writes"]) == (1, 0), done
        for result in (r for r in done.run["results"] if r["scenario"] in FAULTS):
            assert result["outcome"] == "failed"
            assert result["changes"] == []
            assert all(finding["by_hand"] for finding in result["findings"])
        assert "read-only" in done.said
