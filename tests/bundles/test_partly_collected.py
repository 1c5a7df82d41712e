"""Bundles that hold some namespaces only, in every layout: what is missing is undecided, by name, and nothing hides it."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.bundles.made import in_json, infra, listed, named, written
from tests.commands import Done, packcheck

LABELS, POD, CALICO = "packs/namespace-labels", "packs/upgrade-pod", "packs/calico-ipv6-kernel"
PALETTE = "cluster-0123456789abcdef01234567"
REFUSED = 'pods "a-1" is forbidden: violates PodSecurity "baseline:latest": host namespaces (hostNetwork=true)'
POD_SPEC = {"hostNetwork": True, "containers": [{"name": "c", "image": "i"}]}


def event(namespace: str) -> dict[str, Any]:
    about = {"kind": "DaemonSet", "namespace": namespace, "name": "a", "uid": "uid-a"}
    return named(
        "Event", "e", namespace, reason="FailedCreate", message=f"Error creating: {REFUSED}", involvedObject=about
    )


def kept_out(namespace: str) -> list[dict[str, Any]]:
    spec = {"template": {"spec": POD_SPEC}}
    return [named("DaemonSet", "a", namespace, spec=spec, status={"desiredNumberScheduled": 1}), event(namespace)]


def cluster(*namespaces: str) -> list[dict[str, Any]]:
    service = {"apiVersion": "apiregistration.k8s.io/v1", "kind": "APIService", "metadata": {"name": "v1.apps"}}
    return [
        *(named("Namespace", name) for name in ("default", "kube-system", PALETTE, *namespaces)),
        named("Node", "n1", metadata={"labels": {"microk8s.io/cluster": "true"}}),
        {**service, "spec": {"group": "apps"}},
        {
            **named("Pack", "p", PALETTE, spec={"values": "pack: {}\n"}),
            "apiVersion": "cluster.spectrocloud.com/v1alpha1",
        },
    ]


def checked(bundle: Path, tmp_path: Path) -> Done:
    return packcheck(tmp_path / "run", f"--bundle={bundle}")


def open_of(done: Done, target: str, scenario: str = LABELS) -> dict[str, dict[str, Any]]:
    return {one["subject"]: one for one in done.result(target, scenario)["undecided"]}


def test_all_collected_and_nothing_wrong_passes(tmp_path: Path) -> None:
    bundle = infra(tmp_path, cluster("web"))
    done = checked(bundle, tmp_path)
    assert done.code == 0, done
    assert done.result(bundle.name, LABELS)["outcome"] == "passed"
    assert done.result(bundle.name, POD)["outcome"] == "passed"
    assert done.result(bundle.name, CALICO)["skip"] == "not-applicable"


def test_a_namespace_that_was_not_collected_is_undecided_and_hides_no_other(tmp_path: Path) -> None:
    bundle = infra(tmp_path, [*cluster("web", "db"), *kept_out("web")], ["default", "kube-system", PALETTE, "web"])
    done = checked(bundle, tmp_path)
    assert set(done.findings(bundle.name)) == {"Namespace/web"}
    left = open_of(done, bundle.name)
    assert set(left) == {"Namespace/db"}
    assert left["Namespace/db"]["reason"] == (
        "namespace db was not collected: there is no k8s/cluster-resources/*/db.yaml; namespace-coverage.txt says "
        '"db: SKIP, not asked"'
    )
    assert left["Namespace/db"]["would_help"] == "support-bundle-infra.sh -n db"
    assert done.result(bundle.name, POD)["outcome"] == "passed", "the namespace default was collected"


def test_where_nothing_else_is_wrong_what_was_not_collected_is_an_error_and_no_pass(tmp_path: Path) -> None:
    bundle = infra(tmp_path, cluster("web"), ["kube-system", PALETTE, "web"])
    done = checked(bundle, tmp_path)
    assert done.code == 6
    assert done.result(bundle.name, LABELS)["outcome"] == "error"
    assert done.result(bundle.name, POD)["outcome"] == "error"
    assert "namespace default was not collected" in done.result(bundle.name, POD)["reason"]


def test_what_lets_every_pod_in_need_not_be_collected(tmp_path: Path) -> None:
    labelled = {"labels": {"pod-security.kubernetes.io/enforce": "privileged"}}
    objects = [*cluster(), named("Namespace", "lax", metadata=labelled)]
    bundle = infra(tmp_path, objects, ["default", "kube-system", PALETTE])
    done = checked(bundle, tmp_path)
    result = done.result(bundle.name, LABELS)
    assert (result["outcome"], result["undecided"]) == ("passed", []), done
    (note,) = result["notes"]
    assert note["subject"] == "Namespace/lax"
    assert note["message"].startswith(
        "enforces privileged, so what was not read there keeps no pods out; namespace lax"
    )


@pytest.mark.parametrize(
    ("path", "text", "subject", "words"),
    [
        ("events/web.yaml", "Error from server (Forbidden): events is forbidden\n", "Namespace/web", "holds no list, but"),
        ("events/web.yaml", "", "Namespace/web", "k8s/cluster-resources/events/web.yaml is empty"),
        ("daemonsets/web.yaml", "apiVersion: v1\nitems:\n- apiV", "Namespace/web", "the end of the list is missing"),
        ("namespaces.yaml", "", "Namespace/*", "which namespaces there are was not collected"),
        ("jobs/web.yaml", "apiVersion: v1\nitems:\n- {a: &x 1, b: *x}\nkind: List\n", "Namespace/web", "no YAML"),
        ("pods/default.yaml", "kind: Pod\n", "Pod/default/upgrade-pod", "pods/default.yaml holds no list"),
    ],
)  # fmt: skip
def test_what_stands_in_a_file_instead_is_said(path: str, text: str, subject: str, words: str, tmp_path: Path) -> None:
    bundle = infra(tmp_path, cluster("web"))
    (bundle / "k8s/cluster-resources" / path).write_text(text)
    done = checked(bundle, tmp_path)
    found = {one["subject"]: one["reason"] for r in done.run["results"] for one in r["undecided"]}
    assert subject in found, done
    assert words in found[subject]


def test_a_warning_of_kubectl_before_a_list_costs_nothing(tmp_path: Path) -> None:
    bundle = infra(tmp_path, cluster("web"))
    for path in bundle.rglob("*.yaml"):
        noise = "E1122 10:00:00.1     123 memcache.go:287] couldn't get resource list for metrics.k8s.io/v1beta1: x\n"
        path.write_text(f"{noise}Warning: v1 Endpoints is deprecated in v1.33+\n{path.read_text()}")
    done = checked(bundle, tmp_path)
    assert done.result(bundle.name, LABELS)["outcome"] == "passed", done


def test_two_lists_in_one_file_are_read_both(tmp_path: Path) -> None:
    bundle = infra(tmp_path, cluster("web"))
    first, second = kept_out("web")
    (bundle / "k8s/cluster-resources/daemonsets/web.yaml").write_text(f"{listed([])}---\n{listed([first])}")
    (bundle / "k8s/cluster-resources/events/web.yaml").write_text(listed([second]) + listed([]))
    done = checked(bundle, tmp_path)
    assert set(done.findings(bundle.name)) == {"Namespace/web"}
    assert open_of(done, bundle.name) == {}


def test_an_object_that_stands_in_two_lists_counts_once_the_newer(tmp_path: Path) -> None:
    bundle = infra(tmp_path, cluster("web"))
    old, _ = kept_out("web")
    old["metadata"]["resourceVersion"] = "9"
    new = {**old, "metadata": {**old["metadata"], "resourceVersion": "10"}, "status": {}}
    (bundle / "k8s/cluster-resources/daemonsets/web.yaml").write_text(listed([new, old]))
    (bundle / "k8s/cluster-resources/events/web.yaml").write_text(listed([event("web")]))
    done = checked(bundle, tmp_path)
    assert done.result(bundle.name)["outcome"] == "passed", "the newer one lacks no pods"


def test_another_clusters_objects_are_left_out_in_words(tmp_path: Path) -> None:
    bundle = infra(tmp_path, cluster("web"))
    resources = bundle / "k8s/cluster-resources"
    (resources / "daemonsets/web.yaml").write_text(listed(kept_out("elsewhere")[:1]))
    (resources / "daemonsets/strange.yaml").write_text(listed(kept_out("strange")[:1]))
    (resources / "events/web.yaml").write_text(listed([named("Pod", "x", "web")]))
    (resources / "daemonsets/gone.yaml").write_text(listed([]))
    done = checked(bundle, tmp_path)
    assert done.result(bundle.name)["outcome"] == "error"
    left = {subject: one["reason"] for subject, one in open_of(done, bundle.name).items()}
    assert set(left) == {"Namespace/web", "Namespace/strange"}
    assert "daemonsets/web.yaml holds DaemonSet/elsewhere/a, which does not belong there" in left["Namespace/web"]
    assert "events/web.yaml holds Pod/web/x, which does not belong there" in left["Namespace/web"]
    assert "objects in namespace strange, which is none of this cluster's" in left["Namespace/strange"]


def test_a_dump_tells_what_it_holds_and_not_more(tmp_path: Path) -> None:
    top = tmp_path / "dump"
    files = {"nodes.json": in_json([named("Node", "n1")], "NodeList")}
    for namespace in ("default", "web"):
        for name, kind in (
            ("pods", "Pod"),
            ("daemonsets", "DaemonSet"),
            ("events", "Event"),
            ("replicasets", "ReplicaSet"),
        ):
            objects = [each for each in kept_out("web") if each["kind"] == kind and namespace == "web"]
            files[f"{namespace}/{name}.json"] = in_json(objects, f"{kind}List")
        files[f"{namespace}/replication-controllers.json"] = in_json([])
    done = checked(written(top, files), tmp_path)
    assert "kubectl cluster-info dump, read-only" in done.target("dump")["note"]
    assert "error" not in {key for key, value in done.target("dump").items() if value}
    assert set(done.findings("dump")) == {"Namespace/web"}, "admission's own words stand in the events"
    reason = open_of(done, "dump")["Namespace/*"]["reason"]
    for words in (
        "list namespaces: there is no namespaces.json in the bundle",
        "there is no */jobs.json in the bundle",
        "whether API group cluster.spectrocloud.com is served is not known",
        "kubectl cluster-info dump does not hold the server's version",
    ):
        assert words in reason
    assert done.result("dump", POD)["outcome"] == "skipped", "no pod of that name, and no node of MicroK8s"


def test_a_troubleshoot_bundle_is_read_by_its_own_names(tmp_path: Path) -> None:
    top = tmp_path / "support-bundle-2026-11-22T10_00_00"
    resources = [
        {"groupVersion": "v1", "resources": [{"name": "pods", "kind": "Pod", "namespaced": True}]},
        {
            "groupVersion": "cluster.spectrocloud.com/v1alpha1",
            "resources": [
                {"name": "packs", "kind": "Pack", "namespaced": True},
                {"name": "packs/status", "kind": "Pack", "namespaced": True},
            ],
        },
    ]
    items = cluster("web")
    of_kind = {kind: [each for each in items if each["kind"] == kind] for kind in ("Namespace", "Node", "Pack")}
    files = {
        "cluster-info/cluster_version.json": json.dumps({"info": {"gitVersion": "v1.31.4"}, "string": "v1.31.4"}),
        "cluster-resources/resources.json": json.dumps(resources),
        "cluster-resources/namespaces.json": in_json(of_kind["Namespace"], "NamespaceList"),
        "cluster-resources/nodes.json": in_json(of_kind["Node"], "NodeList"),
        f"cluster-resources/custom-resources/packs.cluster.spectrocloud.com/{PALETTE}.json": json.dumps(
            of_kind["Pack"]
        ),
    }
    for namespace in ("default", "kube-system", PALETTE, "web"):
        for name in (
            "pods",
            "daemonsets",
            "replicasets",
            "statefulsets",
            "jobs",
            "events",
            "replicationcontrollers",
            "configmaps",
        ):
            there = [
                e
                for e in kept_out("web")
                if namespace == "web" and {"DaemonSet": "daemonsets", "Event": "events"}[e["kind"]] == name
            ]
            files[f"cluster-resources/{name}/{namespace}.json"] = in_json(there)
    done = checked(written(top, files), tmp_path)
    assert "troubleshoot.sh support bundle, read-only; taken 2026-11-22 10:00:00 UTC" in done.target(top.name)["note"]
    assert set(done.findings(top.name)) == {"Namespace/web"}
    assert open_of(done, top.name) == {}, "everything was collected"
    assert done.result(top.name, POD)["outcome"] == "passed"
