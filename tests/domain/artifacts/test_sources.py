"""Where values lie in a file: found with their lines, and put back where they were."""

import json
from typing import Any

import pytest

from domain.artifacts import Codec, Kind, NotYaml, Reference, Source, layer_of, read_artifact, sources
from domain.artifacts.terraform import Computed, in_terraform
from domain.edits import Unwritable, edit_layer

VALUES = "pack:\n  namespace: a\n\ncharts:\n  x: {{ .y }}\n"
YAML = """\
metadata: {name: p}
spec:
  template:
    cloudType: eks
    packs:
    - name: block
      tag: 1.0.0
      layer: addon
      values: |2
          pack:
            namespace: a

          charts:
            x: {{ .y }}
    - name: quoted
      values: "pack: {namespace: b}\\ncharts: {}\\n"
    - name: folded
      values: >
        pack: {namespace: c}
    - name: nested
      values:
        pack: {namespace: d}
    - name: none
      values: null
    - {name: not there, tag: 1.0.0}
    - {name: of manifests, type: manifest, values: null}
    - {tag: 1.0.0, values: 'pack: {}'}
    - {tag: 1.0.0}
    - text
  draft:
    packs: [{name: later, values: 'pack: {}'}]
  published:
    packs: none
"""


def found(path: str, kind: Kind, text: str) -> dict[str, Source]:
    return {one.pack: one for one in sources(path, kind, text) if isinstance(one, Source)}


def test_the_packs_of_a_profile_are_found_with_what_is_said_of_them() -> None:
    packs = found("p.yaml", Kind.PROFILE, YAML)
    assert list(packs) == ["block", "quoted", "folded", "nested", "none", "not there", "a pack without a name", "later"]
    block = packs["block"]
    assert (block.version, block.layer, block.profile, block.cloud, block.line) == ("1.0.0", "addon", "p", "eks", 10)
    assert (block.codec, block.text) == (
        Codec.BLOCK,
        "  " + VALUES.rstrip("\n").replace("\n", "\n  ").replace("\n  \n", "\n\n") + "\n",
    )
    assert [packs[name].codec for name in ("quoted", "folded", "nested")] == [Codec.QUOTED, Codec.OTHER, Codec.NESTED]
    assert [(packs[name].codec, packs[name].text, packs[name].line) for name in ("none", "not there")] == [
        (Codec.ABSENT, "", 24),
        (Codec.ABSENT, "", 25),
    ]
    assert (packs["later"].profile, packs["later"].cloud) == ("p (draft)", "")
    artifact = read_artifact("p.yaml", Kind.PROFILE, YAML)
    assert artifact is not None
    lines = {layer.pack: layer.values.at("pack", "namespace") for layer in artifact.layers}
    assert {name: (node.value, node.line) for name, node in lines.items() if node} == {
        "block": ("a", 11),
        "quoted": ("b", 16),
        "folded": ("c", 18),
        "nested": ("d", 22),
    }


@pytest.mark.parametrize("end", ["\n", "\r\n"])
@pytest.mark.parametrize("mark", ["", "\ufeff"])
def test_values_are_put_back_where_they_were(end: str, mark: str) -> None:
    text = mark + YAML.replace("\n", end)
    artifact = read_artifact("p.yaml", Kind.PROFILE, text)
    assert artifact is not None
    layers = {layer.pack: layer for layer in artifact.layers}
    for name in ("block", "quoted"):
        assert edit_layer(text, layers[name], lambda values: values) == text
    edited = edit_layer(text, layers["block"], lambda values: values.replace("namespace: a", "namespace: other"))
    assert edited == text.replace("namespace: a", "namespace: other")
    edited = edit_layer(text, layers["quoted"], lambda values: values.replace("b}", 'b, "é": 1}'))
    assert edited == text.replace("namespace: b}", 'namespace: b, \\"é\\": 1}')
    for name, words in (("folded", "a string that is folded"), ("nested", "the file's own map"), ("none", "left out")):
        with pytest.raises(Unwritable, match=words):
            edit_layer(text, layers[name], lambda values: values)


def test_values_that_are_gone_or_broken_since_are_not_edited() -> None:
    artifact = read_artifact("p.yaml", Kind.PROFILE, YAML)
    assert artifact is not None
    layer = artifact.layers[0]
    for text in (
        "packs: []\n",
        YAML.replace("block", "other"),
        "# moved\n" + YAML,
        YAML.replace("charts:\n", "charts: [\n"),
    ):
        with pytest.raises(Unwritable, match="block is not in the file any more"):
            edit_layer(text, layer, lambda values: values)
    with pytest.raises(Unwritable, match="the file cannot be read any more"):
        edit_layer("packs: [", layer, lambda values: values)


def exported(*packs: dict[str, Any], **how: Any) -> str:
    return json.dumps({"metadata": {"name": "p"}, "spec": {"template": {"packs": packs}}}, **how)


