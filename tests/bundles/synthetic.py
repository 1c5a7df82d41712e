"""A bundle of any size, and what it costs to judge it: `python -m tests.bundles.synthetic --gigabyte`.

It is written as a stream, and judged in a process of its own whose memory is measured. `make bench` tells the costs of
20,000 pods in 1,000 namespaces; a small one is among the everyday tests.
"""

import argparse
import io
import json
import sys
import tarfile
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from random import Random
from typing import Any, NamedTuple

from tests.bundles.made import MARK, NAMESPACED, RC, TABLE, VERSION, listed, named
from tests.measuring import measure

PAD = "0123456789abcdef" * 8
PALETTE = "cluster-0123456789abcdef01234567"
LISTS = 50
"""Kilobytes of managed fields in a pod: --show-managed-fields makes them the most of it."""


class Cost(NamedTuple):
    """What judging took: seconds in all, for the index and of CPU, megabytes of memory, bytes and files that were parsed."""

    seconds: float
    index_s: float
    cpu_s: float
    memory_mb: float
    parsed: int
    files: int
    pods_files: int
    outcomes: dict[str, str]


def write(path: Path, namespaces: int, pods: int, entries: int = LISTS) -> int:
    """Write an infra bundle as tar.gz, and return its size once unpacked; every 100th namespace keeps pods out."""
    total = 0
    with tarfile.open(path, "w:gz", compresslevel=1) as tar:
        for name, text in _files(namespaces, pods // namespaces, entries):
            data = text.encode()
            info = tarfile.TarInfo(f"prod-2026-11-22_10_00_00/{name}")
            info.size = len(data)
            total += len(data)
            tar.addfile(info, io.BytesIO(data))
    return total


def _files(namespaces: int, pods: int, entries: int) -> Iterator[tuple[str, str]]:
    names = [f"ns-{n:04}" for n in range(namespaces)]
    every = ["default", "kube-system", PALETTE, *names]
    resources = "k8s/cluster-resources"
    yield ".support-bundle", MARK
    yield "k8s/cluster-info/cluster-version.yaml", VERSION
    yield "k8s/cluster-info/api-resources", TABLE
    yield f"{resources}/namespaces.yaml", listed(named("Namespace", name) for name in every)
    yield f"{resources}/nodes.yaml", listed(named("Node", f"n{n}") for n in range(500))
    yield f"{resources}/crds.yaml", listed([])
    yield f"{resources}/custom-resources/packs.cluster.spectrocloud.com/{PALETTE}.yaml", listed([])
    empty, random = listed([]), Random(1)  # noqa: S311  the same bundle each time
    for name in NAMESPACED.values():
        for at, namespace in enumerate(every):
            refused = namespace in names and at % 100 == 0
            text = empty
            if name == "pods" and namespace in names:
                text = _pods(pods, entries, namespace, random)
            elif name == "daemonsets" and refused:
                text = listed([_daemon_set(namespace)])
            elif name == "events" and namespace in names:
                text = listed([*(_event(namespace, n) for n in range(20)), *([_refusal(namespace)] if refused else [])])
            yield f"{resources}/{name}/{namespace}.yaml", text
    for namespace in every:
        yield f"k8s/cluster-info/dump/{namespace}/{RC}.yaml", empty
        yield f"k8s/cluster-info/dump/{namespace}/pod-1/logs.txt", "==== START logs ====\n" + f"{PAD}\n" * 50


def _pods(number: int, entries: int, namespace: str, random: Random) -> str:
    """Pods whose managed fields are their own: what repeats itself would be packed as no real bundle is."""
    one = listed([named("Pod", "NAME", namespace, metadata={"managedFields": "FIELDS"}, status={"phase": "Running"})])
    head, _, rest = one.partition("- ")
    item, _, foot = rest.partition("kind: List")
    bodies = []
    for n in range(number):
        words = random.randbytes(400 * entries).hex()
        lines = "".join(f"\n    - f:{words[at : at + 64]}: {{}}" for at in range(0, len(words), 64))
        bodies.append("- " + item.replace("NAME", f"pod-{n}").replace(" FIELDS", lines))
    return f"{head}{''.join(bodies)}kind: List{foot}"


def _daemon_set(namespace: str) -> dict[str, Any]:
    spec = {"template": {"spec": {"hostNetwork": True, "containers": [{"name": "c", "image": "i"}]}}}
    return named("DaemonSet", "a", namespace, spec=spec, status={"desiredNumberScheduled": 1})


def _event(namespace: str, n: int) -> dict[str, Any]:
    return named("Event", f"e{n}", namespace, reason="Pulled", message=PAD, involvedObject={"kind": "Pod"})


def _refusal(namespace: str) -> dict[str, Any]:
    words = 'pods "a-1" is forbidden: violates PodSecurity "baseline:latest": host namespaces (hostNetwork=true)'
    about = {"kind": "DaemonSet", "namespace": namespace, "name": "a", "uid": "uid-a"}
    return named(
        "Event", "r", namespace, reason="FailedCreate", message=f"Error creating: {words}", involvedObject=about
    )


def measured(path: Path) -> Cost:
    """What it costs to judge a bundle by every scenario, in a process of its own."""
    command = [sys.executable, "-m", "tests.bundles.synthetic", f"--judge={path}"]
    with tempfile.TemporaryFile() as told:
        used = measure(command, told)
        told.seek(0)
        said = told.read()
    if used.code:
        raise RuntimeError(f"judging {path} ended with {used.code}: {said.decode()}")
    return Cost(cpu_s=used.cpu_s, memory_mb=used.memory_mb, **json.loads(said))


def judge(path: Path) -> str:
    """Judge a bundle here, and say as JSON what it took."""
    from fixtures.store import Store  # noqa: PLC0415  the process that writes and measures needs none of it
    from tests.bundles.judging import judged, opened  # noqa: PLC0415

    began = time.perf_counter()
    reader = opened(path)
    index_s = time.perf_counter() - began
    found = judged(Store(lambda: reader), reader, path)
    parsed = {name: size for name, size in reader.parsed.items() if size}
    return json.dumps(
        {
            "seconds": time.perf_counter() - began,
            "index_s": index_s,
            "parsed": sum(parsed.values()),
            "files": len(parsed),
            "pods_files": sum("/pods/" in name for name in parsed),
            "outcomes": {name: str(verdict.outcome) for name, verdict in found.items()},
        }
    )


def tell(namespaces: int, pods: int) -> str:
    """Write a bundle, judge it, and say what it took."""
    with tempfile.TemporaryDirectory(prefix="packcheck-bundle-") as folder:
        path = Path(folder) / "prod.tar.gz"
        began = time.perf_counter()
        size = write(path, namespaces, pods)
        written = time.perf_counter() - began
        packed, cost = path.stat().st_size, measured(path)
    mb = size / 1e6
    return (
        f"a bundle of {mb:.0f} MB ({packed / 1e6:.0f} MB packed, {pods} pods, {namespaces} namespaces; written in "
        f"{written:.0f} s): judged in {cost.seconds:.1f} s, of which the index {cost.index_s:.1f} s ({cost.cpu_s:.1f} s of CPU, "
        f"{1000 * cost.cpu_s / mb:.1f} ms a MB); parsed {cost.parsed / 1e6:.2f} MB of {cost.files} files, {cost.pods_files} of them "
        f"lists of pods; {cost.memory_mb:.0f} MB of memory; goal ≤ 300 MB"
    )


def main(arguments: list[str] | None = None) -> int:
    """Judge the bundle that is named, or write one and tell its costs."""
    parser = argparse.ArgumentParser(prog="python -m tests.bundles.synthetic", description=__doc__)
    parser.add_argument("--judge", type=Path)
    parser.add_argument("--gigabyte", action="store_true", help="20,000 pods in 1,000 namespaces")
    asked = parser.parse_args(arguments)
    sys.stdout.write(judge(asked.judge) if asked.judge else tell(1000, 20_000) if asked.gigabyte else tell(50, 1000))
    sys.stdout.write("\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
