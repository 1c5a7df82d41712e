"""A Palette infra bundle, collected from the rig by kubectl as support-bundle-infra.sh does it (docs/facts/bundles.md).

The script itself is not part of this project; what it runs and where it writes is: the same resource names, one file a
resource and namespace, stderr merged in, custom resources only where there are any, Secrets only of Helm's releases.
"""

import subprocess
import tarfile
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

from tests.rigs.controlplane import ControlPlane

CLUSTER_SCOPED = (
    "apiservices",
    "clusterroles",
    "clusterrolebindings",
    "crds",
    "csr",
    "mutatingwebhookconfigurations",
    "namespaces",
    "nodes",
    "priorityclasses",
    "pv",
    "storageclasses",
    "validatingwebhookconfigurations",
    "volumeattachments",
)
NAMESPACED = (
    "apiservices",
    "configmaps",
    "cronjobs",
    "daemonsets",
    "deployments",
    "endpoints",
    "endpointslices",
    "events",
    "hpa",
    "ingress",
    "jobs",
    "leases",
    "limitranges",
    "networkpolicies",
    "poddisruptionbudgets",
    "pods",
    "pvc",
    "replicasets",
    "resourcequotas",
    "roles",
    "rolebindings",
    "services",
    "serviceaccounts",
    "statefulsets",
)
AT_ONCE = 4


class _Get(NamedTuple):
    path: Path
    arguments: tuple[str, ...]


def collect(plane: ControlPlane, folder: Path, namespaces: Iterable[str], now: datetime | None = None) -> Path:
    """Collect a bundle of these namespaces below `folder`, and return its own folder."""
    taken = now or datetime.now(UTC)
    top = folder / f"rig-{taken:%Y-%m-%d_%H_%M_%S}"
    collected = list(namespaces)
    info = top / "k8s" / "cluster-info"
    info.mkdir(parents=True)
    (top / ".support-bundle").write_text(f"{taken:%Y-%m-%d %H:%M:%S}: Support Bundle Version: 20251117\n")
    there = _names(plane, "namespaces")
    (top / "namespace-coverage.txt").write_text(
        "".join(f"{name:<40}{'COLLECT' if name in collected else 'SKIP (not a system namespace)'}\n" for name in there)
    )
    with ThreadPoolExecutor(AT_ONCE) as threads:
        list(threads.map(lambda get: _get(plane, get), _gets(plane, top, collected)))
    plane.kubectl(
        "cluster-info", "dump", f"--namespaces={','.join(collected)}", f"--output-directory={info / 'dump'}", "-o", "yaml"
    )  # fmt: skip
    return top


def pack(top: Path) -> Path:
    """Make the archive that the script leaves, and return its path."""
    archive = top.parent / f"{top.name}.tar.gz"
    with tarfile.open(archive, "w:gz") as tar:
        tar.add(top, top.name)
    return archive


def _gets(plane: ControlPlane, top: Path, namespaces: list[str]) -> Iterator[_Get]:
    info, resources = top / "k8s" / "cluster-info", top / "k8s" / "cluster-resources"
    custom, managed = resources / "custom-resources", "--show-managed-fields"
    yield _Get(info / "cluster-version.yaml", ("version", "-o", "yaml"))
    yield _Get(info / "cluster-info", ("cluster-info",))
    yield _Get(info / "api-resources", ("api-resources", "-o", "wide"))
    for name in CLUSTER_SCOPED:
        yield _Get(resources / f"{name}.yaml", ("get", name, "--all-namespaces", managed, "-o", "yaml"))
    for name in NAMESPACED:
        for namespace in namespaces:
            yield _Get(resources / name / f"{namespace}.yaml", ("get", name, "-n", namespace, managed, "-o", "yaml"))
    helm = "--field-selector=type=helm.sh/release.v1"
    for namespace in namespaces:
        yield _Get(
            resources / "secrets" / f"{namespace}.yaml", ("get", "secret", "-n", namespace, helm, managed, "-o", "yaml")
        )
    for crd in _names(plane, "crd"):
        for namespace in namespaces:
            if _names(plane, crd, f"--namespace={namespace}"):
                path = custom / crd / f"{namespace}.yaml"
                yield _Get(path, ("get", crd, "-n", namespace, managed, "-o", "yaml"))


def _get(plane: ControlPlane, get: _Get) -> None:
    get.path.parent.mkdir(parents=True, exist_ok=True)
    command = [*plane.kubectl_command(plane.pki.folder / "rig.kubeconfig"), *get.arguments]
    with get.path.open("w") as file:
        subprocess.run(command, stdout=file, stderr=subprocess.STDOUT, check=False, env=plane.kubectl_environment())


def _names(plane: ControlPlane, resource: str, *arguments: str) -> list[str]:
    done = plane.kubectl("get", resource, *arguments, "-o", "name", check=False)
    return [line.partition("/")[2] for line in done.stdout.splitlines()]
