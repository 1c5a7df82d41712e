"""What set-cilium-values would do about each case of files: lines of the pack's values, or a reason why not."""

import hashlib

import pytest

from checks.packs.check_cilium_eks_values import detect
from domain.conflicts import merge
from domain.edits import FileTexts, apply
from domain.plan import Plan, Refusal, WriteFile
from domain.remedy import Ask
from domain.run import TargetKind
from domain.verdict import Finding, Grade, Outcome
from remediations.packs.cilium_eks_values import APPLIES, REMEDIES, set_cilium_values
from tests.cases.load import Case, facts, load, outcome_of, paths, verdict_of

CASES = {p.id: p.values[0] for p in paths("packs/cilium_eks_values") if p.id.startswith("files_")}
FAILED = sorted(name for name, path in CASES.items() if outcome_of(path) is Outcome.FAILED)
REFUSED = {
    "files_template_beside.failed": "in the same line charts.cilium.kubeProxyReplacement is a template",
    "files_nested.failed": "the values are the file's own map",
    "files_block.failed": "charts.cilium.ipam.mode is a block of text",
}


def texts(case: Case) -> FileTexts:
    """The files of a case, as they would be read."""
    return FileTexts(lambda path: (case.files[path], hashlib.sha256(case.files[path].encode()).hexdigest()))


def plans(
    case: Case, *findings: Finding, files: FileTexts | None = None, waived: tuple[str, ...] = ()
) -> list[Plan | Refusal]:
    found = findings or verdict_of(case, detect).findings
    given = {
        "findings": found,
        "ask": Ask("files", "packs/it", "set-cilium-values", waived=waived),
        "artifact_texts": files or texts(case),
    }
    return list(set_cilium_values(**facts(case, set_cilium_values, **given)))


@pytest.mark.parametrize("name", sorted(set(FAILED) - set(REFUSED)))
def test_once_the_lines_are_written_nothing_is_found(name: str) -> None:
    case = load(CASES[name])
    planned = plans(case)
    assert all(isinstance(one, Plan) for one in planned), planned
    merged = merge([one for one in planned if isinstance(one, Plan)])
    (step,) = merged.steps
    change = step.change
    assert isinstance(change, WriteFile)
    assert change.ref.uid == texts(case).read(change.ref.name)[1]  # type: ignore[misc]
    after = apply(case.files[change.ref.name], change.hunks)
    assert after is not None
    edited = Case(about=case.about, now=case.now, files={**case.files, change.ref.name: after})
    assert verdict_of(edited, detect).findings == ()
    assert [one.remarks for one in planned if isinstance(one, Plan)] == [(APPLIES,), *[()] * (len(planned) - 1)]


def test_only_the_lines_meant_are_written() -> None:
    case = load(CASES["files_wrong.failed"])
    (first, second) = plans(case)
    assert isinstance(first, Plan)
    assert isinstance(second, Plan)
    assert first.changes == second.changes
    (change,) = first.changes
    assert isinstance(change, WriteFile)
    assert [(hunk.line, hunk.before, hunk.after) for hunk in change.hunks] == [
        (24, ("                mode: cluster-pool\n",), ('                mode: "eni"\n',)),
        (27, ("              kubeProxyReplacement: false\n",), ('              kubeProxyReplacement: "true"\n',)),
    ]
    assert change.command == (
        '# in profile.yaml, cni-cilium-oss: charts.cilium.ipam.mode: "eni", charts.cilium.kubeProxyReplacement: "true"'
    )


def test_a_default_that_nobody_knows_is_written_out_with_the_rest() -> None:
    case = load(CASES["files_version_untold_wrong.failed"])
    (plan,) = plans(case)
    assert isinstance(plan, Plan)
    (change,) = plan.changes
    assert isinstance(change, WriteFile)
    after = apply(case.files["profile.yaml"], change.hunks)
    assert after is not None
    assert "enableIPv4Masquerade: false\n" in after


def test_what_the_chart_refuses_is_taken_away() -> None:
    (plan,) = plans(load(CASES["files_tunnel.failed"]))
    assert isinstance(plan, Plan)
    (change,) = plan.changes
    assert isinstance(change, WriteFile)
    assert [(hunk.before, hunk.after) for hunk in change.hunks] == [(("              tunnel: disabled\n",), ())]


@pytest.mark.parametrize("name", REFUSED)
def test_what_cannot_be_edited_says_why(name: str) -> None:
    refused = plans(load(CASES[name]))
    assert refused
    for one in refused:
        assert isinstance(one, Refusal)
        assert REFUSED[name] in one.reason


def test_what_is_not_as_it_was_found_is_not_edited() -> None:
    case = load(CASES["files_wrong.failed"])
    (gone,) = plans(case, Finding("profile.yaml:2", Grade.DECLARED, "found before"))
    assert isinstance(gone, Refusal)
    assert "it is not as it was found any more" in gone.reason
    right = load(CASES["files_right.passed"])
    mended = FileTexts(lambda path: (right.files[path], "another"))
    for one in plans(case, files=mended):
        assert isinstance(one, Refusal)
        assert "the file has these values already" in one.reason
    for one in plans(case, files=FileTexts()):
        assert isinstance(one, Refusal)
        assert "there are no files to edit on this target" in one.reason


def test_the_remedy_is_the_default_on_files_and_on_nothing_else() -> None:
    remedy = REMEDIES[0]
    assert (remedy.id, remedy.acts_on, remedy.sends) == ("set-cilium-values", (TargetKind.ARTIFACTS,), ())
    (finding, _) = verdict_of(load(CASES["files_wrong.failed"]), detect).findings
    assert finding.remedy == remedy.id


def test_what_is_written_together_with_a_place_that_is_waived_is_refused() -> None:
    case = load(CASES["files_wrong.failed"])
    waived, *rest = verdict_of(case, detect).findings
    assert rest
    for refused in plans(case, *rest, waived=(waived.subject,)):
        assert isinstance(refused, Refusal)
        assert f"it is set together with {waived.subject}, whose finding is waived" in refused.reason
