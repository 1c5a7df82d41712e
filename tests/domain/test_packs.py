from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.artifacts.documents import MAX_CHARACTERS
from domain.packs import PackLabels, PackValuesError, namespace_labels, resolve, values_in

VERSION = "v{{ .spectro.system.kubernetes.version | substr 0 4 }}"


def declared(values: str) -> list[PackLabels]:
    return list(namespace_labels(values, "metallb", "here"))


def labels_of(text: str) -> PackLabels:
    (one,) = declared(f"pack:\n  namespaceLabels:\n    a: '{text}'\n")
    return one


@pytest.mark.parametrize(
    ("spec", "found"),
    [
        ({"values": "pack:\n  x: y\n"}, [(".spec.values", "pack:\n  x: y\n")]),
        ({"a": [{"b": "# c\ncharts:\n"}, 7]}, [(".spec.a[0].b", "# c\ncharts:\n")]),
        ({"a": "manifests :", "b": "pack:"}, [(".spec.a", "manifests :"), (".spec.b", "pack:")]),
        ({"a": "package:\n", "b": "x:\n  pack:\n", "c": None, "d": True}, []),
        ({"a": "see pack: the one, charts: none", "b": "[pack: 1]"}, []),
        ({"a": "  pack:\n    x: y\n"}, [(".spec.a", "  pack:\n    x: y\n")]),
        ({"a": "'charts':\n", "b": '"pack" : 1'}, [(".spec.a", "'charts':\n"), (".spec.b", '"pack" : 1')]),
        ({"a": '{"x": 1,\n"pack": {}}'}, [(".spec.a", '{"x": 1,\n"pack": {}}')]),
        ({"values": {"pack": {"x": "y"}, "n": 1}}, [(".spec.values", '{"pack":{"x":"y"},"n":1}')]),
        ({"pack": "metallb", "values": {"charts": {}}}, []),
        ({}, []),
    ],
)
def test_values_are_found_wherever_they_lie(spec: Any, found: list[tuple[str, str]]) -> None:
    assert list(values_in(spec)) == found


@pytest.mark.parametrize(
    "values",
    [
        '"pack":\n  "namespaceLabels":\n    cj: "a/enforce=privileged"\n',
        "  pack:\n    namespaceLabels:\n      cj: a/enforce=privileged\n",
        '{"pack": {"namespaceLabels": {"cj": "a/enforce=privileged"}}}',
        "{pack: {namespaceLabels: {cj: a/enforce=privileged}}}",
        "# note\n'pack': {'namespaceLabels': {'cj': 'a/enforce=privileged'}}\ncharts: {}\n",
    ],
)
def test_a_declaration_is_read_in_every_way_that_yaml_has_to_write_it(values: str) -> None:
    ((_, text),) = values_in({"values": values})
    assert [(one.namespace, one.labels) for one in declared(text)] == [("cj", {"a/enforce": "privileged"})]


def test_a_declaration_is_kept_as_it_stands_templates_and_all() -> None:
    values = f"""
pack:
  namespace: monitoring
  namespaceLabels:
    "monitoring": "org=spectro, pod-security.kubernetes.io/enforce=privileged,enforce-version={VERSION},"
    "{{{{ .spectro.var.namespace }}}}": "a=b"
charts:
  x: {{{{ if .y }}}}
"""
    assert declared(values) == [
        PackLabels(
            "metallb",
            "monitoring",
            {"org": "spectro", "pod-security.kubernetes.io/enforce": "privileged", "enforce-version": VERSION},
            "here",
        ),
        PackLabels("metallb", "{{ .spectro.var.namespace }}", {"a": "b"}, "here"),
    ]


@pytest.mark.parametrize(
    "values",
    ["", "7", "charts: {}", "pack:", "pack: [a]", "pack: {namespace: a}", "pack: {namespaceLabels: null}"],
)
def test_without_a_declaration_there_is_none(values: str) -> None:
    assert declared(values) == []


@pytest.mark.parametrize(
    ("text", "labels", "problems"),
    [
        ("a=b,c=d", {"a": "b", "c": "d"}, ()),
        (" a = b ,, ", {"a": "b"}, ()),
        ("", {}, ()),
        ("a=b=c", {}, ("'b=c' is no value of a label (a), and the API server refuses it",)),
        ("a b=c", {}, ("'a b' is no key of a label, and the API server refuses it",)),
        ("-a=b", {}, ("'-a' is no key of a label, and the API server refuses it",)),
        ("A.b/c-d_E=f.G", {}, ("'A.b/c-d_E' is no key of a label, and the API server refuses it",)),
        ("/a=b", {}, ("'/a' is no key of a label, and the API server refuses it",)),
        ("a.b/c-d_E=f.G", {"a.b/c-d_E": "f.G"}, ()),
        (f"{'a' * 63}={'b' * 63}", {"a" * 63: "b" * 63}, ()),
        (f"{'a' * 64}=b", {}, (f"'{'a' * 64}' is no key of a label, and the API server refuses it",)),
        (f"a={'b' * 64}", {}, (f"'{'b' * 64}' is no value of a label (a), and the API server refuses it",)),
        ("a={{ .b }},{{ .c }}/d=e", {"a": "{{ .b }}", "{{ .c }}/d": "e"}, ()),
        ("pod-security.kubernetes.io/enforce=no level", {"pod-security.kubernetes.io/enforce": "no level"}, ()),
        ("a=", {"a": ""}, ()),
        ("a=b,a=b", {"a": "b"}, ()),
        ("a=b,a=c", {"a": "b"}, ("a is declared twice with different values",)),
        ("a,b=c", {"b": "c"}, ("'a' is not key=value",)),
        ("=c", {}, ("'=c' is not key=value",)),
    ],
)
def test_labels_are_one_string_joined_by_commas(text: str, labels: dict[str, str], problems: tuple[str, ...]) -> None:
    one = labels_of(text)
    assert (one.labels, one.problems) == (labels, problems)


