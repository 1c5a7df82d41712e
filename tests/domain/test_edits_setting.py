"""Values set in YAML by position: the lines meant are new, every other one is as it was, and the result means what it should."""

from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from domain.cilium.parameters import parameters
from domain.edits.hunks import hunks_between, lines_of
from domain.edits.places import Unwritable
from domain.edits.setting import set_values

CHART = ("charts", "cilium")
TEN = {(*CHART, *one.path): one.quoted for one in parameters().parameters}
VALUES = """\
# the pack of the profile
pack:
  namespace: "kube-system"   # where
charts:
  cilium:
    # addresses of an overlay
    ipam:
      mode: cluster-pool   # not on EKS
    eni: {}
    bpf: {mapDynamicSizeRatio: 0.0025}
    tunnel: disabled
    hubble:
      enabled: true
      # what stands below belongs here

      ui: |
        some: text
        of: two lines
    kubeProxyReplacement:
    routingMode: ~ # the chart's
    name: '{{ .spectro.var.name }}'
# the end
other: [1, 2]
"""
EDITED = """\
# the pack of the profile
pack:
  namespace: "kube-system"   # where
charts:
  cilium:
    # addresses of an overlay
    ipam:
      mode: "eni"   # not on EKS
    eni: {enabled: true}
    bpf: {masquerade: false, mapDynamicSizeRatio: 0.0025}
    hubble:
      enabled: true
      # what stands below belongs here

      ui: |
        some: text
        of: two lines
    kubeProxyReplacement: "true"
    routingMode: native # the chart's
    name: '{{ .spectro.var.name }}'
    endpointRoutes:
      enabled: true
    enableIPv4Masquerade: false
    enableIPv6Masquerade: false
    kubeProxyReplacementHealthzBindAddr: 0.0.0.0:10256
    autoDirectNodeRoutes: false
# the end
other: [1, 2]
"""


@pytest.mark.parametrize("bom", ["", "\ufeff"])
@pytest.mark.parametrize("newline", ["\n", "\r\n"])
def test_only_the_lines_meant_are_new(newline: str, bom: str) -> None:
    before, after = (bom + text.replace("\n", newline) for text in (VALUES, EDITED))
    assert set_values(before, TEN, [(*CHART, "tunnel")]) == after
    assert set_values(after, TEN, [(*CHART, "tunnel")]) == after


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("", "charts:\n  cilium:\n    x: 1\n"),
        ("# a remark alone\n", "# a remark alone\ncharts:\n  cilium:\n    x: 1\n"),
        ("pack: {}", "pack: {}\ncharts:\n  cilium:\n    x: 1"),
        ("charts:", "charts:\n  cilium:\n    x: 1"),
        ("charts: ~\nb: 1\n", "charts:\n  cilium:\n    x: 1\nb: 1\n"),
        ("charts: null # none\n", "charts: # none\n  cilium:\n    x: 1\n"),
        ("charts:\n    cilium:\n        y: 2\n", "charts:\n    cilium:\n        y: 2\n        x: 1\n"),
        ("charts: {}\n", "charts: {cilium: {x: 1}}\n"),
        ("charts: {a: 1}\n", "charts: {cilium: {x: 1}, a: 1}\n"),
        ("charts: {cilium: {x: 7}}\n", "charts: {cilium: {x: 1}}\n"),
        ('charts:\n  cilium: {"x": "7"} # r\n', 'charts:\n  cilium: {"x": 1} # r\n'),
        ("charts:\n  cilium:\n    x: # r\n    y: 2\n", "charts:\n  cilium:\n    x: 1 # r\n    y: 2\n"),
        ("charts:\n  cilium:\n    y: [1,\n      2]\nz: 1\n", "charts:\n  cilium:\n    y: [1,\n      2]\n    x: 1\nz: 1\n"),
        ("charts:\n  cilium:\n    y: >\n      a\n\n      b\n\nz: 1\n", "charts:\n  cilium:\n    y: >\n      a\n\n      b\n\n    x: 1\nz: 1\n"),
        ("charts:\n  cilium:\n    l:\n    - a\n    - b: 1\n      c: 2\n", "charts:\n  cilium:\n    l:\n    - a\n    - b: 1\n      c: 2\n    x: 1\n"),
        ("base: &b {y: 1}\ncharts:\n  cilium: {<<: *b, x: 3}\n", "base: &b {y: 1}\ncharts:\n  cilium: {<<: *b, x: 1}\n"),
    ],
)  # fmt: skip
def test_a_value_is_set_where_it_stands_or_below_the_last_of_its_map(before: str, after: str) -> None:
    assert set_values(before, {(*CHART, "x"): "1"}) == after


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("charts: 5\n", "charts is no map: write x: 1 by hand"),
        ("charts:\n  cilium: [1]\n", "charts.cilium is no map"),
        ("- a\n", "the text is no map"),
        ("charts:\n  cilium:\n    x: {a: 1}\n", "charts.cilium.x is no single value: write 1 by hand"),
        ("charts:\n  cilium:\n    x: |\n      a\n", "charts.cilium.x is a block of text"),
        ("a: &a 3\ncharts:\n  cilium:\n    x: *a\n", "charts.cilium.x is an alias"),
        ("a: &a {y: 1}\ncharts:\n  cilium: *a\n", "charts.cilium is an alias"),
        ("a: &a\n  y: 1\ncharts:\n  cilium: *a\n", "charts.cilium is an alias"),
        ("charts:\n  cilium: &a\n    x: 3\nother: *a\n", "cannot be set by lines alone"),
        ("charts:\n\tcilium: {}\n", "the values cannot be read (line 2): a tab"),
        ("a: 1\na: 2\n", "the values cannot be read (line 2): the key a is there twice"),
        ("charts:\n  cilium: {tunnel: x}\n", "charts.cilium.tunnel stands in braces"),
    ],
)
def test_what_lines_alone_cannot_set_is_a_persons_to_do(text: str, words: str) -> None:
    with pytest.raises(Unwritable) as error:
        set_values(text, {(*CHART, "x"): "1"}, [(*CHART, "tunnel")])
    assert words in str(error.value)


