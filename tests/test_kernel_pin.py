"""A folder of what images and machines are made from: found, pinned as `git diff` shows, found no more, taken back."""

from pathlib import Path

import pytest

from tests.commands import Done, packcheck
from tests.domain.pins.texts import CANVOS, KAIROS, NEW, OLD, PINNED_PRESEED, PRESEED
from tests.test_artifacts import changed_lines, digests, git

PIN = "packs/kernel-pin"
ARG = "canvos/.arg"
DOCKERFILE = "canvos/Dockerfile"
STAGES = "kairos/images/Dockerfile.ubuntu"
PRESEEDS = "maas/etc/maas/preseeds"
ARG_TEXT = "# ours\nIMAGE_REGISTRY=ttl.sh\nOS_DISTRIBUTION=ubuntu\nISO_NAME=edge\nUPDATE_KERNEL=true # once\nBASE_IMAGE='ttl.sh/kairos:6.8.0-57'\n"
FILES = {
    ARG: ARG_TEXT,
    DOCKERFILE: CANVOS,
    STAGES: KAIROS.replace("linux-image-generic-hwe-24.04", f"linux-image-{OLD}"),
    f"{PRESEEDS}/curtin_userdata_custom": "\ufeff" + PINNED_PRESEED.replace("\n", "\r\n"),
    f"{PRESEEDS}/curtin_userdata_ubuntu": PRESEED,
}
DIFF = f"""\
canvos/.arg
-UPDATE_KERNEL=true # once
-BASE_IMAGE='ttl.sh/kairos:6.8.0-57'
+UPDATE_KERNEL=false # once
+BASE_IMAGE='ttl.sh/kairos:6.8.0-60'
kairos/images/Dockerfile.ubuntu
-    linux-image-{OLD} || true
+    linux-image-{NEW} linux-modules-extra-{NEW} || true
maas/etc/maas/preseeds/curtin_userdata_custom
-  package: linux-image-{OLD}
+  package: linux-image-{NEW}
-  extra_modules: ["curtin", "in-target", "--", "apt", "install", "--yes", "linux-modules-extra-{OLD}"]
+  extra_modules: ["curtin", "in-target", "--", "apt", "install", "--yes", "linux-modules-extra-{NEW}"]
"""


@pytest.fixture
def there(tmp_path: Path) -> Path:
    """The folder, as a person has it checked out."""
    folder = tmp_path / "images"
    for path, text in FILES.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(text.encode())
    (folder / ARG).chmod(0o640)
    git(folder, "init", "-q")
    git(folder, "add", "-A")
    git(folder, "commit", "-qm", "as it is")
    return folder


def run(folder: Path, name: str, *arguments: str) -> Done:
    return packcheck(folder.parent / name, f"--artifacts={folder}", f"--scenario={PIN}", *arguments)


def outcome(done: Done) -> str:
    return str(done.result("images", PIN)["outcome"])


def test_what_is_pinned_is_what_is_meant_once_and_comes_back_byte_by_byte(there: Path) -> None:
    before = digests(there)
    found = run(there, "check")
    assert (found.code, outcome(found), found.run["writes"]) == (1, "failed", 0), found
    subjects = {f"{ARG}:5", f"{ARG}:6", f"{STAGES}:16", f"{PRESEEDS}/curtin_userdata_custom:3"}
    assert set(found.findings("images", PIN)) == subjects
    assert (
        "./earthly.sh +iso  # a new build/edge.iso; or site user-data, where hosts have theirs already"
        in found.findings("images", PIN)[f"{STAGES}:16"]["by_hand"]
    )
    planned = run(there, "plan", "--plan", "--base-image=ttl.sh/kairos:6.8.0-60")
    assert (planned.code, digests(there)) == (1, before), planned
    done = run(there, "fix", "--remediate", f"--from-plan={planned.folder / 'plan.json'}")
    assert (done.code, outcome(done), done.run["writes"]) == (0, "fixed", 3), done
    assert changed_lines(there).replace("\r", "") == DIFF
    assert (there / f"{PRESEEDS}/curtin_userdata_custom").read_bytes() == FILES[
        f"{PRESEEDS}/curtin_userdata_custom"
    ].replace(OLD, NEW).encode()
    again = run(there, "again", "--remediate", "--base-image=ttl.sh/kairos:6.8.0-60")
    assert (again.code, outcome(again), again.run["writes"]) == (0, "passed", 0), again
    undone = run(there, "undo", f"--undo={done.folder}")
    assert undone.code == 0, undone
    assert digests(there) == before
    assert outcome(run(there, "after")) == "failed"


def test_the_kernel_that_is_wanted_is_pinned_everywhere(there: Path) -> None:
    wanted = "6.8.0-62-generic"
    found = run(there, "check", f"--kernel={wanted}")
    assert set(found.findings("images", PIN)) == {
        f"{ARG}:5", f"{ARG}:6", f"{STAGES}:16", f"{STAGES}:23", f"{PRESEEDS}/curtin_userdata_custom:3", f"{PRESEEDS}/curtin_userdata_ubuntu:1",
    }  # fmt: skip
    done = run(there, "fix", "--remediate", f"--kernel={wanted}", "--base-image=ttl.sh/kairos:6.8.0-62")
    assert (done.code, outcome(done), done.run["writes"]) == (0, "fixed", 4), done
    assert changed_lines(there).count(wanted) == 8
    assert "linux-image-generic-hwe-20.04" in (there / STAGES).read_text()


def test_without_an_image_the_rest_is_pinned_and_the_image_is_a_persons(there: Path) -> None:
    done = run(there, "fix", "--remediate")
    assert (done.code, outcome(done), done.run["writes"]) == (1, "failed", 3), done
    assert set(done.findings("images", PIN)) == {f"{ARG}:6"}
    assert "--base-image=IMAGE names the image that holds a fixed kernel" in done.said
    assert (there / ARG).read_text() == ARG_TEXT.replace("KERNEL=true", "KERNEL=false")
    assert (there / ARG).stat().st_mode & 0o777 == 0o640


def test_a_listed_kernel_is_not_pinned_though_it_is_wanted(there: Path) -> None:
    before = digests(there)
    done = run(there, "fix", "--remediate", "--kernel=5.15.0-127-generic")
    assert done.code == 1, done
    assert "--kernel=5.15.0-127-generic is refused: 5.15.0-127-generic is listed as affected" in done.said
    changed = {path for path, said in digests(there).items() if said != before[path]}
    assert changed == {str(there / ARG), str(there / STAGES)}
    assert f"linux-image-{NEW}" in (there / STAGES).read_text()  # Ubuntu 24.04 has no 5.15: its own branch's is taken


def test_a_kernel_that_is_none_is_refused_before_anything_is_read(there: Path) -> None:
    done = run(there, "run", "--kernel=newest")
    assert done.code == 4
    assert "--kernel=newest: it is no kernel of Ubuntu's" in done.said
    assert done.left_nothing
