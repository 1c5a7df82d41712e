"""The control plane as it was just after its start, and the way back to it without starting it again.

etcd's keys are compared with those of the start: what is new is deleted, what is changed or gone is written again.
The API server and the controllers learn of it through their watches, as they learn of everything; so this takes a
fraction of a second where deleting namespaces takes as long as their finalizers. It is repeated until the
controllers have nothing more to add.
"""

import time
from base64 import b64decode, b64encode
from pathlib import Path

import msgspec

from tests.rigs.controlplane.errors import StartError
from tests.rigs.controlplane.etcd import Etcd

ROOT = "/registry/"
CHANGING = ("/registry/leases/", "/registry/masterleases/")  # renewed all the time; new ones are deleted
PASSING = ("/registry/events/",)  # never part of the baseline
CONTROLLERS_OWN = ("/registry/serviceaccounts/kube-system/",)  # made when a controller first needs one, and kept by it
FILE = "baseline.json"
QUIET_SECONDS = 0.2
SECONDS = 30.0


class Baseline(msgspec.Struct):
    """Each key's value at the start, and the revision at which it has that value."""

    values: dict[str, str]  # base64
    revisions: dict[str, int]


def take(etcd: Etcd, folder: Path) -> bool:
    """Write the baseline if nothing has been changing for a moment; tell whether it was written."""
    before = _lasting(etcd.revisions(ROOT))
    time.sleep(QUIET_SECONDS)
    now = etcd.values(ROOT)
    revisions = _lasting({key: revision for key, (revision, _) in now.items()})
    if revisions != before:
        return False
    kept = {key: now[key] for key in now if not key.startswith(PASSING)}
    baseline = Baseline(
        {key: b64encode(value).decode() for key, (_, value) in kept.items()},
        {key: revision for key, (revision, _) in kept.items()},
    )
    _write(folder, baseline)
    return True


def restore(etcd: Etcd, folder: Path) -> None:
    """Bring etcd back to the baseline; return once a look after a quiet moment finds nothing to do."""
    baseline = msgspec.json.decode((folder / FILE).read_bytes(), type=Baseline)
    deadline = time.monotonic() + SECONDS
    while _put_back(etcd, baseline):
        if time.monotonic() > deadline:
            raise StartError(f"the control plane does not come to rest within {SECONDS:.0f} s of its reset")
        time.sleep(QUIET_SECONDS)
    _write(folder, baseline)


def _put_back(etcd: Etcd, baseline: Baseline) -> bool:
    now = etcd.revisions(ROOT)
    new = [key for key in now if key not in baseline.values and not key.startswith(CONTROLLERS_OWN)]
    changed = [
        key
        for key, revision in baseline.revisions.items()
        if now.get(key) != revision and not (key in now and key.startswith(CHANGING))
    ]
    etcd.delete(new)
    baseline.revisions |= etcd.put({key: b64decode(baseline.values[key]) for key in changed})
    return bool(new or changed)


def _lasting(revisions: dict[str, int]) -> dict[str, int]:
    return {key: revision for key, revision in revisions.items() if not key.startswith(CHANGING + PASSING)}


def _write(folder: Path, baseline: Baseline) -> None:
    (folder / FILE).write_bytes(msgspec.json.encode(baseline))
