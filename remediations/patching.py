"""From the edits of a plan to a JSON Patch that is refused where anybody else has changed what it touches."""

from typing import Any

from jsonpointer import JsonPointer

from domain.plan import Edit


class Moved(Exception):
    """A path is not what it was planned on; the text names it, without what it holds."""


def value_at(document: Any, path: str) -> Any:
    """What is at a JSON pointer, or None where it or its parents are absent."""
    return JsonPointer(path).resolve(document, None)


def uid_of(current: dict[str, Any] | None) -> str | None:
    """The uid of an object as plain JSON, where there is one."""
    return value_at(current, "/metadata/uid") if current is not None else None


def operations(edits: tuple[Edit, ...], current: dict[str, Any], uid: str) -> list[dict[str, Any]]:
    """The RFC 6902 operations that make `edits` on the object as it is now, each path tested first.

    Raises Moved where the object is another one of its name, or a path is not at its `before`. Maps that are absent
    are made; a `test` with value null holds where the path is absent, as the API server has it.
    """
    if uid_of(current) != uid:
        raise Moved("it is gone, or another object of the same name")
    tests: list[dict[str, Any]] = [{"op": "test", "path": "/metadata/uid", "value": uid}]
    sets: list[dict[str, Any]] = []
    made: set[str] = set()
    for edit in edits:
        if value_at(current, edit.path) != edit.before:
            raise Moved(f"{edit.path} was changed since")
        for parent in _absent_parents(current, edit.path):
            if parent not in made:
                if not _below(parent, made):
                    tests.append({"op": "test", "path": parent, "value": None})
                sets.append({"op": "add", "path": parent, "value": {}})
                made.add(parent)
        if not _below(edit.path, made):
            tests.append({"op": "test", "path": edit.path, "value": edit.before})
        if edit.after is None:
            sets.append({"op": "remove", "path": edit.path})
        else:
            sets.append({"op": "add" if edit.before is None else "replace", "path": edit.path, "value": edit.after})
    return tests + sets


def reversed_edits(edits: tuple[Edit, ...]) -> tuple[Edit, ...]:
    """The edits that take these back."""
    return tuple(Edit(e.path, e.after, e.before) for e in reversed(edits))


def not_made(edits: tuple[Edit, ...], current: dict[str, Any]) -> tuple[Edit, ...]:
    """The edits whose path is not at its `after` already: what is so is nobody's to change, nor to take back."""
    return tuple(e for e in edits if value_at(current, e.path) != e.after)


def _below(path: str, made: set[str]) -> bool:
    """Whether a path lies in a map that was absent: a `test` there would find no parent, and that one is tested."""
    return any(path.startswith(parent + "/") for parent in made)


def _absent_parents(current: dict[str, Any], path: str) -> list[str]:
    parts = JsonPointer(path).parts[:-1]
    prefixes = ["/" + "/".join(path.split("/")[1 : n + 1]) for n in range(1, len(parts) + 1)]
    return [prefix for prefix in prefixes if value_at(current, prefix) is None]
