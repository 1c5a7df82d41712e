"""The JSON Patches that pin a change to what it was planned on."""

from typing import Any

import jsonpatch
import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.plan import Edit, pointer
from remediations.patching import Moved, not_made, operations, reversed_edits, value_at

UID = "u1"
LABEL = pointer("metadata", "labels", "pod-security.kubernetes.io/enforce")
ANNOTATION = pointer("metadata", "annotations", "packcheck.dev/prompted")


def applied(document: Any, edits: Any) -> Any:
    """What an API server makes of the operations; its `test` with null on an absent path holds, jsonpatch's does not."""
    patch = [
        op
        for op in operations(edits, document, UID)
        if not (op["op"] == "test" and op["value"] is None and value_at(document, op["path"]) is None)
    ]
    return jsonpatch.apply_patch(document, patch)


def test_label_is_added_where_it_was_absent_and_pinned_to_that() -> None:
    document = {"metadata": {"uid": UID, "labels": {"a": "b"}}}
    edits = (Edit(LABEL, None, "privileged"),)
    assert operations(edits, document, UID) == [
        {"op": "test", "path": "/metadata/uid", "value": UID},
        {"op": "test", "path": LABEL, "value": None},
        {"op": "add", "path": LABEL, "value": "privileged"},
    ]
    assert applied(document, edits)["metadata"]["labels"] == {
        "a": "b",
        "pod-security.kubernetes.io/enforce": "privileged",
    }


def test_absent_map_is_made_and_its_absence_is_tested() -> None:
    document = {"metadata": {"uid": UID}}
    edits = (Edit(ANNOTATION, None, "now"),)
    assert {"op": "test", "path": "/metadata/annotations", "value": None} in operations(edits, document, UID)
    assert applied(document, edits)["metadata"]["annotations"] == {"packcheck.dev/prompted": "now"}


@pytest.mark.parametrize(
    ("document", "words"),
    [
        ({"metadata": {"uid": "another", "labels": {}}}, "another object of the same name"),
        (
            {"metadata": {"uid": UID, "labels": {"pod-security.kubernetes.io/enforce": "restricted"}}},
            "was changed since",
        ),
    ],
)
def test_what_moved_is_refused(document: Any, words: Any) -> None:
    with pytest.raises(Moved, match=words):
        operations((Edit(LABEL, "baseline", "privileged"),), document, UID)


VALUES = st.one_of(st.none(), st.text(min_size=1, max_size=5))
KEYS = st.text(alphabet="ab/~.", min_size=1, max_size=4)


@given(st.dictionaries(KEYS, st.text(min_size=1)), st.dictionaries(KEYS, VALUES, min_size=1))
def test_reversed_edits_are_the_identity(labels: Any, wanted: Any) -> None:
    document = {"metadata": {"uid": UID, "labels": dict(labels)}}
    edits = tuple(
        Edit(pointer("metadata", "labels", key), labels.get(key), value)
        for key, value in wanted.items()
        if labels.get(key) != value
    )
    after = applied(document, edits)
    assert not not_made(edits, after)
    assert applied(after, reversed_edits(edits)) == document
