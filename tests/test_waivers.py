"""A waived finding is no open one, is never remedied, and its waiver is told where it matches nothing or ends soon."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.commands import packcheck

ENTRY = (
    "- {scenario: packs/namespace-labels, target: 'sandbox-*', where: 'Namespace/*', "
    "reason: ticket 7, owner: ops, expires: %s}\n"
)
LABELS = ("--sandbox", "--scenario=packs/namespace-labels")


def written(folder: Path, days: int, more: str = "") -> str:
    path = folder / "waivers.yaml"
    path.write_text(ENTRY % (datetime.now(UTC).date() + timedelta(days=days)) + more, encoding="utf-8")
    return f"--waivers={path}"


def test_what_is_waived_is_decided_and_not_open(tmp_path: Path) -> None:
    done = packcheck(tmp_path / "run", *LABELS, written(tmp_path, 100))
    assert done.code == 0
    result = done.result("sandbox-edge")
    assert result["outcome"] == "waived"
    assert result["reason"].startswith("ticket 7 (ops, until ")
    assert [f["subject"] for f in result["findings"]] == ["Namespace/metallb-system"]


@pytest.mark.parametrize("mode", ["--plan", "--remediate"])
def test_what_is_waived_is_never_remedied(tmp_path: Path, mode: str) -> None:
    done = packcheck(tmp_path / "run", *LABELS, written(tmp_path, 100), mode)
    assert done.code == 0
    assert done.run["writes"] == 0
    assert done.result("sandbox-edge")["changes"] == []


@pytest.mark.parametrize("mode", ["--plan", "--remediate"])
def test_what_would_change_a_waived_node_too_is_refused(tmp_path: Path, mode: str) -> None:
    kernel = (ENTRY % "2099-01-01").replace("namespace-labels", "calico-ipv6-kernel").replace("Namespace/*", "*-cp-1")
    (tmp_path / "w").write_text(kernel, encoding="utf-8")
    only = "--scenario=packs/calico-ipv6-kernel"
    done = packcheck(tmp_path / "run", "--sandbox", only, f"--waivers={tmp_path / 'w'}", mode)
    result = done.result("sandbox-edge", "packs/calico-ipv6-kernel")
    assert (result["outcome"], done.run["writes"], result["changes"]) == ("failed", 0, [])
    subjects = [finding["subject"] for finding in result["findings"]]
    assert "Node/edge-cp-1" not in subjects
    assert result["reason"].startswith(f"{len(subjects)} findings: {', '.join(subjects)}")
    said = "DaemonSet/kube-system/calico-node serves Node/edge-cp-1 too, whose finding is waived and so is not remedied"
    assert said in result["left"][0]
    assert "other remedies: update-kernel" in result["left"][0]


def test_an_expired_waiver_fails_and_says_so(tmp_path: Path) -> None:
    done = packcheck(tmp_path / "run", *LABELS, written(tmp_path, -1))
    assert done.code == 1
    assert "its waiver expired on" in done.result("sandbox-edge")["reason"]


def test_waivers_that_match_nothing_or_end_soon_are_told(tmp_path: Path) -> None:
    unmatched = (ENTRY % "2099-01-01").replace("Namespace/*", "Namespace/none")
    done = packcheck(tmp_path / "run", *LABELS, written(tmp_path, 14, unmatched))
    unused = "a waiver matched nothing: packs/namespace-labels on sandbox-*: Namespace/none"
    assert done.run["waivers"][1:] == [unused]
    assert done.run["waivers"][0].startswith("a waiver expires on ")
    assert f"waivers: {unused}" in done.said
    assert "waivers: a waiver expires on" in done.said
    assert f"Waivers: {unused.replace('*', chr(92) + '*')}." in (done.folder / "summary.md").read_text()
    assert f"<li>{unused}</li>" in (done.folder / "report.html").read_text()


def test_a_waiver_is_missed_only_where_its_scenario_was_judged(tmp_path: Path) -> None:
    other = (ENTRY % "2099-01-01").replace("packs/namespace-labels", "packs/cilium-eks-values")
    of_any = (ENTRY % "2099-01-01").replace("packs/namespace-labels", "packs/*").replace("Namespace/*", "none")
    waivers = written(tmp_path, 100, other + of_any)
    assert packcheck(tmp_path / "labels", *LABELS, waivers).run["waivers"] == []
    assert packcheck(tmp_path / "all", "--sandbox", waivers).run["waivers"] == [
        "a waiver matched nothing: packs/cilium-eks-values on sandbox-*: Namespace/*",
        "a waiver matched nothing: packs/* on sandbox-*: none",
    ]


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (None, "No such file or directory"),
        (b"\xff", "it is not UTF-8"),
        (b'- {reason: "\x01"}', "line 1: this is no YAML: special characters are not allowed"),
        ((ENTRY % "2026-13-40").encode(), "waiver 1: Invalid RFC3339 encoded date - at `$.expires`"),
        (b"- {scenario: x}\n", "waiver 1: Object missing required field `target`"),
    ],
)
def test_a_file_that_holds_no_waivers_is_a_usage_error(tmp_path: Path, content: bytes | None, words: str) -> None:
    path = tmp_path / "w.yaml"
    if content is not None:
        path.write_bytes(content)
    done = packcheck(tmp_path / "run", *LABELS, f"--waivers={path}")
    assert done.code == 4
    assert words in done.said
