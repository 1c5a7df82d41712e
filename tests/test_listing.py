"""What `--scenarios` and `--rbac` print, made of the reads that facts declare and of what remedies send."""

import itertools
from pathlib import Path

import msgspec
import pytest
import yaml

from domain.remedy import Sends
from domain.resources import CONFIG_MAPS, DAEMON_SETS, JOBS, LEASES, NAMESPACES, PODS, Resource
from fixtures.facts import Reads
from remediations import remedies, roles
from remediations.roles import Rule
from tests.commands import ROOT

FIXED = ["-p", "no:cacheprovider", "-p", "no:cov", "-q", f"--rootdir={ROOT}", "-c", str(ROOT / "pyproject.toml")]
LABELS = "packs/namespace-labels"


def listed(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str]:
    """Run pytest on the repository's checks inside this process; its exit code, and its standard output."""
    code = pytest.main([*FIXED, *arguments, str(ROOT / "checks")])
    return int(code), capsys.readouterr().out


# --- roles


def test_rules_on_one_resource_are_one_with_all_their_verbs() -> None:
    text = roles.manifests(
        [
            Rule(JOBS, ("list",)),
            Rule(NAMESPACES, ("list",)),
            Rule(JOBS, ("patch", "list")),
            Rule(NAMESPACES, ("get",), names=("kube-system",)),
        ]
    )
    (role,) = yaml.safe_load_all(text)
    assert role["rules"] == [
        {"apiGroups": [""], "resources": ["namespaces"], "verbs": ["list"]},
        {"apiGroups": [""], "resources": ["namespaces"], "verbs": ["get"], "resourceNames": ["kube-system"]},
        {"apiGroups": ["batch"], "resources": ["jobs"], "verbs": ["list", "patch"]},
    ]
    assert text.startswith("---\napiVersion: rbac.authorization.k8s.io/v1\nkind: ClusterRole\n")


def test_rules_in_a_namespace_are_a_role_there() -> None:
    text = roles.manifests([Rule(LEASES, ("get", "create"), namespace="ops"), Rule(PODS, ("get",), "default", ("p",))])
    default, ops = yaml.safe_load_all(text)
    assert [(r["kind"], r["metadata"]) for r in (default, ops)] == [
        ("Role", {"name": "packcheck", "namespace": "default"}),
        ("Role", {"name": "packcheck", "namespace": "ops"}),
    ]
    assert default["rules"] == [
        {"apiGroups": [""], "resources": ["pods"], "verbs": ["get"], "resourceNames": ["p"]},
    ]


def test_what_no_verdict_rests_on_is_offered_in_comments_and_not_demanded() -> None:
    optional = Reads(CONFIG_MAPS, ("get",), names=("a", "b"), why="tells a probable cause")
    text = roles.manifests(roles.rules_of([Reads(DAEMON_SETS), optional, optional], ()))
    (role,) = yaml.safe_load_all(text)
    assert [rule["resources"] for rule in role["rules"]] == [["daemonsets"]]
    comments = [line for line in text.splitlines() if line.startswith("#")]
    assert comments[0] == "# optional, no verdict rests on it (tells a probable cause); a rule of the ClusterRole:"
    uncommented = "\n".join(line[4:] for line in comments[1:])
    assert yaml.safe_load(uncommented) == [
        {"apiGroups": [""], "resources": ["configmaps"], "verbs": ["get"], "resourceNames": ["a", "b"]}
    ]


def test_nothing_needs_no_role() -> None:
    assert roles.manifests([]) == ""


def test_reads_are_found_by_the_names_of_facts_whatever_plugin_offers_them() -> None:
    class Plugin:
        class jobs:  # noqa: N801  facts are named in lower case
            reads = (Reads(JOBS),)

    made_up = Resource("example.com", "v1", "things", "Thing")
    assert roles.reads_of_names(["jobs", "unknown"], [Plugin, object()]) == (Reads(JOBS),)
    assert Rule(made_up, ("list",)) in roles.rules_of([Reads(made_up)], ())


# --- printed


def test_roles_for_a_check_only_read(capsys: pytest.CaptureFixture[str]) -> None:
    code, out = listed(capsys, "--rbac", "--scenario", LABELS)
    assert code == 0
    (role,) = yaml.safe_load_all(out)
    assert {verb for rule in role["rules"] for verb in rule["verbs"]} == {"list"}
    assert any("cluster.spectrocloud.com" in rule["apiGroups"] for rule in role["rules"])