@pytest.mark.parametrize(
    ("value", "kind"),
    [
        ("[a=b]", "a list"),
        ("{a: b}", "a map"),
        ("7", "a number"),
        ("1.5", "a number"),
        ("true", "a boolean"),
        ("null", "null"),
    ],
)
def test_labels_that_are_no_string_are_a_problem_with_a_name(value: str, kind: str) -> None:
    (one,) = declared(f"pack: {{namespaceLabels: {{a: {value}}}}}")
    assert one.labels == {}
    assert one.problems == (f"the labels are {kind}, and one comma-joined string belongs there",)


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ("pack: {namespaceLabels: [a=b]}", "pack.namespaceLabels is a list, not a map"),
        ("pack: {namespaceLabels: 2026-01-02}", "pack.namespaceLabels is text, not a map"),
        ("pack: {namespaceLabels: !!bool s3cret}", "pack.namespaceLabels is text, not a map"),
        ("pack: {namespaceLabels: !!int ''}", "pack.namespaceLabels is text, not a map"),
        ("pack: {password: s3cret", "the values are no YAML: did not find expected .* at line 2"),
        ("pack: &a [*s3cret]", "the values are no YAML: an alias whose anchor is not there at line 1"),
        ("pack: \x00", "the values are no YAML: a character that no YAML holds: .* at line 1"),
        ("a: 1\npack:" + " " * MAX_CHARACTERS, f"larger than {MAX_CHARACTERS} characters"),
    ],
)
def test_values_that_cannot_be_read_say_why_and_not_what_they_hold(values: str, words: str) -> None:
    with pytest.raises(PackValuesError, match=words) as raised:
        declared(values)
    assert "s3cret" not in str(raised.value)


def test_a_tag_of_pythons_makes_nothing() -> None:
    assert declared("pack: !!python/object/apply:os.getcwd []") == []


def test_an_equals_sign_alone_is_text() -> None:
    (one,) = declared("pack: {namespaceLabels: {a: b=c}}\ncharts: {operator: =}")
    assert one.labels == {"b": "c"}


def test_text_that_looks_like_a_held_template_is_left_alone() -> None:
    assert labels_of("a=packcheck-template-7,b=packcheck-template-0").labels == {
        "a": "packcheck-template-7",
        "b": "packcheck-template-0",
    }


@pytest.mark.parametrize(
    ("text", "version", "resolved"),
    [
        ("privileged", None, "privileged"),
        (VERSION, "v1.31.9-eks-5d4a308", "v1.31"),
        (VERSION, "1.28.3+ck1", "v1.28"),
        (VERSION, None, None),
        ("v{{.spectro.system.kubernetes.version}}", "v1.31.9", "v1.31.9"),
        ("v{{- .spectro.system.kubernetes.version|substr 0 4 -}}", "v1.31.9", "v1.31"),
        ("{{ .spectro.var.level }}", "v1.31.9", None),
        ("{{ .spectro.system.kubernetes.version }}-{{ .x }}", "v1.31.9", None),
    ],
)
def test_only_the_servers_version_is_resolved(text: str, version: str | None, resolved: str | None) -> None:
    assert resolve(text, version) == resolved


@given(st.text(max_size=200))
def test_values_are_read_or_refused_and_nothing_else_happens(values: str) -> None:
    for text in (values, f"pack: {values}", f"pack:\n  namespaceLabels: {values}"):
        try:
            for one in namespace_labels(text, "p", "w"):
                assert isinstance(one.namespace, str)
        except PackValuesError:
            pass


KEYS = st.from_regex(
    r"([a-z0-9]([a-z-]{0,9}[a-z])?(\.[a-z]{1,9}){0,2}/)?[a-zA-Z0-9]([a-z._-]{0,20}[a-z])?", fullmatch=True
)
VALUES = st.one_of(st.just(""), st.from_regex(r"[a-z0-9]([A-Z._-]{0,20}[a-z])?|\{\{ [a-z .]* \}\}", fullmatch=True))


@given(st.dictionaries(KEYS, VALUES, max_size=5))
def test_labels_come_back_as_they_were_joined(labels: dict[str, str]) -> None:
    assert labels_of(",".join(f"{key}={value}" for key, value in labels.items())).labels == labels
