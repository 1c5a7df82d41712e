"""What the main jobs cost, as whole processes: `python -m tests.bench` (`make bench`).

Each line is the median of some runs after one that is not counted, which writes the bytecode that a fresh checkout
lacks. Seconds are what a person waits; CPU is what the process took for itself, and says the same on a busy machine.
Nothing here fails: the goals stand beside what was measured, and whoever reads them judges.
"""

import argparse
import os
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from typing import NamedTuple

from tests import broken
from tests.bundles import synthetic
from tests.measuring import measure
from tests.rigs.controlplane import ControlPlane, RigError
from tests.rigs.controlplane.binaries import obtain
from tests.rigs.controlplane.lifecycle import running
from tests.rigs.controlplane.plugin import PXK_ADMISSION
from tests.rigs.controlplane.seed import seed_pods
from tests.rigs.hosts import HostRig, HostSpec

ENDS = {0, 1}
"""Exit codes of a run that decided."""

PODS, NAMESPACES, NODES = 20_000, 1_000, 500
FILES, FILE_SIZE = 2_000, 10_000
LOOK_S, IDLE, PATIENCE_S = 3.0, 0.25, 300.0
"""The servers are at rest when in so many seconds they use less than that part of a core; or after so long."""


class Cost(NamedTuple):
    """One run: seconds waited, seconds of CPU, peak memory in MB."""

    seconds: float
    cpu: float
    memory: float


def main(arguments: list[str] | None = None) -> int:
    """Measure and print; 1 only where a job did not do what it is measured for."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    parser.add_argument("--rounds", type=int, default=5, help="how many runs the median is taken of (default: 5)")
    parser.add_argument("--no-cluster", action="store_true", help="leave out what needs the real control plane")
    parser.add_argument("--hosts", type=int, default=100, help="how many real sshd hosts are read; 0: none (root)")
    asked = parser.parse_args(arguments)
    _say(f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f} before the first run, Python {sys.version.split()[0]}")
    _say(f"{'job':62} {'median s':>8} {'fastest':>8} {'CPU s':>6} {'MB':>4}  goal for the median")
    with tempfile.TemporaryDirectory(prefix="packcheck-bench-") as name:
        folder = Path(name)
        _tell("pytest --sandbox checks/", ["--sandbox"], folder, asked.rounds, "1.5 s")
        _tell("pytest --sandbox --collect-only checks/", ["--sandbox", "--collect-only"], folder, asked.rounds, "0.8 s")
        _tell("  without the plugins of a developer's .venv", ["--sandbox", *_ALONE], folder, asked.rounds, "1.5 s")
        _tell("  the same, --collect-only", ["--sandbox", "--collect-only", *_ALONE], folder, asked.rounds, "0.8 s")
        _files(folder / "files", asked.rounds)
        _say(synthetic.tell(NAMESPACES, PODS))
        if asked.hosts:
            _hosts(asked.hosts, folder, asked.rounds)
        if asked.no_cluster:
            _say("live runs: not measured, as asked")
            return 0
        try:
            with _cluster(folder / "rig") as plane:
                _live(plane, "a small cluster with the fault", folder, asked.rounds)
                began = time.monotonic()
                written = seed_pods(plane, namespaces=NAMESPACES, pods=PODS, nodes=NODES)
                _say(f"({written} objects written into etcd in {time.monotonic() - began:.1f} s)")
                _say(f"(the control plane took {_rest(plane):.0f} s to take them in)")
                _live(plane, f"{PODS} pods in {NAMESPACES} namespaces", folder, asked.rounds)
        except RigError as error:
            _say(f"live runs: NOT MEASURED: {error}")
    return 0


_ALONE = ("-p", "no:hypothesispytest", "-p", "no:pytest_cov")
"""Plugins that requirements-dev.lock brings and requirements.lock does not; the first costs 0.3 s at every end."""


@contextmanager
def _cluster(folder: Path) -> Iterator[ControlPlane]:
    with running(folder, obtain(_say), PXK_ADMISSION) as plane:
        broken.nodes(plane, "worker-1")
        broken.metallb(plane)
        broken.refused(plane, broken.NAMESPACE)
        yield plane


def _files(folder: Path, rounds: int) -> None:
    """Files of pack values, each with settings of no concern and a declaration that is."""
    size = 0
    for number in range(FILES):
        text = _VALUES.format(number=number)
        text += "".join(_SETTING.format(number=n) for n in range((FILE_SIZE - len(text)) // len(_SETTING)))
        path = folder / f"pack-{number}" / "values.yaml"
        path.parent.mkdir(parents=True)
        size += path.write_text(text)
    name = f"pytest --artifacts=… checks/ on {FILES} files of {size / 1e6:.0f} MB"
    _tell(name, [f"--artifacts={folder}"], folder.parent, rounds, "10 s, 200 MB")


_VALUES = """\
pack:
  namespace: "pack-{number}"
  namespaceLabels:
    "pack-{number}": "pod-security.kubernetes.io/enforce=privileged,pod-security.kubernetes.io/enforce-version=latest"
