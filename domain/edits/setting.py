"""Setting values in YAML as text, by position: what is not set stays as it is, to the last comment and line end.

The text is composed anew for each value, and only its marks are used: a value that is there is replaced where it
stands, one that is not is added below the last of its map. What cannot be edited so (an alias, a list or a map in the
place of a value) is a person's to do. That the result means what is meant, and all else what it meant before, is
checked by reading both.
"""

from collections.abc import Iterable, Mapping
from typing import Any, Final

import yaml

from domain.artifacts import NotYaml, read_document
from domain.artifacts.templates import held
from domain.edits.places import Unwritable

Path = tuple[str, ...]
_MARK: Final = "\ufeff"
STEP: Final = 2
"""How far a map is indented where nothing shows it."""

_Loader: type[Any] = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def set_values(text: str, values: Mapping[Path, str], without: Iterable[Path] = ()) -> str:
    """The text with YAML literals at these paths, their maps made where they are not there, and without other paths.

    Raises Unwritable where that cannot be done, or would change what anything else means.
    """
    mark = _MARK if text.startswith(_MARK) else ""
    edited = text = text.removeprefix(_MARK)  # which the parser does not count
    wanted = _plain(text)
    for path, literal in values.items():
        edited = _set(edited, path, literal)
        _put(wanted, path, _plain_scalar(literal))
    for path in without:
        edited = _without(edited, path)
        _drop(wanted, path)
    if _plain(edited) != wanted:
        raise Unwritable("the values cannot be set by lines alone: set them by hand")
    return mark + edited


def _plain(text: str) -> dict[str, Any]:
    """What a text means; bounded, which composing is not."""
    try:
        document = read_document(text)
    except NotYaml as error:
        raise Unwritable(f"the values cannot be read (line {error.line}): {error.reason}") from None
    plain = document.plain if document is not None else None
    return plain if isinstance(plain, dict) else {}


def _plain_scalar(literal: str) -> Any:
    document = read_document(literal)
    return document.plain if document is not None else None


def _put(values: dict[str, Any], path: Path, value: Any) -> None:
    for key in path[:-1]:
        below = values.get(key)
        values[key] = values = below if isinstance(below, dict) else {}
    values[path[-1]] = value


def _drop(values: dict[str, Any], path: Path) -> None:
    for key in path[:-1]:
        values = values.get(key) or {}
    values.pop(path[-1], None)


def _without(text: str, path: Path) -> str:
    """The text without one key and its value; the same where it is not there."""
    entry = _entry(text, path)
    if entry is None:
        return text
    (key, value), around = entry
    if around.flow_style:
        raise Unwritable(f"{'.'.join(path)} stands in braces: take it away by hand")
    start = text.rfind("\n", 0, key.start_mark.index) + 1
    end = _line_end(text, max(_end(value), key.end_mark.index))
    return text[:start] + text[text.index("\n", end) + 1 if end < len(text) else end :]


def _set(text: str, path: Path, literal: str) -> str:
    entry = _entry(text, path)
    if entry is None:
        return _add(text, path, literal)
    (key, value), _ = entry
    if not isinstance(value, yaml.ScalarNode):
        raise Unwritable(f"{'.'.join(path)} is no single value: write {literal} by hand")
    start, end = value.start_mark.index, value.end_mark.index
    if start < key.end_mark.index:
        raise Unwritable(f"{'.'.join(path)} is an alias: its anchor is used elsewhere too, so write {literal} by hand")
    if start == end:  # nothing is written: behind the colon
        at = text.index(":", key.end_mark.index) + 1
        return f"{text[:at]} {literal}{text[at:]}"
    if value.style in ("|", ">"):
        raise Unwritable(f"{'.'.join(path)} is a block of text: write {literal} by hand")
    return text[:start] + literal + text[end:]


