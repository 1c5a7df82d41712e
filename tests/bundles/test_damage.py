"""Each file of a bundle removed, emptied, cut in half or replaced by error text, in turn: nothing passes for it.

The bundle holds a fault for every scenario, so that each PASSED would be wrong; and a finding that is lost must leave
its subject, or all subjects, undecided.
"""

import shutil
import sys
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest

from domain.verdict import Outcome, Verdict
from tests.bundles.conftest import Planted
from tests.bundles.judging import verdicts

pytestmark = pytest.mark.slow

ERROR = b'Error from server (Forbidden): pods is forbidden: User "ann" cannot list resource\n'
DAMAGES: dict[str, Callable[[bytes], bytes | None]] = {
    "removed": lambda _: None,
    "emptied": lambda _: b"",
    "cut in half": lambda data: data[: len(data) // 2],
    "error text": lambda _: ERROR,
}
NAMESPACES = ("default", "kube-system", "metallb-system", "by-job", "cluster-0123456789abcdef01234567")
"""Of these every file is damaged; the others are like by-job."""


def lost(whole: Verdict, damaged: Verdict) -> list[str]:
    """The subjects of findings that are gone without a word."""
    open_ = {one.subject for one in damaged.undecided}
    found = {one.subject for one in damaged.findings}
    everywhere = {"Namespace/*", "Node/*", "DaemonSet/*"} & open_ or {
        subject for subject in open_ if subject.startswith(("Namespace/kube-system", "Namespace/default"))
    }
    subjects = [one.subject for one in whole.findings]
    return [subject for subject in subjects if subject not in found | open_ and not everywhere]


@pytest.fixture(scope="module")
def copies(planted: Planted, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """The bundle, and one without the dump: kubectl's cluster-info dump holds most objects a second time."""
    folder = tmp_path_factory.mktemp("copies")
    found = {name: folder / name / planted.bundle.name for name in ("with its dump", "without its dump")}
    for path in found.values():
        shutil.copytree(planted.bundle, path)
    shutil.rmtree(found["without its dump"] / "k8s/cluster-info/dump")
    return found


@pytest.mark.parametrize("copy", ["with its dump", "without its dump"])
@pytest.mark.parametrize("damage", DAMAGES)
def test_no_damage_makes_a_fault_pass(
    copies: dict[str, Path], copy: str, damage: str, capsys: pytest.CaptureFixture[str]
) -> None:
    bundle = copies[copy]
    whole = verdicts(bundle)
    del whole["ipv6-off-unpaired"]  # it asks for hosts
    assert {name: verdict.outcome for name, verdict in whole.items()} == dict.fromkeys(whole, Outcome.FAILED)
    came_to: Counter[tuple[str, str]] = Counter()
    wrong: list[str] = []
    concerned = [path for path in sorted(bundle.rglob("*")) if path.is_file() and of_interest(path)]
    for path in concerned:
        before = path.read_bytes()
        after = DAMAGES[damage](before)
        try:
            path.unlink() if after is None else path.write_bytes(after)
            damaged = verdicts(bundle)
        finally:
            path.write_bytes(before)
        where = str(path.relative_to(bundle))
        for name, verdict in ((each, damaged[each]) for each in whole):
            told = str(verdict.outcome) if verdict != whole[name] else "as before"
            came_to[name, told] += 1
            if verdict.outcome not in (Outcome.FAILED, Outcome.ERROR):
                wrong.append(f"{name} {verdict.outcome} without {where}")
            wrong += [f"{name} lost {subject} without {where}" for subject in lost(whole[name], verdict)]
    with capsys.disabled():
        lines = [f"    {name:<20} {told:<10} {n:>4}" for (name, told), n in sorted(came_to.items())]
        sys.stdout.write(
            "\n".join([f"\n{len(concerned)} files of the bundle {copy}, {damage}: {len(wrong)} wrong", *lines, ""])
        )
    assert wrong == []
    if copy == "without its dump":  # what stands nowhere else must bite
        assert all(came_to[name, "error"] + came_to[name, "failed"] for name in whole)


def of_interest(path: Path) -> bool:
    """Leave out what is like another: the dump's logs, and the namespaces beyond those named."""
    return path.stem in NAMESPACES or path.parent.name in {*NAMESPACES, "cluster-info", "cluster-resources", "dump"}
