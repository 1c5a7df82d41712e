"""Preseeds and .arg files are edited by anchors; what Tempita makes of an edited preseed loads as YAML."""

from typing import Any

import pytest
import tempita
import yaml
from hypothesis import given
from hypothesis import strategies as st

from domain.pins.argfiles import read_arg
from domain.pins.editing import NoEdit
from domain.pins.filling import pin_preseed, set_entry
from domain.pins.preseeds import NOT_READ, read_preseed, shadows
from domain.pins.splicing import splice
from tests.domain.pins.test_editing import changed
from tests.domain.pins.texts import NEW, OLD, PINNED_PRESEED, PRESEED

PATH = "var/snap/maas/current/preseeds/curtin_userdata_ubuntu"
COMMAND = f'["curtin", "in-target", "--", "apt-get", "install", "--yes", "linux-modules-extra-{NEW}"]'
FOLDED = PINNED_PRESEED.replace('"--", "apt"', '"--",\n    "apt"')
SHELL = (
    PRESEED
    + f'  modules: [curtin, in-target, --, sh, -c, "apt-get update && apt-get install -y linux-modules-extra-{OLD}"]\n'
)
FLOW = PINNED_PRESEED.replace(
    f"kernel:\n  package: linux-image-{OLD}\n  flavor: hwe\n", f"kernel: {{package: linux-image-{OLD}}}\n"
)
FOLLOWING = PINNED_PRESEED.replace(f"package: linux-image-{OLD}", "package: 'linux-generic-hwe-24.04' # hwe")
NO_PACKAGE = PRESEED.replace("debconf", "kernel:\n    # which one\n    mapping: {}\ndebconf")
TAKEN = PRESEED + '  extra_modules: ["curtin", "in-target", "--", "apt-get", "install", "nginx"]\n'
ONLY_KERNEL = f"#cloud-config\nkernel:\n  package: linux-image-{OLD}"
TEXTS = (
    PRESEED,
    PINNED_PRESEED,
    FOLDED,
    SHELL,
    FLOW,
    FOLLOWING,
    NO_PACKAGE,
    TAKEN,
    ONLY_KERNEL,
    "",
    "# nothing\n",
    "late_commands:\n",
)


class _Escape:
    """What MAAS hands to a template for quoting."""

    @staticmethod
    def json(value: str) -> str:
        return f'"{value}"'


def edited(text: str, release: str = NEW) -> str:
    return splice(text, pin_preseed(text, read_preseed(PATH, text), release))


def rendered(text: str) -> Any:
    """What curtin is given: the template as MAAS fills it in, as YAML."""
    namespace = {
        "curtin_preseed": "cloud-init cloud-init/datasources multiselect MAAS\ncloud-init cloud-init/local-cloud-config string x",
        "node_disable_pxe_url": "http://maas/MAAS/metadata/", "node_disable_pxe_data": "op=netboot_off", "escape": _Escape,
    }  # fmt: skip
    template = text.removeprefix("\ufeff").replace("|escape.json}}", "|escape_json}}")
    return yaml.safe_load(tempita.Template(template).substitute({**namespace, "escape_json": _Escape.json}))


@pytest.mark.parametrize("text", TEXTS)
def test_an_edited_preseed_still_renders_and_says_the_kernel(text: str) -> None:
    before, after = rendered(text) or {}, rendered(edited(text))
    assert after["kernel"]["package"] == f"linux-image-{NEW}"
    assert any(f"linux-modules-extra-{NEW}" in str(one) for one in after["late_commands"].values())
    assert OLD not in str(after)
    for key, value in before.items():
        if key not in ("kernel", "late_commands"):
            assert after[key] == value
    for key, value in (before.get("late_commands") or {}).items():
        assert after["late_commands"][key] == value or OLD in str(value)
    for key, value in (before.get("kernel") or {}).items():
        assert key == "package" or after["kernel"][key] == value


@pytest.mark.parametrize("end", ["\n", "\r\n"])
@pytest.mark.parametrize("bom", ["", "\ufeff"])
@pytest.mark.parametrize("text", TEXTS)
def test_an_edit_again_changes_nothing(text: str, bom: str, end: str) -> None:
    whole = bom + text.replace("\n", end)
    once = edited(whole)
    assert edited(once) == once
    assert once.startswith(bom)
    if "\n" in text:
        assert once.count("\n") == once.count(end)
        assert once.replace(end, "\n") == bom + edited(text)
    assert read_preseed(PATH, once).releases == (NEW,)


@given(
    st.sampled_from(TEXTS),
    st.sampled_from((NEW, "5.15.0-130-generic", "6.8.0-1027-aws")),
    st.lists(
        st.sampled_from(("# a comment", "", "verbose: 3", "power_state: {mode: reboot}  # ends")),
        max_size=4,
        unique=True,
    ),
)
def test_an_edit_is_made_once_and_leaves_every_other_line(text: str, release: str, more: list[str]) -> None:
    head, newline, rest = text.partition("\n")
    whole = f"{head}{newline}" + "".join(f"{line}\n" for line in more) + rest if newline else text
    once = edited(whole, release)
    assert edited(once, release) == once
    assert all(
        "linux-" in line for line in changed(whole, once) if line[0] == "-" and line[1:] != whole.splitlines()[-1]
    )
    assert rendered(once)["kernel"]["package"] == f"linux-image-{release}"


