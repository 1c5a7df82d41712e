"""What pin-kernel would do about each case: the lines that name a kernel, or why it leaves them alone."""

import hashlib
from pathlib import Path
from typing import Any

import msgspec
import pytest

from checks.packs.check_kernel_pin import SCENARIO, detect
from domain.conflicts import merge
from domain.edits import FileTexts, apply, opposite
from domain.plan import Plan, Refusal, WriteFile
from domain.remedy import Ask
from domain.verdict import Outcome, Verdict
from remediations.packs.kernel_pin import NOT_THERE, REMEDIES, TO_BUILD, pin_kernel
from tests.cases.load import Case, facts, load, outcome_of, paths, verdict_of
from tests.domain.pins.texts import CANVOS, NEW, OLD, PRESEED

CASES = paths("packs/kernel_pin")
FAILED = [p for p in CASES if outcome_of(p.values[0]) is Outcome.FAILED]
IMAGE = "ttl.sh/kairos/kairos-base:6.8.0-60"
REFUSED = {
    "canvos_without_marker_wanted.failed": "it has no line",
    "kairos_init_wanted.failed": "installs no kernel of its own",
    "kairos_stage_without_kernel_wanted.failed": "installs no kernel of its own",
    "preseed_where_the_page_says_wanted.failed": "MAAS reads no preseed below /var/lib/snap/maas/",
    "values_tag.failed": "in the pack's values by hand",
}


def case_of(name: str, **changes: Any) -> Case:
    case = load(next(p.values[0] for p in CASES if p.id == name))
    return msgspec.structs.replace(case, **changes)


def plans_of(case: Case, *, base_image: str = IMAGE) -> tuple[Verdict, list[Plan | Refusal]]:
    verdict = verdict_of(case, detect)
    ask = Ask("files", SCENARIO.id, REMEDIES[0].id, kernel=case.kernel_wanted, base_image=base_image)
    texts = FileTexts(lambda path: (case.files[path], hashlib.sha256(case.files[path].encode()).hexdigest()))
    given = {"findings": verdict.findings, "ask": ask, "artifact_texts": texts}
    return verdict, list(pin_kernel(**facts(case, pin_kernel, **given)))


def refusal_of(case: Case, **ask: str) -> str:
    (one,) = [one for one in plans_of(case, **ask)[1] if isinstance(one, Refusal)]
    return one.reason


def made(case: Case, plans: list[Plan | Refusal]) -> tuple[Case, list[WriteFile]]:
    """The case once the plans were carried out, as the executor puts them together; and the changes."""
    merged = merge([one for one in plans if isinstance(one, Plan)])
    assert not merged.refusals
    changes = [step.change for step in merged.steps if isinstance(step.change, WriteFile)]
    files = dict(case.files)
    for change in changes:
        edited = apply(files[change.ref.name], change.hunks)
        assert edited is not None
        files[change.ref.name] = edited
    return msgspec.structs.replace(case, files=files), changes


@pytest.mark.parametrize("path", [p for p in FAILED if p.id not in REFUSED])
def test_what_was_found_is_gone_once_it_is_pinned_and_comes_back_when_that_is_taken_back(path: Path) -> None:
    case = load(path)
    before, plans = plans_of(case)
    assert [one.subject for one in plans] == [f.subject for f in before.findings]
    assert all(isinstance(one, Plan) and one.remarks == (TO_BUILD,) for one in plans)
    after, changes = made(case, plans)
    assert made(case, plans[::-1])[0].files == after.files
    assert verdict_of(after, detect).outcome is (Outcome.ERROR if before.undecided else Outcome.PASSED)
    assert plans_of(after)[1] == []
    assert all(change.command.startswith("# ") and change.reason for change in changes)
    back = dict(after.files)
    for change in changes:
        undone = apply(back[change.ref.name], opposite(change.hunks))
        assert undone is not None
        back[change.ref.name] = undone
    assert back == case.files


@pytest.mark.parametrize("name", REFUSED)
def test_what_a_person_has_to_decide_is_refused(name: str) -> None:
    _, plans = plans_of(case_of(name))
    assert plans
    for one in plans:
        assert isinstance(one, Refusal)
        assert REFUSED[name] in one.reason


def test_every_refusal_is_of_a_case() -> None:
    assert set(REFUSED) <= {p.id for p in FAILED}


@pytest.mark.parametrize(
    ("base_image", "why"),
    [
        ("", "--base-image=IMAGE names the image that holds a fixed kernel"),
        ("ttl.sh/kairos:latest", "does not say in its tag which kernel it holds"),
        ("ttl.sh/kairos:6.8.0-57", "--base-image=ttl.sh/kairos:6.8.0-57 is refused: 6.8.0-57-generic is listed as affected"),
        ("ttl.sh/kairos:6.8.0-62", f"holds 6.8.0-62-generic by its tag, and --kernel wants {NEW}"),
    ],
)  # fmt: skip
def test_a_base_image_has_to_hold_a_fixed_kernel(base_image: str, why: str) -> None:
    assert why in refusal_of(case_of("arg_alone_wanted.failed"), base_image=base_image)


@pytest.mark.parametrize(
    ("before", "base_image"),
    [("6.8.0-1026-azure", IMAGE), ("6.8.0-57", "ttl.sh/kairos:6.8.0-1030-azure")],
)
def test_a_base_image_of_another_flavour_is_refused(before: str, base_image: str) -> None:
    case = case_of("arg_listed_tag.failed", files={".arg": f"UPDATE_KERNEL=true\nBASE_IMAGE=r/k:{before}\n"})
    _, plans = plans_of(case, base_image=base_image)
    reasons = [one.reason for one in plans if isinstance(one, Refusal)]
    assert len(reasons) == 1
    assert "of another flavour" in reasons[0]


