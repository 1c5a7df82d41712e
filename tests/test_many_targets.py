"""Many targets in one run: by globs, with names that anybody may have given them, and with names that are alike."""

import json
import re
import socket
from pathlib import Path
from typing import Any

import pytest
from junitparser import JUnitXml

from tests.commands import Done, packcheck

LABELS = "--scenario=packs/namespace-labels"
ODD = (
    "prod/eu:1",
    "arn:aws:eks:eu-west-1:123456789012:cluster/x",
    "kubernetes-admin@kubernetes",
    "with two  spaces",
    "zürich-東京-😀",
    "<img src=x onerror=alert(1)>",
    "a[b]",
    "a::b[",
    "none",
    "-q",
    "'single' \"double\" & $(id) {0} %s \\u0041",
    "two\nlines\tand a tab",
)


@pytest.fixture(scope="module")
def nowhere() -> str:
    """An address on which nobody listens."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        return f"https://127.0.0.1:{taken.getsockname()[1]}"


def kubeconfig(path: Path, server: str, *contexts: str, broken: str = "") -> Path:
    document: dict[str, Any] = {
        "current-context": contexts[0],
        "clusters": [{"name": "c", "cluster": {"server": server}}],
        "users": [{"name": "ann", "user": {"token": "a-token-of-nobody"}}],
        "contexts": [
            {"name": name, "context": {"cluster": "gone" if name == broken else "c", "user": "ann"}}
            for name in contexts
        ],
    }
    path.write_text(json.dumps(document, ensure_ascii=False))
    return path


@pytest.fixture(scope="module")
def odd(nowhere: str, tmp_path_factory: pytest.TempPathFactory) -> Done:
    folder = tmp_path_factory.mktemp("odd")
    file = kubeconfig(folder / "kubeconfig", nowhere, *ODD)
    return packcheck(folder / "run", f"--kubeconfig={file}", "--kube-context=*", LABELS, "-n2", secrets=["a-token-of"])


def test_any_name_can_be_a_targets(odd: Done) -> None:
    assert odd.code == 6, odd
    assert [target["id"] for target in odd.run["targets"]] == [name if name != "none" else "none-2" for name in ODD]
    assert {r["target"] for r in odd.run["results"]} == {target["id"] for target in odd.run["targets"]}
    assert {r["outcome"] for r in odd.run["results"]} == {"error"}
    assert all("refused the connection" in r["undecided"][0]["reason"] for r in odd.run["results"])


def test_a_name_is_only_text_in_every_report(odd: Done) -> None:
    report = (odd.folder / "report.html").read_text()
    assert "<img src=x" not in report
    assert "&lt;img src=x onerror=alert(1)&gt;" in report
    assert len(list(JUnitXml.fromfile(str(odd.folder / "junit.xml")))) == len(ODD)
    assert "zürich-東京-😀" in (odd.folder / "summary.md").read_text()
    assert "two lines and a tab" in odd.said


@pytest.mark.parametrize("name", ["a[b]", "prod/eu:1"])
def test_a_name_is_meant_as_it_is_even_where_it_would_be_a_glob(nowhere: str, tmp_path: Path, name: str) -> None:
    file = kubeconfig(tmp_path / "kubeconfig", nowhere, *ODD)
    done = packcheck(tmp_path / "run", f"--kubeconfig={file}", f"--kube-context={name}", LABELS)
    assert [target["id"] for target in done.run["targets"]] == [name]


def test_contexts_of_several_files_and_globs_are_each_a_target(nowhere: str, tmp_path: Path) -> None:
    one = kubeconfig(tmp_path / "one", nowhere, "prod-eu", "prod-us", "test", "prod-old", broken="prod-old")
    two = kubeconfig(tmp_path / "two", nowhere, "prod-eu", "stage")
    same = tmp_path / "folder" / ".." / "two"
    (tmp_path / "folder").mkdir()
    named = [f"--kubeconfig={path}" for path in (one, two, same)]
    done = packcheck(tmp_path / "run", *named, "--kube-context=prod-*", "--kube-context=stage", LABELS)
    assert done.code == 6, done
    targets = [(target["id"], Path(target["source"]).name) for target in done.run["targets"]]
    assert targets == [
        ("prod-eu", "one"),
        ("prod-us", "one"),
        ("prod-old", "one"),
        ("prod-eu-2", "two"),
        ("stage", "two"),
    ]
    (open_,) = done.result("prod-old")["undecided"]
    assert re.search(
        r"one:\d+: context prod-old: its cluster gone is not there \(clusters that are there: c\)", open_["reason"]
    )


def test_without_a_file_kubectls_own_rules_find_the_contexts(nowhere: str, tmp_path: Path) -> None:
    one = kubeconfig(tmp_path / "one", nowhere, "prod-eu")
    two = kubeconfig(tmp_path / "two", nowhere, "test", "prod-eu")
    files = f"{one}:{two}:{tmp_path / 'missing'}"
    done = packcheck(tmp_path / "run", "--kube-context=test", "--kube-context=prod-eu", LABELS, KUBECONFIG=files)
    assert [target["id"] for target in done.run["targets"]] == ["prod-eu", "test"]
    assert done.run["targets"][0]["source"] == f"{one}, {two}"
