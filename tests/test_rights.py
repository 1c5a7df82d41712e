"""What runs under narrow rights: what is forbidden is undecided, names its rule, and `--rbac` prints what is enough."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests import broken
from tests.broken import NAMESPACE
from tests.commands import Done, packcheck
from tests.rigs.controlplane import ControlPlane

OPS = "ops"
SCENARIO = "--scenario=packs/namespace-labels"
HIDDEN = "by-job"
SEEN = {NAMESPACE, "by-replicaset", "by-statefulset", "by-replicationcontroller", "by-cronjob"}
LISTS = {
    "": ["events", "replicationcontrollers"],
    "apps": ["daemonsets", "replicasets", "statefulsets"],
    "batch": ["jobs"],
    "cluster.spectrocloud.com": ["packs"],
}
NAMESPACES = [{"apiGroups": [""], "resources": ["namespaces"], "verbs": ["list"]}]

Account = Callable[[str], "Asks"]


class Asks:
    """A ServiceAccount, and packcheck run as it."""

    def __init__(self, plane: ControlPlane, name: str, runs: Path) -> None:
        self.name = name
        self.user = f"system:serviceaccount:{OPS}:{name}"
        self._plane, self._runs = plane, runs
        plane.api.post(f"/api/v1/namespaces/{OPS}/serviceaccounts", {"metadata": {"name": name}})
        self._kubeconfig = plane.token_kubeconfig(name, service_account=f"{OPS}/{name}")

    def may(self, rules: list[dict[str, Any]], namespace: str | None = None) -> None:
        """Give it rights by a role of its own, in all namespaces or in one."""
        kind, name = "Role" if namespace else "ClusterRole", f"{self.name}-{namespace or 'all'}"
        self._plane.api.post(_path(kind, namespace), {"metadata": {"name": name}, "rules": rules})
        self.bind(kind, name, namespace)

    def bind(self, kind: str, role: str, namespace: str | None) -> None:
        """Bind a role that is there to it."""
        binding = {
            "metadata": {"name": f"{self.name}-{role}"},
            "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": kind, "name": role},
            "subjects": [{"kind": "ServiceAccount", "name": self.name, "namespace": OPS}],
        }
        self._plane.api.post(_path(f"{kind}Binding", namespace), binding)

    def run(self, *arguments: str) -> Done:
        """Check as this account; its token must stand nowhere."""
        token = json.loads(self._kubeconfig.read_text())["users"][0]["user"]["token"]
        folder = self._runs / str(len(list(self._runs.iterdir())))
        return packcheck(folder, f"--kubeconfig={self._kubeconfig}", *(arguments or (SCENARIO,)), secrets=[token])


def _path(kind: str, namespace: str | None) -> str:
    within = f"/namespaces/{namespace}" if namespace else ""
    return f"/apis/rbac.authorization.k8s.io/v1{within}/{kind.lower()}s"


@pytest.fixture(scope="module")
def plane(controlplane: ControlPlane) -> Iterator[ControlPlane]:
    controlplane.reset()
    broken.nodes(controlplane, "worker-1")
    broken.metallb(controlplane)
    broken.every_kind(controlplane)
    controlplane.namespace(OPS)
    broken.refused(controlplane, HIDDEN, *SEEN)
    yield controlplane
    controlplane.reset()


@pytest.fixture(scope="module")
def account(plane: ControlPlane, tmp_path_factory: pytest.TempPathFactory) -> Account:
    return lambda name: Asks(plane, name, tmp_path_factory.mktemp(name))


def rules() -> list[dict[str, Any]]:
    return [{"apiGroups": [group], "resources": names, "verbs": ["list"]} for group, names in LISTS.items()]


def test_one_forbidden_namespace_is_undecided_and_hides_no_other(plane: ControlPlane, account: Account) -> None:
    reader = account("reader")
    reader.may(NAMESPACES)
    for each in plane.api.get("/api/v1/namespaces")["items"]:
        if each["metadata"]["name"] != HIDDEN:
            reader.may(rules(), each["metadata"]["name"])
    done = reader.run()
    assert done.code == 1, done
    assert set(done.findings("rig")) == {f"Namespace/{name}" for name in SEEN}
    undecided = {one["subject"]: one for one in done.result("rig")["undecided"]}
    assert set(undecided) == {f"Namespace/{HIDDEN}"}, "packs live in Palette's own namespaces: they are not missed here"
    for plural in ("events", "replicationcontrollers", "daemonsets", "replicasets", "statefulsets", "jobs"):
        words = f"{reader.user} may not list {plural} in namespace {HIDDEN} (403)"
        assert words in undecided[f"Namespace/{HIDDEN}"]["reason"]
    assert (
        f'a Role in namespace {HIDDEN} with the rule {{apiGroups: ["batch"], resources: ["jobs"], verbs: ["list"]}}, '
        f"bound to {reader.user}"
    ) in undecided[f"Namespace/{HIDDEN}"]["would_help"]


def test_with_rights_on_no_namespace_one_undecided_names_the_rule_for_all(account: Account) -> None:
    blind = account("blind")
    blind.may(NAMESPACES)
    done = blind.run()
    assert done.code == 6, done
    result = done.result("rig")
    assert (result["outcome"], result["findings"]) == ("error", [])
    (open_,) = result["undecided"]
    assert open_["subject"] == "Namespace/*"
    assert f"{blind.user} may not list daemonsets (403)" in open_["reason"]
    assert (
        f'a ClusterRole with the rule {{apiGroups: ["apps"], resources: ["daemonsets"], verbs: ["list"]}}, '
        f"bound to {blind.user}"
    ) in open_["would_help"]
    assert "in namespace" not in open_["reason"], "each namespace was named although one rule helps them all"


def test_with_no_rights_at_all_even_the_namespaces_are_undecided(plane: ControlPlane, account: Account) -> None:
    nobody = account("nobody")
    mark = plane.audit_mark()
    done = nobody.run()
    assert done.code == 6, done
    (open_,) = done.result("rig")["undecided"]
    assert f"{nobody.user} may not list namespaces (403)" in open_["reason"]
    assert len(plane.audit(mark, nobody.user)) <= 20
    assert done.target("rig")["version"] == plane.version
    assert done.target("rig")["error"] is None


@pytest.mark.parametrize("selected", [SCENARIO, "--scenario=*"], ids=["one", "all"])
def test_the_roles_that_rbac_prints_are_enough_to_decide(
    plane: ControlPlane, account: Account, tmp_path: Path, selected: str
) -> None:
    name = "one" if selected == SCENARIO else "all"
    printed = packcheck(tmp_path / "rbac", "--rbac", selected)
    assert printed.code == 0, printed
    assert printed.left_nothing
    roles = apply(plane, printed.out, name)
    reader = account(f"printed-{name}")
    for kind, role, namespace in roles:
        reader.bind(kind, role, namespace)
    done = reader.run(selected)
    assert done.code == 1, done
    assert [result["undecided"] for result in done.run["results"]] == [[] for _ in done.run["results"]]
    verbs = {verb for role in yaml.safe_load_all(printed.out) for rule in role["rules"] for verb in rule["verbs"]}
    assert verbs <= {"get", "list", "watch"}


def test_the_roles_that_rbac_prints_for_remediating_are_enough_to_remediate(
    plane: ControlPlane, account: Account, tmp_path: Path
) -> None:
    printed = packcheck(tmp_path / "rbac", "--rbac", "--remediate", SCENARIO)
    assert printed.code == 0, printed
    fixer = account("fixer")
    for kind, role, namespace in apply(plane, printed.out, "fixer"):
        fixer.bind(kind, role, namespace)
    mark = plane.audit_mark()
    done = fixer.run(SCENARIO, "--remediate", "--settle=0")
    refused = [
        (event.verb, event.request_uri)
        for event in plane.audit(mark, fixer.user)
        if event.response_status.code == 403 and "configmaps" not in event.request_uri  # optional, and said so
    ]
    assert refused == []
    assert done.code == 0, done
    assert done.result("rig")["outcome"] == "fixed"


def apply(plane: ControlPlane, text: str, prefix: str) -> list[tuple[str, str, str | None]]:
    """Create the printed roles under names of their own, and return their kind, name and namespace."""
    roles = []
    for role in yaml.safe_load_all(text):
        role["metadata"]["name"] = f"{prefix}-{role['metadata']['name']}"
        roles.append(role)
    broken.create(plane, roles)
    return [(role["kind"], role["metadata"]["name"], role["metadata"].get("namespace")) for role in roles]