@pytest.mark.parametrize("how", [{"indent": 2}, {"indent": "\t"}, {"indent": 1, "ensure_ascii": False}, {}])
def test_a_profile_in_json_is_read_and_put_back_token_by_token(how: dict[str, Any]) -> None:
    text = exported(
        {"name": "one", "values": "pack:\n  namespace: '😀 é {{ .x }}'\n"}, {"name": "two", "values": VALUES}, **how
    )
    artifact = read_artifact("p.json", Kind.PROFILE, "\ufeff" + text)
    assert artifact is not None
    one, two = artifact.layers
    namespace = one.values.at("pack", "namespace")
    assert namespace is not None
    assert namespace.value == "😀 é {{ .x }}"
    token = json.dumps(VALUES)
    assert text.splitlines()[two.place.line - 1].count(token) == 1
    edited = edit_layer("\ufeff" + text, two, lambda values: values.replace("namespace: a", "namespace: b"))
    assert edited == "\ufeff" + text.replace("namespace: a", "namespace: b")


def test_an_anchor_of_values_is_moved_wherever_it_stands() -> None:
    text = "packs:\n- name: a\n  values: |\n    pack:\n      x: &x {y: 1}\n      z: *x\n"
    artifact = read_artifact("p.yaml", Kind.PROFILE, text)
    assert artifact is not None
    (layer,) = artifact.layers
    found = [layer.values.at("pack", key, "y") for key in ("x", "z")]
    assert [node.line for node in found if node is not None] == [5, 5]


def test_a_profile_of_comments_holds_nothing() -> None:
    assert read_artifact("p.yaml", Kind.PROFILE, "# packs: []\n# values: none\n") is None


def test_json_that_is_none_says_where() -> None:
    for text, line in (('{"packs": [\n}', 2), ("[" * 100_000, 1)):
        with pytest.raises(NotYaml) as raised:
            list(sources("p.json", Kind.PROFILE, text))
        assert raised.value.line == line


RESOURCES = """\
apiVersion: v1
kind: List
items:
- apiVersion: cluster.spectrocloud.com/v1alpha1
  kind: Pack
  metadata: {name: one, namespace: cluster-1}
  spec:
    layers:
    - values: |
        pack: {namespace: a}
    - {other: text, number: 7}
- apiVersion: cluster.spectrocloud.com/v1alpha1
  kind: SpectroCluster
  metadata: {name: c}
  spec:
    cloudType: edge-native
    clusterProfileTemplates: [{packs: [{name: two, values: "pack: {}"}, {name: named, tag: "1"}]}]
---
kind: Pack
"""


def test_profiles_of_one_list_or_of_one_name_are_several() -> None:
    one = '{"metadata": {"name": "x"}, "packs": [{"name": "a", "values": "pack: {}"}]}'
    other = one.replace('"x"', '"y"').replace('"a"', '"b"')
    listed = found("p.json", Kind.PROFILE, f"[{one}, {other}]")
    assert [source.profile for source in listed.values()] == ["x", "y"]
    artifacts = [read_artifact(path, Kind.PROFILE, one) for path in ("v1.json", "v2.json")]
    assert [a.layers[0].group for a in artifacts if a is not None] == ["v1.json: x", "v2.json: x"]
    packs = [read_artifact(path, Kind.CUSTOM_RESOURCES, RESOURCES) for path in ("a.yaml", "b.yaml")]
    assert {a.layers[0].group for a in packs if a is not None} == {"cluster-1"}


ROOTS = (
    "options:\n  a: 1\n",
    "stages: {}\n",
    "'pack':\n  a: 1\n",
    '"manifests": {}\n',
    "  charts: {}\n",
    "{\n  pack: {}}\n",
)
PACK = """\
apiVersion: cluster.spectrocloud.com/v1
kind: Pack
metadata: {name: one}
spec:
  other: words
  values: |2
"""


@pytest.mark.parametrize("values", ROOTS)
def test_a_pack_has_its_values_wherever_their_roots_are(values: str) -> None:
    block = "".join(f"    {line}\n" for line in values.splitlines())
    one = found("p.yaml", Kind.CUSTOM_RESOURCES, PACK + block)["one"]
    assert (one.text.replace(" ", ""), one.line, one.codec) == (values.replace(" ", ""), 7, Codec.BLOCK)


def test_a_pack_may_have_its_values_as_a_map() -> None:
    nested = PACK.replace("|2", "") + "    pack: {namespace: a}\n"
    one = found("p.yaml", Kind.CUSTOM_RESOURCES, nested)["one"]
    assert (one.line, one.codec) == (7, Codec.NESTED)


def test_custom_resources_hold_packs_alone_and_in_clusters() -> None:
    packs = found("r.yaml", Kind.CUSTOM_RESOURCES, RESOURCES)
    assert {name: (one.profile, one.cloud, one.line) for name, one in packs.items()} == {
        "one": ("cluster-1", "", 10),
        "two": ("c", "edge-native", 17),
    }
    as_json = '{"kind": "Pack", "metadata": {}, "spec": {"v": "pack: {}"}}'
    assert [one.codec for one in found("r.json", Kind.CUSTOM_RESOURCES, as_json).values()] == [Codec.JSON]