def test_the_lines_that_are_missing_are_put_where_they_belong() -> None:
    assert changed(PRESEED, edited(PRESEED)) == [
        "+kernel:", f"+  package: linux-image-{NEW}", f"+  extra_modules: {COMMAND}",
    ]  # fmt: skip
    assert edited(PRESEED).startswith(f"#cloud-config\nkernel:\n  package: linux-image-{NEW}\ndebconf_selections:")
    assert edited(TAKEN).endswith(f"  pinned_kernel_modules: {COMMAND}\n")
    assert f"kernel:\n    package: linux-image-{NEW}\n    # which one\n" in edited(NO_PACKAGE)


def test_values_are_replaced_where_they_stand() -> None:
    assert edited(PINNED_PRESEED) == PINNED_PRESEED.replace(OLD, NEW)
    assert edited(SHELL) == splice(SHELL.replace(OLD, NEW), []).replace(
        "#cloud-config\n", f"#cloud-config\nkernel:\n  package: linux-image-{NEW}\n"
    )
    assert edited(FLOW) == FLOW.replace(OLD, NEW)
    assert f"package: 'linux-image-{NEW}' # hwe" in edited(FOLLOWING)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("kernel: {{kernel}}\n", "the template says which kernel"),
        ("kernel:\n  package: linux-image-{{release}}\n", "the template says which kernel"),
        ("kernel:\n  package: my-kernel\n", "my-kernel is no kernel's package by its name"),
        ("kernel: {mapping: {}}\n", "in one line"),
        ("late_commands: {}\n", "in one line"),
        ("late_commands:\n  - [curtin, in-target, --, true]\n", "are a list"),
        (
            "late_commands:\n  extra_modules: [a]\n  pinned_kernel_modules: [b]\n",
            "have extra_modules and pinned_kernel_modules",
        ),
        (
            "late_commands:\n  x: [curtin, in-target, --, dpkg, -i, /linux-image-6.8.0-57-generic_1_amd64.deb]\n",
            "is a file",
        ),
        (
            "late_commands:\n  x:\n    - apt-get\n    - install\n    - linux-image-6.8.0-57-generic\n",
            "is not known here",
        ),
    ],
)
def test_what_cannot_be_edited_says_why(text: str, why: str) -> None:
    with pytest.raises(NoEdit, match=why):
        edited(text)


def test_a_preseed_where_maas_reads_none_is_not_edited() -> None:
    wrong = PATH.replace("var/snap", "var/lib/snap")
    spot = read_preseed(wrong, PINNED_PRESEED)
    assert spot.remarks == ((3, NOT_READ),)
    with pytest.raises(NoEdit, match="MAAS reads no preseed below /var/lib/snap/maas/"):
        pin_preseed(PINNED_PRESEED, spot, NEW)


def test_a_more_specific_file_shadows_those_beside_it() -> None:
    others = (
        "a/curtin_userdata",
        "a/curtin_userdata_ubuntu",
        "b/curtin_userdata_ubuntu",
        "a/curtin_userdata_ubuntu_amd64",
    )
    assert shadows("a/curtin_userdata_ubuntu_amd64_generic_node1", others) == (others[0], others[1], others[3])
    assert shadows("a/curtin_userdata_ubuntu", others) == ("a/curtin_userdata",)


ARG = """\
\ufeff# of the edge
IMAGE_REGISTRY=ttl.sh
export OS_DISTRIBUTION="ubuntu"
IMAGE_REPO=$OS_DISTRIBUTION
UPDATE_KERNEL=true   # once more
BASE_IMAGE='${IMAGE_REGISTRY}/kairos:6.8.0-57'
CUSTOM_TAG=a#b
HTTP_PROXY=
# BASE_IMAGE=other
CUSTOM_TAG=last
"""


def test_a_key_of_an_arg_is_known_with_the_place_of_its_value() -> None:
    arg = read_arg(ARG)
    assert {key: (one.line, arg.value(key)) for key, one in arg.entries.items()} == {
        "IMAGE_REGISTRY": (2, "ttl.sh"), "OS_DISTRIBUTION": (3, "ubuntu"), "IMAGE_REPO": (4, "ubuntu"),
        "UPDATE_KERNEL": (5, "true"), "BASE_IMAGE": (6, "ttl.sh/kairos:6.8.0-57"), "CUSTOM_TAG": (10, "last"), "HTTP_PROXY": (8, ""),
    }  # fmt: skip
    assert arg.value("ABSENT") == ""


@given(
    st.sampled_from(("UPDATE_KERNEL", "BASE_IMAGE", "OS_DISTRIBUTION", "HTTP_PROXY")),
    st.sampled_from(("false", "r/x:6.8.0-60")),
    st.sampled_from(("\n", "\r\n")),
)
def test_a_value_is_set_in_its_place_and_once(key: str, value: str, end: str) -> None:
    text = ARG.replace("\n", end)
    once = splice(text, set_entry(text, key, value))
    assert read_arg(once).value(key) == value
    assert set_entry(once, key, value) == ()
    assert len(changed(text, once)) == 2
    assert {k: read_arg(once).value(k) for k in read_arg(text).entries if k not in (key, "IMAGE_REPO")} == {
        k: read_arg(text).value(k) for k in read_arg(text).entries if k not in (key, "IMAGE_REPO")
    }  # fmt: skip
