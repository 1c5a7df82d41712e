"""Calico's IPv6 turned off in files: which lines become which, and what is left to a person."""

import json
from pathlib import Path

import pytest

from checks.packs import check_calico_ipv6_kernel as kernel
from checks.packs import check_ipv6_off_unpaired as unpaired
from domain.edits import FileTexts, Unwritable, apply
from domain.plan import Plan, Refusal, WriteFile
from domain.remedy import Ask
from domain.run import TargetKind
from domain.verdict import Finding, Grade
from fixtures.artifacts.targets import ArtifactStore
from fixtures.facts import files
from remediations import remedies
from remediations.packs.calico.values import turn_off_in_files
from remediations.packs.calico_ipv6_kernel import REMEDIES, add_disable_ipv6_stage, disable_calico_ipv6
from remediations.packs.ipv6_off_unpaired import REMEDIES as OF_UNPAIRED
from tests.cases.load import HERE, Case, load, planned, store_of, verdict_of

CASES = HERE / "packs"
NOW = load(CASES / "calico_ipv6_kernel" / "files_off.passed.yaml").now


def case(**text_by_path: str) -> Case:
    return Case(
        about="made here", now=NOW, files={path.replace("__", "/"): text for path, text in text_by_path.items()}
    )


def lines(plan: Plan | Refusal) -> list[tuple[str, int, list[str], list[str]]]:
    """Each hunk of a plan: its file, line, and the lines that go and come."""
    assert isinstance(plan, Plan), plan
    changes = [change for change in plan.changes if isinstance(change, WriteFile)]
    assert len(changes) == len(plan.changes)
    return [
        (change.ref.name, hunk.line, [x.strip() for x in hunk.before], [x.strip() for x in hunk.after])
        for change in changes
        for hunk in change.hunks
    ]


def test_each_finding_carries_the_change_of_its_own_file() -> None:
    first, second = planned(
        load(CASES / "calico_ipv6_kernel" / "files_listed.failed.yaml"), kernel.detect, disable_calico_ipv6
    )
    off = 'FELIX_IPV6SUPPORT: "false"'
    assert lines(first) == [("a.yaml", 19, ['FELIX_IPV6SUPPORT: "true"'], [off])]
    assert lines(second) == [("b.yaml", 5, ['FELIX_IPV6SUPPORT: "off"'], [off])]
    assert isinstance(first, Plan)
    assert first.remarks == (
        "save the cluster profile as a new version, and update its clusters: until then nothing is deployed",
    )
    assert (
        first.changes[0].command == '# at a.yaml:19 write: manifests.calico.env.calicoNode.FELIX_IPV6SUPPORT: "false"'
    )


def test_a_stage_is_paired_by_its_profiles_calico_and_a_clash_is_a_persons() -> None:
    plans = planned(
        load(CASES / "ipv6_off_unpaired" / "files_unpaired.failed.yaml"), unpaired.detect, disable_calico_ipv6
    )
    by_subject = {plan.subject: plan for plan in plans}
    refused = by_subject.pop("a.yaml:12")
    assert isinstance(refused, Refusal)
    assert refused.reason == "what a step is to be called is a person's to choose"
    written = {subject: {hunk[:2] for hunk in lines(plan)} for subject, plan in by_subject.items()}
    assert written == {
        key: {("a.yaml", 15)} for key in ("a.yaml:11", "a.yaml:13", "edge/user-data:5", "edge/user-data:7")
    }


OS = "packs:\n- name: os\n  layer: os\n  values: |\n    options: {system.uri: 'r/x:6.8.0-57'}\n"
CALICO = "- name: cni-calico\n  values: |\n    manifests: {calico: {env: {calicoNode: {A: b}}}}\n"
ALONE = "manifests:\n  calico:\n    env:\n      calicoNode:\n        FELIX_IPV6SUPPORT: off\n"


def test_a_stage_goes_to_the_profiles_own_system_with_calicos_value() -> None:
    (plan,) = planned(case(**{"p.yaml": OS + CALICO}), kernel.detect, add_disable_ipv6_stage)
    (first, second) = lines(plan)
    assert first[:2] == ("p.yaml", 6)
    assert first[3][:3] == ["stages:", "boot:", "- name: disable-ipv6"]
    assert second[3] == ['manifests: {calico: {env: {calicoNode: {FELIX_IPV6SUPPORT: "false", A: b}}}}']


def test_a_stage_goes_to_the_only_user_data_and_not_where_ipv6_is_off_already() -> None:
    off = "#cloud-config\nstages:\n  boot:\n  - name: x\n    commands: [sysctl -w net.ipv6.conf.all.disable_ipv6=1]\n"
    (plan,) = planned(case(**{"c.yaml": ALONE, "user-data": "#cloud-config\n"}), kernel.detect, add_disable_ipv6_stage)
    assert {hunk[0] for hunk in lines(plan)} == {"c.yaml", "user-data"}
    (plan,) = planned(case(**{"c.yaml": ALONE, "user-data": off}), kernel.detect, add_disable_ipv6_stage)
    assert {hunk[0] for hunk in lines(plan)} == {"c.yaml"}


