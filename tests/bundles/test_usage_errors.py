"""A bundle that is not there, is none, or is hostile: exit 4 before anything is read, naming what is there."""

import gzip
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest
from backports import zstd

from tests.bundles.made import infra, named, packed, written
from tests.commands import packcheck
from tests.measuring import measure

MEMORY_MB = 300


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("prod.tar.gz", "there is no such file or folder; in {folder} there are: other.tar.gz, somewhere"),
        ("somewhere", "is no bundle that is known: neither a packcheck's recording, a Palette edge bundle"),
        ("other.tar.gz", "holds ../evil, which leads out of it: such an archive is not read"),
    ],
)
def test_what_is_no_bundle_is_a_usage_error(name: str, words: str, tmp_path: Path) -> None:
    folder = tmp_path / "cases"
    written(folder / "somewhere", {"README.md": "hello"})
    with tarfile.open(folder / "other.tar.gz", "w:gz") as tar:
        tar.addfile(tarfile.TarInfo("../evil"))
    done = packcheck(tmp_path / "run", f"--bundle={folder / name}")
    assert done.code == 4, done
    assert f"--bundle={folder / name}: {words.format(folder=folder)}" in done.said
    assert done.left_nothing


@pytest.mark.parametrize("part", ["k8s", "k8s/cluster-resources"])
def test_a_part_of_a_bundle_is_no_dump_of_kubectls(part: str, tmp_path: Path) -> None:
    pod = named("Pod", "a", "kube-system")
    bundle = infra(tmp_path / "made", [named("Namespace", "kube-system"), named("Node", "n1"), pod])
    done = packcheck(tmp_path / "run", f"--bundle={bundle / part}")
    assert done.code == 4, done
    assert "is a part of a bundle's folder k8s: name the bundle, the folder that holds k8s" in done.said


def test_a_bomb_is_refused_with_little_memory(tmp_path: Path) -> None:
    bomb = tmp_path / "bomb.tar.gz"
    info = tarfile.TarInfo("x/k8s/cluster-resources/pods/a.yaml")
    info.size = 1 << 30
    with gzip.open(bomb, "wb") as file:
        file.write(info.tobuf())
        for _ in range(256):
            file.write(bytes(1 << 20))
    with (tmp_path / "said").open("wb") as said:
        command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", f"--bundle={bomb}", "checks/"]
        used = measure(command, said)
    assert used.code == 4
    assert "as a bomb does" in (tmp_path / "said").read_text()
    assert used.memory_mb < MEMORY_MB


@pytest.mark.parametrize("option", ["--bundle-max-bytes=0", "--bundle-max-ratio=some"])
def test_a_limit_is_a_number(option: str, tmp_path: Path) -> None:
    done = packcheck(tmp_path / "run", option)
    assert done.code == 4
    assert "is not a whole number above 0" in done.said


def test_a_limit_can_be_lifted(tmp_path: Path) -> None:
    bundle = packed(infra(tmp_path / "made", [named("Namespace", "default"), named("Namespace", "kube-system")]))
    refused = packcheck(tmp_path / "run", f"--bundle={bundle}", "--bundle-max-files=3")
    assert (refused.code, "--bundle-max-files=6 allows them" in refused.said) == (4, True), refused
    assert packcheck(tmp_path / "run2", f"--bundle={bundle}", "--bundle-max-files=300").code in (0, 6)


@pytest.mark.parametrize("mode", ["", "gz", "zst", "zip"])
def test_a_bundle_may_be_packed_in_any_of_four_ways(mode: str, tmp_path: Path) -> None:
    top = infra(tmp_path / "made", [named("Namespace", "default"), named("Node", "n1")])
    archive = pack(top, mode)
    done = packcheck(tmp_path / "run", f"--bundle={archive}", "--scenario=packs/upgrade-pod")
    assert done.result(top.name, "packs/upgrade-pod")["skip"] == "not-applicable", done
    assert done.target(top.name)["version"] == "v1.31.4"


def pack(top: Path, mode: str) -> Path:
    if mode == "zip":
        archive = top.parent / f"{top.name}.zip"
        with zipfile.ZipFile(archive, "w") as zipped:
            for path in top.rglob("*"):
                zipped.write(path, path.relative_to(top.parent))
        return archive
    if mode == "zst":
        plain = packed(top, "")
        archive = plain.with_name(f"{plain.name}.zst")
        archive.write_bytes(zstd.compress(plain.read_bytes()))
        return archive
    return packed(top, mode)