def _entry(text: str, path: Path) -> tuple[tuple[Any, Any], Any] | None:
    """The key and the value at a path, and the map that they are in; None where they are not there."""
    around: Any = _composed(text)
    found: tuple[tuple[Any, Any], Any] | None = None
    for name in path:
        pairs = around.value if isinstance(around, yaml.MappingNode) else []
        pair = next((pair for pair in pairs if pair[0].value == name), None)
        if pair is None:
            return None
        found, around = (pair, around), pair[1]
    return found


def _add(text: str, path: Path, literal: str) -> str:
    """Add what of a path is not there: to the innermost of its maps that is."""
    depth = next(n for n in range(len(path) - 1, -1, -1) if n == 0 or _entry(text, path[:n]) is not None)
    entry = _entry(text, path[:depth]) if depth else None
    inner = entry[0][1] if entry is not None else _composed(text)
    missing = path[depth:]
    if entry is not None and inner.start_mark.index < entry[0][0].end_mark.index:
        raise Unwritable(f"{'.'.join(path[:depth])} is an alias: write {path[-1]}: {literal} by hand")
    if isinstance(inner, yaml.MappingNode) and inner.value and not inner.flow_style:
        return _below(text, inner.value[-1], inner.value[0][0].start_mark.column, missing, literal)
    if isinstance(inner, yaml.MappingNode):
        return _in_braces(text, inner, missing, literal)
    if inner is not None and not (isinstance(inner, yaml.ScalarNode) and inner.tag == "tag:yaml.org,2002:null"):
        raise Unwritable(f"{'.'.join(path[:depth]) or 'the text'} is no map: write {path[-1]}: {literal} by hand")
    if entry is None:
        start = text if not text or text.endswith("\n") else text + _newline(text)
        return start + _block(text, missing, literal, 0)
    key, value = entry[0]
    cleared = text[: value.start_mark.index].rstrip(" ") + text[value.end_mark.index :] if value.value else text
    end = _line_end(cleared, key.end_mark.index)
    return _inserted(cleared, end, _block(text, missing, literal, key.start_mark.column + STEP))


def _below(text: str, last: tuple[Any, Any], column: int, missing: Path, literal: str) -> str:
    end = _line_end(text, max(_end(last[1]), last[0].end_mark.index))
    return _inserted(text, end, _block(text, missing, literal, column))


def _in_braces(text: str, inner: Any, missing: Path, literal: str) -> str:
    value = literal
    for name in reversed(missing[1:]):
        value = f"{{{name}: {value}}}"
    at = inner.start_mark.index + 1
    return f"{text[:at]}{missing[0]}: {value}{', ' if inner.value else ''}{text[at:]}"


def _block(text: str, missing: Path, literal: str, column: int) -> str:
    """Lines for what is missing, each map below the one that holds it."""
    ends = [""] * (len(missing) - 1) + [f" {literal}"]
    lines = [f"{' ' * (column + STEP * n)}{name}:{ends[n]}" for n, name in enumerate(missing)]
    return "".join(line + _newline(text) for line in lines)


def _inserted(text: str, line_end: int, lines: str) -> str:
    """The text with whole lines after the one that ends here."""
    newline = _newline(text)
    if line_end >= len(text):
        return text + newline + lines.removesuffix(newline)
    at = text.index("\n", line_end) + 1
    return text[:at] + lines + text[at:]


def _end(node: Any) -> int:
    """Where a value ends: of a block map or list with its last value, for its own mark is behind what follows."""
    while isinstance(node, yaml.CollectionNode) and not node.flow_style and node.value:
        last = node.value[-1]
        node = last[1] if isinstance(last, tuple) else last
    end: int = node.end_mark.index
    return end if end <= node.start_mark.index or getattr(node, "style", None) not in ("|", ">") else end - 1


def _line_end(text: str, position: int) -> int:
    """Where the line of a position ends, before its line end."""
    end = text.find("\n", position)
    if end < 0:
        return len(text)
    return end - 1 if text[end - 1] == "\r" else end


def _newline(text: str) -> str:
    return "\r\n" if "\r\n" in text else "\n"


def _composed(text: str) -> Any:
    return yaml.compose(held(text), Loader=_Loader)