charts:
  chart-{number}:
"""
_SETTING = """\
    # the setting {number} of it, described at some length as such files do
    setting{number}:
      enabled: true
      image:
        repository: registry.example.com/x/y{number}
        tag: "v1.{number}.3"
      args: [a, b, "c d"]
      resources: {{limits: {{cpu: 100m, memory: 128Mi}}}}
"""


def _hosts(count: int, folder: Path, rounds: int) -> None:
    """Read so many hosts, each a real sshd in namespaces of this machine: their own work is on the same cores."""
    try:
        began = time.monotonic()
        with HostRig.start(folder / "hosts", *[HostSpec(kernels=("6.8.0-60-generic",))] * count, say=_say) as rig:
            _say(f"({count} hosts started in {time.monotonic() - began:.1f} s)")
            names = folder / "names"
            names.write_text("".join(f"{host.name}\n" for host in rig))
            target = [f"--hosts-file={names}", f"--ssh-config={rig.ssh_config}", "--sudo"]
            _tell(f"pytest --hosts-file=… checks/ on {count} hosts", target, folder, rounds, "10 s")
            marks = {host.name: host.mark() for host in rig}
            _run(target, folder)
            made = max(len(host.connections(marks[host.name])) for host in rig)
            sent = max(len(host.commands(marks[host.name])) for host in rig)
            _say(f"  of each host at most {made} connections and {sent} commands; goal 1 and ≤ 3")
    except RigError as error:
        _say(f"hosts: NOT MEASURED: {error}")


def _rest(plane: ControlPlane) -> float:
    """Wait until the servers do next to nothing: controllers look at every new object, on the machine that we share."""
    began = time.monotonic()
    used = _used(plane)
    while time.monotonic() - began < PATIENCE_S:
        time.sleep(LOOK_S)
        before, used = used, _used(plane)
        if used - before < IDLE * LOOK_S:
            break
    return time.monotonic() - began


def _used(plane: ControlPlane) -> float:
    """Seconds of CPU that the servers have had by now (proc(5): fields 14 and 15 of stat)."""
    stats = [Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split() for pid in plane.pids.values()]
    return sum(int(stat[11]) + int(stat[12]) for stat in stats) / os.sysconf("SC_CLK_TCK")


def _live(plane: ControlPlane, name: str, folder: Path, rounds: int) -> None:
    target = [f"--kubeconfig={plane.kubeconfig}"]
    _tell(f"pytest --kubeconfig=… checks/ on {name}", target, folder, rounds, "2 s")
    mark = plane.audit_mark()
    _run(target, folder)
    asked = plane.audit(mark, "admin")
    verbs = ", ".join(sorted({event.verb for event in asked}))
    _say(f"  its requests: {len(asked)} ({verbs}); goal ≤ 20")


def _tell(name: str, arguments: Iterable[str], folder: Path, rounds: int, goal: str) -> None:
    given = list(arguments)
    _run(given, folder)
    costs = [_run(given, folder) for _ in range(rounds)]
    seconds, cpu, memory = (median(values) for values in zip(*costs, strict=True))
    fastest = min(cost.seconds for cost in costs)
    _say(f"{name:62} {seconds:8.2f} {fastest:8.2f} {cpu:6.2f} {memory:4.0f}  ≤ {goal}")


def _run(arguments: list[str], folder: Path) -> Cost:
    """Run the checks once; RuntimeError with what was said where nothing was decided."""
    command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", f"--run-dir={folder / 'run'}"]
    with (folder / "said").open("w+b") as said:
        began = time.monotonic()
        used = measure([*command, *arguments, "checks/"], said)
        seconds = time.monotonic() - began
        if used.code not in ENDS:
            said.seek(0)
            raise RuntimeError(f"{' '.join(arguments)} ended with {used.code}:\n{said.read().decode()}")
    return Cost(seconds, used.cpu_s, used.memory_mb)


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
