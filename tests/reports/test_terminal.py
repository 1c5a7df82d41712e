"""The summary in the terminal, line by line."""

import pytest

from domain.run import Mode, Target, TargetKind
from domain.verdict import Note, Outcome, Skip
from reports.terminal import Shown, lines
from tests.reports.samples import LABEL, LABELS_DIFF, METALLB, MONITORING, full, result, run

SHOWN = Shown(width=90, verbosity=0, report="out/report.html")


def told(what: object, **values: object) -> list[str]:
    return ["".join(part.text for part in line) for line in lines(what, SHOWN._replace(**values))]  # type: ignore[arg-type]


def test_a_failed_scenario_names_its_first_finding() -> None:
    said = told(run(result(Outcome.FAILED, findings=(METALLB, MONITORING), notes=(Note("x", "y"),)), exit_code=1))
    assert said == [
        "prod-eu: cluster, as ops@example, https://k8s.prod-eu.example:6443, v1.33.4",
        "  FAILED     high     packs/namespace-labels  (2 findings, 1 note)",
        "      Namespace/metallb-system (proven): Admission keeps the pods of",
        "        DaemonSet/lb-metallb-helm-metallb-full-speaker out: the namespace enforces the",
        "        level baseline, and its pods need privileged (hostNetwork, hostPorts, capability",
        "        NET_RAW).",
        "      and 1 more finding",
        "",
        "2 findings open (2 high), 1 note, writes: 0",
        "exit code 1: findings are open",
        "report: out/report.html",
    ]


def test_what_is_sound_is_said_in_a_line() -> None:
    said = told(
        run(
            result(scenario="packs/a"),
            result(scenario="packs/b", notes=(Note("Pod/x", "look"),)),
            result(Outcome.SKIPPED, scenario="packs/c", skip=Skip.NOT_APPLICABLE),
            result(Outcome.SKIPPED, scenario="packs/d", skip=Skip.NOT_ASKED),
        )
    )
    assert said[1:6] == [
        "  passed: packs/a, packs/b",
        "  not applicable: packs/c",
        "  not asked: packs/d",
        "  note: Pod/x: look",
        "",
    ]


def test_with_v_everything_is_said() -> None:
    said = told(full(), verbosity=1)
    assert "  PASSED     medium   packs/upgrade-pod  (1 note)" in said
    assert "      no Cilium in namespace kube-system" in said
    assert "            enforced level: baseline" in said
    assert "            +    pod-security.kubernetes.io/audit: privileged" in said
    assert said.count("      applied: patch Namespace/metallb-system") == 1


def test_a_plan_shows_its_changes_as_diffs_and_a_run_that_made_them_does_not() -> None:
    change = result(Outcome.FAILED, findings=(MONITORING,), changes=(LABEL,))
    planned, made = told(run(change, mode=Mode.PLAN)), told(run(change, mode=Mode.REMEDIATE))
    assert [f"            {line}" in planned for line in LABELS_DIFF.splitlines()] == [True] * 10
    assert f"            {LABEL.command}" in planned
    assert "@@" not in "\n".join(made)
    assert "      applied: patch Namespace/metallb-system" in made


def test_quiet_and_quieter() -> None:
    assert [line for line in told(full(), verbosity=-1) if line.startswith("      ")] == []
    assert "  FIXED      high     packs/namespace-labels  (1 finding, 1 note)" in told(full(), verbosity=-1)
    assert told(full(), verbosity=-2, width=120) == [
        "4 findings open (1 critical, 2 high, 1 medium), 1 fixed, 1 waived, 3 undecided, 3 notes, writes: 4",
        "exit code 7: a fix failed, or an undo left something",
        "report: out/report.html",
    ]


def test_what_stands_beside_the_record() -> None:
    said = told(run(result()), left=("Pod/x: changed by another",), not_decided=("packs/b", "packs/c"), report="")
    assert said[-3:] == [
        "left: Pod/x: changed by another",
        "--gate: not decided: packs/b, packs/c",
        "exit code 0: decided, nothing is open",
    ]


def test_targets_that_could_not_be_read_or_were_not_named() -> None:
    down = Target(id="down", kind=TargetKind.CLUSTER, error="no route to host")
    said = told(run(result(Outcome.ERROR, target="down", reason="no route to host"), targets=(down,)))
    assert said[:4] == [
        "down: cluster",
        "  could not be read: no route to host",
        "  ERROR      high     packs/namespace-labels",
        "      no route to host",
    ]
    assert told(run(result(target="none"), targets=()))[0] == "none: no target was named"


@pytest.mark.parametrize("width", [80, 100, 120])
def test_lines_keep_to_the_terminals_columns(width: int) -> None:
    for line in told(full(), width=width, verbosity=1):
        assert len(line) <= width or "https://" in line or "kubectl" in line


def test_colours() -> None:
    marked = {line[0].text.strip(): dict(line[0].markup) for line in lines(full(), SHOWN) if line}
    assert marked["FIX FAILED"] == {"red": True, "bold": True}
    assert marked["FIXED"] == {"green": True}
    assert marked["WAIVED"] == {"yellow": True}
