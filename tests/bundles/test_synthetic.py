"""A large bundle costs what is parsed of it: lists of pods that nobody asks for never are, and memory stays small."""

from pathlib import Path

from tests.bundles.synthetic import measured, write

MEMORY_MB = 300


def test_what_no_check_needs_is_never_parsed(tmp_path: Path) -> None:
    path = tmp_path / "prod.tar.gz"
    size = write(path, namespaces=101, pods=1010)
    cost = measured(path)
    assert cost.outcomes["namespace-labels"] == "failed"
    assert cost.outcomes["upgrade-pod"] in ("skipped", "passed")
    assert size > 30_000_000
    assert cost.pods_files == 0, "of the pods' lists only that of default is looked into, for one name"
    assert cost.parsed < size / 50
    assert cost.memory_mb < MEMORY_MB