@pytest.mark.parametrize("remedy", [[], [f"--remedy={LABELS}=label-namespace"]], ids=["default", "asked"])
def test_roles_for_remediating_have_the_remedys_writes_and_the_lock_besides(
    capsys: pytest.CaptureFixture[str], remedy: list[str]
) -> None:
    code, out = listed(capsys, "--rbac", "--plan", "--lease-namespace=ops", "--scenario", LABELS, *remedy)
    assert code == 0
    cluster, lock = yaml.safe_load_all(out)
    verbs = {rule["resources"][0]: set(rule["verbs"]) for rule in cluster["rules"] if "resourceNames" not in rule}
    assert {"list", "patch"} <= verbs["namespaces"]
    assert {"list", "delete"} <= verbs["pods"]
    assert {"list", "patch", "get", "watch"} <= verbs["daemonsets"]
    assert (lock["kind"], lock["metadata"]["namespace"]) == ("Role", "ops")
    assert lock["rules"] == [
        {
            "apiGroups": ["coordination.k8s.io"],
            "resources": ["leases"],
            "verbs": ["get", "create", "patch", "delete"],
        }
    ]


def test_a_remedy_that_is_not_the_default_has_its_own_rights(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The remedies of one scenario send alike, so one that does not is put beside."""
    default, *_ = remedies.of_check(ROOT / "checks" / "packs" / "check_namespace_labels.py")
    other = msgspec.structs.replace(default, id="other", sends=(Sends(CONFIG_MAPS, ("create",)),))
    monkeypatch.setattr(remedies, "of_check", lambda _: (default, other))
    code, out = listed(capsys, "--rbac", "--remediate", "--scenario", LABELS, f"--remedy={LABELS}=other")
    assert code == 0
    granted = {rule["resources"][0]: rule["verbs"] for rule in next(yaml.safe_load_all(out))["rules"]}
    assert "create" in granted["configmaps"]
    assert "patch" not in granted["daemonsets"]


def test_what_some_clusters_alone_need_stands_in_comments_for_its_namespace_may_not_be_there(
    capsys: pytest.CaptureFixture[str],
) -> None:
    code, out = listed(capsys, "--rbac", "--remediate", "--scenario", "packs/calico-ipv6-kernel")
    assert code == 0
    assert {role["metadata"].get("namespace") for role in yaml.safe_load_all(out)} == {None, "default", "kube-system"}
    _, _, commented = out.partition("# where Calico lives in calico-system, this as well:\n")
    lines = itertools.takewhile(lambda line: not line.startswith("# optional"), commented.splitlines())
    (role,) = yaml.safe_load_all("\n".join(line.removeprefix("# ") for line in lines))
    assert (role["kind"], role["metadata"]["namespace"]) == ("Role", "calico-system")
    (rule,) = role["rules"]
    assert (rule["resources"], rule["verbs"]) == (["daemonsets"], ["get", "watch", "patch"])


def test_a_scenario_without_a_remedy_needs_no_more_to_be_remediated(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    alone = listed(capsys, "--rbac", "--scenario", LABELS)
    monkeypatch.setattr(remedies, "of_check", lambda _: ())
    assert listed(capsys, "--rbac", "--remediate", "--scenario", LABELS) == alone


def test_nothing_selected_needs_no_role(capsys: pytest.CaptureFixture[str]) -> None:
    assert listed(capsys, "--rbac", "-m", "not packs") == (5, "")


def test_roles_of_tests_beside_are_those_of_the_scenarios(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    (tmp_path / "test_beside_listing.py").write_text("def test_it():\n    pass\n")
    code, out = listed(capsys, "--rbac", str(tmp_path), "-k", "test_it or admit_the_pods")
    assert code == 0
    assert [role["kind"] for role in yaml.safe_load_all(out)] == ["ClusterRole"]


def test_scenarios_are_listed_with_all_that_chooses_between_them(capsys: pytest.CaptureFixture[str]) -> None:
    code, out = listed(capsys, "--scenarios")
    assert code == 0
    first, second = (
        next(b for b in out.split("\n\n") if b.startswith(f"{n}  ")) for n in (LABELS, "packs/upgrade-pod")
    )
    assert first.splitlines()[:2] == [f"{LABELS}  (high)", "    Pods with namespaceLabels are stuck on deployment"]
    assert "list daemonsets; list replicasets; " in " ".join(first.split())
    assert "get configmaps palette-agent-config/palette-agent (optional)" in " ".join(first.split())
    assert "    remedy: label-namespace (the default): " in first
    assert "    page: checks/packs/check_namespace_labels.md" in first.splitlines()
    assert "get pods upgrade-pod in namespace default" in " ".join(second.split())
    assert max(map(len, first.splitlines()[2:4])) <= 110