def test_the_command_says_the_name_that_is_written() -> None:
    named = "#cloud-config\nstages:\n  boot:\n  - name: disable-ipv6\n    commands: [true]\n  - name: disable-ipv6-2\n"
    (plan,) = planned(case(**{"c.yaml": ALONE, "user-data": named}), kernel.detect, add_disable_ipv6_stage)
    (written,) = [hunk[3][0] for hunk in lines(plan) if hunk[0] == "user-data"]
    assert written == "- name: disable-ipv6-3"
    assert isinstance(plan, Plan)
    assert "# in user-data add the step disable-ipv6-3 to stages.boot" in [change.command for change in plan.changes]


@pytest.mark.parametrize(
    ("made", "reason"),
    [
        ({"c.yaml": ALONE}, "which operating system's values go with it is not told by the files: there are none"),
        (
            {"c.yaml": ALONE, "a__user-data": "#cloud-config\n", "b__user-data": "#cloud-config\n"},
            "there are a/user-data:1, b/user-data:1",
        ),
        (
            {"c.yaml": ALONE + "        IP6: autodetect\n"},
            "IPv6 is wanted there: IP6=autodetect; a fixed kernel is the way",
        ),
    ],
)
def test_what_is_not_told_is_refused(made: dict[str, str], reason: str) -> None:
    (refusal,) = planned(case(**made), kernel.detect, add_disable_ipv6_stage)
    assert isinstance(refusal, Refusal), refusal
    assert reason in refusal.reason


def test_what_lines_cannot_do_is_refused() -> None:
    anchored = "x: &x {calico: {env: {calicoNode: {FELIX_IPV6SUPPORT: 'off'}}}}\nmanifests: *x\ncharts: *x\n"
    (refusal,) = planned(case(**{"c.yaml": anchored}), kernel.detect, disable_calico_ipv6)
    assert isinstance(refusal, Refusal)
    assert refusal.reason == "c.yaml: the values cannot be set by lines alone: set them by hand"


def test_every_pack_of_a_line_is_edited_by_one_plan_and_none_that_is_a_template() -> None:
    off = "stages: {boot: [{commands: [sysctl -w net.ipv6.conf.all.disable_ipv6=1]}]}\n"
    host = {"name": "os", "values": "options: {system.uri: r/x:6.8.0-57-generic}\n" + off}

    def written(*settings: str) -> str:
        environments = [f"manifests: {{calico: {{env: {{calicoNode: {{FELIX_IPV6SUPPORT: {x}}}}}}}}}" for x in settings]
        packs = [[{"name": "cni-calico", "values": values}, host] for values in environments]
        return json.dumps([{"name": f"p{number}", "packs": own} for number, own in enumerate(packs)])

    text = written("on", "'{{ .x }}'", "true")
    for detect in (kernel.detect, unpaired.detect):
        (plan,) = planned(case(**{"p.json": text}), detect, disable_calico_ipv6)
        assert isinstance(plan, Plan)
        (change,) = plan.changes
        assert isinstance(change, WriteFile)
        assert apply(text, change.hunks) == written('"false"', "'{{ .x }}'", '"false"')


def test_what_is_gone_since_is_refused() -> None:
    artifacts = store_of(case(**{"c.yaml": ALONE.replace("off", "'off'")})).artifacts()
    findings = [Finding(subject, Grade.LISTED, "") for subject in ("c.yaml:5", "gone.yaml:1")]
    ask = Ask("files", "packs/calico-ipv6-kernel", "disable-calico-ipv6")
    texts = FileTexts(lambda _: (ALONE.replace("off", '"false"'), "1"))
    done, gone = turn_off_in_files(findings, ask, artifacts, texts)
    assert isinstance(done, Refusal)
    assert done.reason == "the files say so already, and nothing is left to change"
    assert isinstance(gone, Refusal)
    assert gone.reason.startswith("its Calico pack is not seen in the files any more")
    with pytest.raises(Unwritable, match="no files to edit on this target"):
        FileTexts().written("a", str, "", "")


def test_a_file_that_cannot_be_read_again_is_refused(tmp_path: Path) -> None:
    (tmp_path / "c.yaml").write_text(ALONE)
    store = ArtifactStore(tmp_path)
    artifacts = store.artifacts()
    (tmp_path / "c.yaml").unlink()
    texts = files.artifact_texts._get_wrapped_function()(store)
    ask = Ask("files", "packs/calico-ipv6-kernel", "disable-calico-ipv6")
    (refusal,) = turn_off_in_files([Finding("c.yaml:5", Grade.LISTED, "")], ask, artifacts, texts)
    assert isinstance(refusal, Refusal)
    assert refusal.reason == "c.yaml: c.yaml is not there any more: No such file or directory"
    (tmp_path / "c.yaml").write_text(ALONE)
    (tmp_path / "c.yaml").chmod(0o444)
    (refusal,) = turn_off_in_files([Finding("c.yaml:5", Grade.LISTED, "")], ask, artifacts, texts)
    assert isinstance(refusal, Refusal)
    assert refusal.reason == "c.yaml: c.yaml may not be written, by its mode or by whose it is"


def test_the_first_remedy_that_can_act_on_files_is_calicos_value() -> None:
    for of in (REMEDIES, OF_UNPAIRED):
        chosen = remedies.choose(of, None, TargetKind.ARTIFACTS)
        assert chosen is not None
        assert chosen.id == "disable-calico-ipv6"
    assert verdict_of(case(**{"c.yaml": ALONE}), kernel.detect).findings[0].remedy == "disable-calico-ipv6"
