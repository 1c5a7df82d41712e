"""What every scenario says of a bundle, without a process of its own: the checks' own facts and detect() over it."""

import inspect
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from checks.packs import (
    check_calico_ipv6_kernel,
    check_cilium_eks_values,
    check_ipv6_off_unpaired,
    check_namespace_labels,
    check_upgrade_pod,
)
from domain.facts import Fact, undecided
from domain.verdict import Statement, Verdict, decide
from fixtures.bundles.index import Index
from fixtures.bundles.layouts import recognise
from fixtures.bundles.limits import Limits
from fixtures.bundles.opening import open_files
from fixtures.bundles.reader import RecordedReader
from fixtures.bundles.targets import taken
from fixtures.store import Store
from fixtures.verdict import unsaid
from tests.cases.load import MODULES

Detect = Callable[..., Iterable[Statement]]
CHECKS: dict[str, Detect] = {
    "calico-ipv6-kernel": check_calico_ipv6_kernel.detect,
    "cilium-eks-values": check_cilium_eks_values.detect,
    "ipv6-off-unpaired": check_ipv6_off_unpaired.detect,
    "namespace-labels": check_namespace_labels.detect,
    "upgrade-pod": check_upgrade_pod.detect,
}


def opened(path: Path) -> RecordedReader:
    """The reader of a bundle."""
    files = open_files(path, Limits())
    return RecordedReader(Index(files, recognise(files.entries)))


def verdicts(path: Path) -> dict[str, Verdict]:
    """What each scenario comes to on a bundle."""
    reader = opened(path)
    try:
        return judged(Store(lambda: reader), reader, path)
    finally:
        reader.close()


def judged(store: Store, reader: RecordedReader, path: Path) -> dict[str, Verdict]:
    """The same, of a bundle that is open."""
    now = taken(reader.index, path)[0]
    return {name: _verdict(detect, store, now) for name, detect in CHECKS.items()}


def _verdict(detect: Detect, store: Store, now: Any) -> Verdict:
    facts = {name: now if name == "now" else _gathered(name, store) for name in inspect.signature(detect).parameters}
    statements = list(detect(**facts))
    read = [value for value in facts.values() if isinstance(value, Fact)]
    return decide(statements, undecided(unsaid(read, statements)))


def _gathered(name: str, store: Store) -> Any:
    definition: Any = next(found for module in MODULES if (found := getattr(module, name, None)))
    return definition._get_wrapped_function().gather(store)