def test_update_kernel_is_set_without_a_base_image() -> None:
    case = case_of("arg_update_kernel.failed")
    (plan,) = plans_of(case, base_image="")[1]
    assert isinstance(plan, Plan)
    after, _ = made(case, [plan])
    assert after.files[".arg"] == case.files[".arg"].replace("=False", "=false")


def test_both_of_one_line_are_set() -> None:
    case = case_of("arg_alone_wanted.failed", files={".arg": "UPDATE_KERNEL=true"})
    (plan,) = plans_of(case)[1]
    assert isinstance(plan, Plan)
    assert made(case, [plan])[0].files[".arg"] == f"UPDATE_KERNEL=false\nBASE_IMAGE={IMAGE}\n"


def test_a_base_image_takes_the_place_of_a_run_below_the_marker() -> None:
    case = case_of("canvos_unpinned_wanted.failed")
    (plan,) = plans_of(case)[1]
    assert isinstance(plan, Plan)
    after, changes = made(case, [plan])
    assert [change.ref.name for change in changes] == ["canvos/.arg"]
    assert after.files["canvos/.arg"] == f"{case.files['canvos/.arg']}BASE_IMAGE={IMAGE}\n"
    (run,) = plans_of(case, base_image="")[1]
    assert isinstance(run, Plan)
    assert [change.ref.name for change in run.changes] == ["canvos/Dockerfile"]


@pytest.mark.parametrize(
    ("line", "why"),
    [("FIPS_ENABLED=true", "FIPS_ENABLED is on"), ("IS_UKI=true", "IS_UKI is true: a Trusted Boot image")],
)
def test_images_of_another_kind_are_a_persons(line: str, why: str) -> None:
    case = case_of("canvos_unpinned_wanted.failed", files={"canvos/Dockerfile": CANVOS, "canvos/.arg": f"{line}\n"})
    assert why in refusal_of(case, base_image="")


@pytest.mark.parametrize(
    ("kernel", "why"),
    [
        (OLD, f"--kernel={OLD} is refused: {OLD} is listed as affected"),
        (
            "6.11.0-19-generic",
            "--kernel=6.11.0-19-generic is refused: whether 6.11.0-19-generic is affected is not known",
        ),
    ],
)
def test_a_kernel_that_is_not_known_to_be_fixed_is_not_pinned(kernel: str, why: str) -> None:
    assert why in refusal_of(
        case_of("preseed_follows_wanted.failed", kernel_wanted=kernel, files={"curtin_userdata": PRESEED})
    )


def test_without_a_fixed_kernel_of_its_branch_one_has_to_be_named() -> None:
    files = {"Dockerfile": "FROM ubuntu\nRUN apt-get install -y linux-image-6.8.0-1026-gcp\n"}
    verdict, plans = plans_of(case_of("dockerfile_moves.failed", files=files))
    assert [f.evidence["kernel to pin"] for f in verdict.findings] == [None]
    assert isinstance(plans[0], Refusal)
    assert "name one with --kernel=VERSION" in plans[0].reason


def commands_of(case: Case, *, base_image: str = IMAGE) -> list[str]:
    plans = plans_of(case, base_image=base_image)[1]
    return [change.command for plan in plans if isinstance(plan, Plan) for change in plan.changes]


def test_the_command_of_a_change_is_the_whole_edit_and_nothing_that_comes_after_it() -> None:
    (command,) = commands_of(case_of("preseed_listed.failed"))
    assert command.splitlines() == [
        "# in preseeds/curtin_userdata_ubuntu:",
        "#   kernel:",
        f"#     package: linux-image-{NEW}",
        "#   late_commands:",
        f'#     extra_modules: ["curtin", "in-target", "--", "apt-get", "install", "--yes", "linux-modules-extra-{NEW}"]',
    ]


def test_the_command_of_a_change_names_the_base_image_that_is_given() -> None:
    both = case_of("arg_alone_wanted.failed", files={".arg": "UPDATE_KERNEL=true"})
    assert commands_of(both) == [f"# at .arg:1 write: UPDATE_KERNEL=false\n# at .arg:1 write: BASE_IMAGE={IMAGE}"]
    assert commands_of(case_of("canvos_unpinned_wanted.failed")) == [f"# in canvos/.arg write: BASE_IMAGE={IMAGE}"]
    assert commands_of(case_of("arg_update_kernel.failed")) == ["# at .arg:4 write: UPDATE_KERNEL=false"]


def test_a_file_that_is_another_one_now_is_left_alone() -> None:
    case = case_of("kairos_listed.failed")
    (finding,) = verdict_of(case, detect).findings
    path = next(iter(case.files))
    ask = Ask("files", SCENARIO.id, REMEDIES[0].id)

    def plan(known: dict[str, str], now: str) -> str:
        seen = msgspec.structs.replace(case, files=known)
        texts = FileTexts(lambda _: (now, "0" * 64))
        given = {"findings": (finding,), "ask": ask, "artifact_texts": texts}
        (one,) = pin_kernel(**facts(seen, pin_kernel, **given))
        assert isinstance(one, Refusal)
        return one.reason

    assert plan(case.files, f"# moved\n{case.files[path]}") == NOT_THERE
    assert plan({"other/Dockerfile": case.files[path]}, "") == NOT_THERE
    assert plan({path: "FROM a AS kernel-ubuntu-24.04\n"}, "FROM a AS kernel-ubuntu-24.04\n") == NOT_THERE
    fixed = {path: case.files[path].replace(OLD, NEW)}
    assert plan(fixed, fixed[path]) == "the file says so already, and nothing is left to change"