TERRAFORM = """\
resource "spectrocloud_cluster_profile" "edge" {
  name  = "edge-${var.site}" # { a brace in a comment
  cloud = "edge-native"
  /* } another */
  pack {
    name = "block"
    tag  = "1.0.0"
    values = <<-EOT
        pack:
          namespace: a # }

        charts: {}
    EOT
    registry { uid = "x" }
  }
  pack {
    name   = "plain"
    values = <<EOT
pack: {namespace: b}
EOT
  }
  pack {
    values = file("./values/c.yaml")
  }
  pack {
    name   = "computed"
    values = templatefile("x.tpl", {})
  }
  pack { name = "none" }
  pack {
    name = "manifests"
    type = "manifest"
  }
  dynamic "pack" {
    for_each = var.packs
    content {
      values = pack.value.values
    }
  }
  pack {
    /*
    values = file("not.yaml")
    */
    name   = "changed"
    values = replace(file("./values/c.yaml"), "a", "b") # computed too
  }
}
resource "spectrocloud_cluster_profile" "cut" {
  pack {
    name   = "cut"
    values = <<EOT
pack: {}
"""


def test_terraform_is_read_where_values_are_written_out() -> None:
    packs = list(in_terraform(TERRAFORM))
    block, plain, reference, computed, absent, changed, dynamic, cut = packs
    assert isinstance(block, Source)
    assert isinstance(plain, Source)
    assert isinstance(absent, Source)
    assert isinstance(cut, Source)
    assert (block.pack, block.version, block.profile, block.cloud) == (
        "block",
        "1.0.0",
        "edge-${var.site}",
        "edge-native",
    )
    assert (block.text, block.line, block.indent) == ("pack:\n  namespace: a # }\n\ncharts: {}\n", 9, 8)
    assert (plain.text, plain.line, plain.indent) == ("pack: {namespace: b}\n", 19, 0)
    assert reference == Reference(
        path="values/c.yaml", line=23, pack="a pack without a name", profile="edge-${var.site}", cloud="edge-native"
    )
    assert (absent.pack, absent.codec, absent.text, absent.line) == ("none", Codec.ABSENT, "", 29)
    assert computed == Computed("computed", 27)
    assert changed == Computed("changed", 45)
    assert dynamic == Computed("the packs of a dynamic block", 34)
    assert (cut.pack, cut.text) == ("cut", "pack: {}\n")
    artifact = read_artifact("a.tf", Kind.TERRAFORM, TERRAFORM)
    assert artifact is not None
    assert [(str(one.name), one.reason) for one in artifact.unread] == [
        ("a.tf:27", "the values of computed are computed"),
        ("a.tf:45", "the values of changed are computed"),
        ("a.tf:34", "the values of the packs of a dynamic block are computed"),
    ]
    layer = artifact.layers[0]
    edited = edit_layer(TERRAFORM, layer, lambda values: values.replace("charts: {}", "charts:\n  x: 1"))
    assert edited == TERRAFORM.replace("        charts: {}\n", "        charts:\n          x: 1\n")


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ('"${var.x}"', "{{ ${var.x} }}"),
        ('${var.x ? "}" : "b"}', '{{ ${var.x ? "}" : "b"} }}'),
        ("a-${merge({a = 1}, {})}-b", "a-{{ ${merge({a = 1}, {})} }}-b"),
        ("a%{ if var.x }b%{ endif }", "a{{ %{ if var.x } }}b{{ %{ endif } }}"),
        ("$${HOME} %%{x}", "$${HOME} %%{x}"),
        ("{{ .a.${var.b} }}", "{{ .a.${var.b} }}"),
        ("${broken", "${broken"),
    ],
)
def test_what_terraform_puts_in_is_a_template(written: str, read: str) -> None:
    text = f'resource "spectrocloud_cluster_profile" "p" {{\n  pack {{\n    values = <<E\npack:\n  a: {written}\nE\n  }}\n}}\n'
    artifact = read_artifact("a.tf", Kind.TERRAFORM, text)
    assert artifact is not None
    (layer,) = artifact.layers
    value = layer.values.at("pack", "a")
    assert value is not None
    assert (value.value, value.line) == (read, 5)
    assert edit_layer(text, layer, lambda values: values) == text


def test_values_that_are_text_are_no_values() -> None:
    with pytest.raises(NotYaml, match="text, where a map belongs"):
        layer_of("a.yaml", Kind.VALUES, Source(text="just text", pack="a"))
    artifact = read_artifact("values.yaml", Kind.VALUES, "just text")
    assert artifact is not None
    assert [unread.subject for unread in artifact.unread] == ["values.yaml:1"]
