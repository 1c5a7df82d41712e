"""A recording becomes a case, which says what the recorded run said."""

from pathlib import Path

import pytest

from domain.verdict import Outcome
from fixtures.selection import CHECKS, load_check
from tests.cases.from_recording import main
from tests.cases.load import hold, load, outcome_of, verdict_of
from tests.commands import Done, packcheck

FAULTS = ("calico_ipv6_kernel", "ipv6_off_unpaired", "namespace_labels", "upgrade_pod")


@pytest.fixture(scope="module")
def recorded(tmp_path_factory: pytest.TempPathFactory) -> Done:
    return packcheck(tmp_path_factory.mktemp("recorded") / "run", "--sandbox", "--record")


@pytest.mark.parametrize("target", ["sandbox-edge", "sandbox-eks"])
@pytest.mark.parametrize("fault", FAULTS)
def test_a_case_of_a_recording_says_what_was_said(
    recorded: Done, fault: str, target: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    scenario = f"packs/{fault.replace('_', '-')}"
    assert main([str(recorded.folder / "recording" / target), scenario, "it", f"--into={tmp_path}"]) == 0
    path = Path(capsys.readouterr().out.strip())
    told = recorded.result(target, scenario)
    assert path.parent == tmp_path / "packs" / fault
    assert outcome_of(path) is Outcome(told["outcome"])
    case = load(path)
    verdict = verdict_of(case, load_check(CHECKS / "packs" / f"check_{fault}.py").detect)
    hold(case, verdict)
    assert [(f.subject, f.grade, f.message) for f in verdict.findings] == [
        (f["subject"], f["grade"], f["message"]) for f in told["findings"]
    ]
    assert [(n.subject, n.message) for n in verdict.notes] == [(n["subject"], n["message"]) for n in told["notes"]]


@pytest.mark.parametrize(
    ("recording", "scenario", "words"),
    [
        ("nothing", "packs/upgrade-pod", "there is no such file or folder"),
        (".", "packs/upgrade-pod", "is no bundle that is known"),
        (".", "packs/none", "there is no scenario packs/none; there are: packs/"),
    ],
)
def test_what_is_no_recording_is_said(
    recording: str, scenario: str, words: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        main([str(tmp_path / recording), scenario, "it"])
    assert ended.value.code == 2
    assert words in " ".join(capsys.readouterr().err.split())
