from typing import Any

import msgspec
import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from domain.plan import (
    Act,
    Change,
    DeleteObject,
    DrainNode,
    Edit,
    EvictPod,
    PatchObject,
    Plan,
    Prompt,
    Ref,
    Refusal,
    Rollback,
    RunOnHost,
    Uncordon,
    Until,
    WaitFor,
    action,
    diff,
    pointer,
    undo_text,
    weight,
    writes,
)
from domain.remedy import Ask
from domain.resources import DAEMON_SETS, HOSTS, NAMESPACES, NODES, PODS

NAMESPACE, POD = Ref(NAMESPACES, None, "a", "u1"), Ref(PODS, "a", "p", "u2")
WORDS: dict[str, Any] = {"reason": "why", "command": "kubectl …"}
ENFORCE = pointer("metadata", "labels", "pod-security.kubernetes.io/enforce")
PATCH = PatchObject(ref=NAMESPACE, edits=(Edit(ENFORCE, "baseline", "privileged"), Edit("/x", None, 7)), **WORDS)
PROMPT = Prompt(ref=Ref(DAEMON_SETS, "a", "ds", "u3"), edits=(Edit("/x", 7, None),), **WORDS)
DELETE = DeleteObject(ref=POD, irreversible="nothing makes it anew", **WORDS)
EVICT = EvictPod(ref=POD, irreversible="nothing makes it anew", **WORDS)
NODE, HOST = Ref(NODES, None, "n1", "u4"), Ref(HOSTS, None, "n1", "machine")
DRAIN = DrainNode(
    ref=NODE, pods=("Pod/a/p", "Pod/a/q"), timeout_s=9.0, irreversible="made anew elsewhere", risk="reboot", **WORDS
)
UNCORDON = Uncordon(ref=NODE, edits=(Edit("/spec/unschedulable", True, None),), irreversible="so it was", **WORDS)
HOLD = RunOnHost(
    ref=HOST, act=Act.HOLD, names=("p",), edits=(Edit("/holds/p", None, "held"),), boot_id="b", timeout_s=9.0, **WORDS
)
BOOT = msgspec.structs.replace(HOLD, act=Act.REBOOT, irreversible="a boot is over", rollback=Rollback.KEEP)
WAIT = WaitFor(ref=POD, until=Until.GONE, timeout_s=60.0, **WORDS)


@pytest.mark.parametrize(
    ("change", "name", "counts", "rollback", "undo"),
    [
        (PATCH, "patch", True, Rollback.TAKE_BACK, "the values from before are set again"),
        (PROMPT, "prompt", True, Rollback.TAKE_BACK, "the values from before are set again"),
        (DELETE, "delete", True, Rollback.KEEP, "irreversible: nothing makes it anew"),
        (EVICT, "evict", True, Rollback.KEEP, "irreversible: nothing makes it anew"),
        (DRAIN, "drain", True, Rollback.KEEP, "irreversible: made anew elsewhere"),
        (UNCORDON, "uncordon", True, Rollback.KEEP, "irreversible: so it was"),
        (HOLD, "hold", True, Rollback.TAKE_BACK, "the values from before are set again"),
        (BOOT, "reboot", True, Rollback.KEEP, "irreversible: a boot is over"),
        (WAIT, "wait", False, Rollback.KEEP, ""),
    ],
)
def test_each_change_says_what_it_is_and_how_it_is_taken_back(
    change: Change, name: str, counts: bool, rollback: Rollback, undo: str
) -> None:
    assert action(change) == name
    assert writes(change) is counts
    assert change.rollback is rollback
    assert undo_text(change).startswith(undo)
    assert bool(undo_text(change)) is bool(undo)


def test_a_diff_shows_only_what_is_touched_with_readable_paths() -> None:
    assert diff(PATCH) == (
        "--- Namespace/a\n+++ Namespace/a\n@@ -1 +1,2 @@\n"
        "-/metadata/labels/pod-security.kubernetes.io/enforce: baseline\n"
        "+/metadata/labels/pod-security.kubernetes.io/enforce: privileged\n"
        "+/x: 7\n"
    )
    assert diff(PROMPT) == "--- DaemonSet/a/ds\n+++ DaemonSet/a/ds\n@@ -1 +0,0 @@\n-/x: 7\n"


def test_a_diff_of_what_goes_names_it_with_its_uid() -> None:
    assert diff(DELETE) == diff(EVICT) == "--- Pod/a/p\n+++ /dev/null\n@@ uid u2 @@\n-Pod/a/p\n"


def test_changes_of_nodes_and_hosts_are_shown_by_what_they_are_about() -> None:
    assert diff(DRAIN) == "--- Node/n1\n+++ Node/n1\n-Pod/a/p\n-Pod/a/q\n"
    assert diff(UNCORDON) == "--- Node/n1\n+++ Node/n1\n@@ -1 +0,0 @@\n-/spec/unschedulable: true\n"
    assert diff(HOLD) == "--- Host/n1\n+++ Host/n1\n@@ -0,0 +1 @@\n+/holds/p: held\n"


@pytest.mark.parametrize(("change", "counted"), [(PATCH, 1), (DRAIN, 2), (HOLD, 1), (WAIT, 0)])
def test_each_object_pod_and_command_counts(change: Change, counted: int) -> None:
    assert weight(change) == counted


def test_a_diff_of_nothing_is_empty() -> None:
    assert diff(WAIT) == ""
    assert diff(PatchObject(ref=NAMESPACE, edits=(), **WORDS)).strip() == ""


@given(st.lists(st.text(), min_size=1))
def test_a_pointer_can_be_taken_apart_again(keys: list[str]) -> None:
    parts = pointer(*keys).split("/")[1:]
    assert [part.replace("~1", "/").replace("~0", "~") for part in parts] == keys


def test_plans_and_refusals_are_made_under_the_names_of_what_was_asked() -> None:
    ask = Ask("prod", "packs/it", "mend-it", frozenset({"reboot"}))
    assert ask.plan("Namespace/a", (PATCH,), ("mind",)) == Plan(
        target="prod",
        scenario="packs/it",
        remedy="mend-it",
        subject="Namespace/a",
        changes=(PATCH,),
        remarks=("mind",),
    )
    refused = ask.refusal("Namespace/a", "not read")
    assert refused == Refusal(
        target="prod", scenario="packs/it", remedy="mend-it", subject="Namespace/a", reason="not read"
    )
    assert str(refused) == "mend-it is refused for Namespace/a: not read"
    others = msgspec.structs.replace(refused, others=("b", "c"))
    assert str(others) == "mend-it is refused for Namespace/a: not read; other remedies: b, c"


def test_changes_come_back_from_json_as_what_they_were() -> None:
    changes: tuple[Change, ...] = (PATCH, PROMPT, DELETE, EVICT, DRAIN, UNCORDON, HOLD, BOOT, WAIT)
    assert msgspec.json.decode(msgspec.json.encode(changes), type=tuple[Change, ...]) == changes


@given(st.dictionaries(st.text(min_size=1), st.text(), min_size=1))
def test_a_diff_names_every_value_that_is_set(values: dict[str, str]) -> None:
    edits = tuple(Edit(pointer("metadata", "labels", key), None, value) for key, value in values.items())
    shown = diff(PatchObject(ref=NAMESPACE, edits=edits, **WORDS))
    assert shown.count("\n+") >= len(yaml.safe_dump(values).splitlines())