def test_what_is_not_there_need_not_be_taken_away() -> None:
    assert set_values(VALUES, {}, [("charts", "other", "tunnel"), ("nothing",)]) == VALUES
    assert set_values("a: 1\nb: 2", {}, [("b",)]) == "a: 1\n"


# --- any values -------------------------------------------------------------------------------------------------------

KEYS = st.sampled_from(["ipam", "mode", "eni", "enabled", "bpf", "masquerade", "routingMode", "x", "endpointRoutes"])
SCALARS = st.sampled_from(
    ['"quoted"', "'it''s'", "plain text", "true", "12", "~", "", "{{ .spectro.var.x }}", "[1, 2]", "{}"]
)
REMARKS = st.sampled_from(["", "", " # a remark", "   # 1: 2"])
TREES: Any = st.recursive(SCALARS, lambda inner: st.dictionaries(KEYS, inner, min_size=1, max_size=4), max_leaves=12)


def written(tree: Any, column: int, draw: Any) -> list[str]:
    """A tree as somebody writes it: remarks and blank lines between, remarks behind."""
    lines = []
    for key, value in tree.items():
        lines += draw(st.sampled_from([[], [], [f"{' ' * column}# above {key}"], [""], ["# at the edge", ""]]))
        remark = draw(REMARKS)
        if isinstance(value, dict):
            lines.append(f"{' ' * column}{key}:{remark}")
            lines += written(value, column + draw(st.sampled_from([1, 2, 4])), draw)
        else:
            lines.append(f"{' ' * column}{key}: {value}{remark if value else ''}".rstrip(" "))
    return lines


@st.composite
def files(draw: Any) -> str:
    """Pack values with a chart of Cilium's, whole or in part, in lines of either kind of end."""
    chart = draw(st.dictionaries(KEYS, TREES, max_size=5))
    tree: dict[str, Any] = {"pack": {"namespace": "kube-system"}}
    tree |= draw(st.sampled_from([{}, {"charts": {"other": "1"}}, {"charts": {"cilium": chart or ""}}]))
    lines = written(tree, 0, draw) + draw(st.sampled_from([[], ["# the end"], ["z: 1"]]))
    newline = draw(st.sampled_from(["\n", "\r\n"]))
    return str(newline.join(lines) + draw(st.sampled_from(["", newline])))


@given(files(), st.lists(st.sampled_from(sorted(TEN)), min_size=1, unique=True))
def test_edits_mean_what_they_should_and_touch_nothing_else(text: str, paths: list[tuple[str, ...]]) -> None:
    wanted = {path: TEN[path] for path in paths}
    try:
        edited = set_values(text, wanted)
    except Unwritable:
        return
    assert set_values(edited, wanted) == edited
    for path, literal in wanted.items():
        found: Any = _loaded(edited)
        for key in path:
            found = found[key]
        assert found == yaml.safe_load(literal)
    assert _without(_loaded(edited), wanted) == _without(_loaded(text), wanted)
    for hunk in hunks_between(text, edited):
        for line in hunk.before:
            remark = line.partition("#")[2].strip() if "#" in line else ""
            assert remark in "".join(hunk.after)
    assert [line for line in lines_of(text) if line.lstrip().startswith("#")] == [
        line for line in lines_of(edited) if line.lstrip().startswith("#")
    ]


def _loaded(text: str) -> Any:
    return yaml.safe_load(text.replace("{{ .spectro.var.x }}", "a-template")) or {}


def _without(tree: Any, paths: Any) -> Any:
    """A tree without the values at these paths, and without maps that are empty or nothing for that."""
    if not isinstance(tree, dict):
        return tree
    found = {}
    for key, value in tree.items():
        below = [path[1:] for path in paths if path[0] == key]
        if () in below:
            continue
        inner = _without(value, [p for p in below if p]) if below else value
        if not (below and not inner):
            found[key] = inner
    return found
