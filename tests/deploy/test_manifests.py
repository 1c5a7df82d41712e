"""The manifests are accepted by a real API server, and give exactly the rights that the checks ask for."""

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.rigs.controlplane import ControlPlane

ROOT = Path(__file__).resolve().parents[2]
DEPLOY = ROOT / "deploy"


def documents(text: str) -> dict[tuple[str, str], Any]:
    return {(d["kind"], d["metadata"].get("namespace", "")): d for d in yaml.safe_load_all(text) if d and "rules" in d}


def test_the_roles_are_those_that_the_checks_ask_for() -> None:
    command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "--rbac", "checks/"]
    printed = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True).stdout
    assert documents((DEPLOY / "rbac.yaml").read_text(encoding="utf-8")) == documents(printed), "make rbac"


@pytest.mark.parametrize("name", sorted(p.name for p in DEPLOY.glob("*.yaml")))
def test_a_real_api_server_accepts_it(fresh_controlplane: ControlPlane, name: str) -> None:
    fresh_controlplane.namespace("packcheck", {"pod-security.kubernetes.io/enforce": "restricted"})
    said = fresh_controlplane.kubectl("apply", "--dry-run=server", "--validate=strict", "-f", str(DEPLOY / name))
    assert "(server dry run)" in said.stdout
    assert "violate" not in said.stderr
