"""Small bundles made by hand, in every layout, of plain objects: where no cluster is needed to say what is tried."""

import json
import tarfile
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import yaml

Object = dict[str, Any]

INFRA = {
    "Namespace": "namespaces",
    "Node": "nodes",
    "CustomResourceDefinition": "crds",
    "APIService": "apiservices",
}
NAMESPACED = {
    "Pod": "pods",
    "DaemonSet": "daemonsets",
    "ReplicaSet": "replicasets",
    "StatefulSet": "statefulsets",
    "Job": "jobs",
    "ConfigMap": "configmaps",
    "Event": "events",
    "Service": "services",
    "Secret": "secrets",
}
RC = "replication-controllers"
MARK = "2026-11-22 10:00:00: Support Bundle Version: 20251117+16d5f3c\n"
VERSION = "clientVersion:\n  gitVersion: v1.30.0\nserverVersion:\n  major: '1'\n  gitVersion: v1.31.4\n"
TABLE = """\
NAME         SHORTNAMES   APIVERSION                         NAMESPACED   KIND         VERBS        CATEGORIES
pods         po           v1                                 true         Pod          get,list
packs                     cluster.spectrocloud.com/v1alpha1  true         Pack         get,list
csinodes                  storage.k8s.io/v1                  false        CSINode      get,list
"""


class _Dumper(yaml.SafeDumper):
    def ignore_aliases(self, data: Any) -> bool:
        del data
        return True


def listed(items: Iterable[Object]) -> str:
    """A list as kubectl writes it."""
    whole = {"apiVersion": "v1", "items": list(items), "kind": "List", "metadata": {"resourceVersion": ""}}
    return yaml.dump(whole, Dumper=_Dumper, default_flow_style=False)


def infra(folder: Path, objects: Iterable[Object], collected: Iterable[str] | None = None) -> Path:
    """A Palette infra bundle of these objects below `folder`; of all namespaces, or of those `collected`."""
    top, items = folder / "prod-2026-11-22_10_00_00", list(objects)
    there = [each["metadata"]["name"] for each in items if each["kind"] == "Namespace"]
    wanted = there if collected is None else list(collected)
    files = {
        ".support-bundle": MARK,
        "k8s/cluster-info/cluster-version.yaml": VERSION,
        "k8s/cluster-info/api-resources": TABLE,
        "namespace-coverage.txt": "".join(f"{n}: {'COLLECT' if n in wanted else 'SKIP, not asked'}\n" for n in there),
    }
    for kind, name in INFRA.items():
        files[f"k8s/cluster-resources/{name}.yaml"] = listed(each for each in items if each["kind"] == kind)
    for namespace in wanted:
        here = [each for each in items if each["metadata"].get("namespace") == namespace]
        for kind, name in NAMESPACED.items():
            path = f"k8s/cluster-resources/{name}/{namespace}.yaml"
            files[path] = listed(each for each in here if each["kind"] == kind)
        files[f"k8s/cluster-info/dump/{namespace}/{RC}.yaml"] = listed(
            each for each in here if each["kind"] == "ReplicationController"
        )
        packs = [each for each in here if each["kind"] == "Pack"]
        if packs:
            path = f"k8s/cluster-resources/custom-resources/packs.cluster.spectrocloud.com/{namespace}.yaml"
            files[path] = listed(packs)
    return written(top, files)


def edge(folder: Path, name: str, **files: str) -> Path:
    """A Palette edge bundle; `files` by the last part of their path, `cmdline="…"`."""
    places = {
        "hostname": "systeminfo", "cmdline": "systeminfo", "osrelease": "systeminfo", "dmesg": "journald",
        "journal_boot": "journald", "ipv6addrshow": "networking", "userdata": "oem",
    }  # fmt: skip
    return written(
        folder / name,
        {".support-bundle": MARK} | {f"{places[each]}/{each.replace('_', '-')}": text for each, text in files.items()},
    )


def written(top: Path, files: Mapping[str, str]) -> Path:
    """Write files by their paths, and return the folder."""
    for path, text in files.items():
        (top / path).parent.mkdir(parents=True, exist_ok=True)
        (top / path).write_text(text)
    return top


def packed(top: Path, mode: str = "gz") -> Path:
    """An archive of a folder, as the collectors make it."""
    archive = top.parent / f"{top.name}.tar{mode and f'.{mode}'}"
    with tarfile.open(archive, f"w:{mode}") as tar:  # type: ignore[call-overload]
        tar.add(top, top.name)
    return archive


def in_json(items: Iterable[Object], kind: str = "List") -> str:
    """A list as client-go marshals it."""
    return json.dumps({"kind": kind, "apiVersion": "v1", "metadata": {}, "items": list(items)}, indent=4)


def named(kind: str, name: str, namespace: str = "", **fields: Any) -> Object:
    """An object with a name."""
    versions = {"DaemonSet": "apps/v1", "ReplicaSet": "apps/v1", "Job": "batch/v1"}
    meta = {"name": name, "uid": f"uid-{name}"} | ({"namespace": namespace} if namespace else {})
    return {
        "apiVersion": versions.get(kind, "v1"),
        "kind": kind,
        "metadata": meta | fields.pop("metadata", {}),
        **fields,
    }
