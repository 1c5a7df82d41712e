from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.namespace_labels import (
    ENFORCE,
    MODES,
    label_command,
    level_for,
    prompt_command,
    prompt_value,
    suffices,
    to_set,
    wanted,
)
from domain.packs import PackLabels
from domain.pod_security import Level, PolicyVersion
from tests.domain.made import HOST, PLAIN, controller, daemon_set

VERSION_LABEL = f"{ENFORCE}-version"
TEMPLATE = "v{{ .spectro.system.kubernetes.version | substr 0 4 }}"


def pack_labels(pack: str = "metallb", namespace: str = "a", *problems: str, **labels: str) -> PackLabels:
    given = {ENFORCE if key == "enforce" else key: value for key, value in labels.items()}
    return PackLabels(pack, namespace, given, "here", problems)


def one(*packs: PackLabels, version: str | None = "v1.31.4") -> Any:
    return wanted(packs, version)["a"]


def test_namespaces_come_in_the_order_of_their_names_with_their_packs() -> None:
    packs = [pack_labels("x", "b"), pack_labels("y"), pack_labels("z", "b"), pack_labels("x", "b")]
    found = wanted(packs, None)
    assert list(found) == ["a", "b"]
    assert found["b"].packs == "x, z"
    assert found["a"].level is None
    assert wanted([], None) == {}


def test_the_widest_level_admits_all_and_is_remarked_on() -> None:
    found = one(pack_labels("x", enforce="baseline"), pack_labels("y", enforce="privileged"))
    assert found.level is Level.PRIVILEGED
    assert found.remarks == ("the packs declare different levels (privileged, baseline): the widest admits all",)
    assert one(pack_labels("x", enforce="baseline"), pack_labels("y", enforce="baseline")).remarks == ()


def test_labels_that_packs_agree_on_are_kept_and_disputed_ones_are_left() -> None:
    found = one(
        pack_labels("x", team="net", org="s"), pack_labels("y", team="dev", zone="1"), pack_labels("z", org="s")
    )
    assert found.labels == {"org": "s", "zone": "1"}
    assert found.remarks == ("the packs contradict each other in team, so it is left as it is",)


def test_templates_are_resolved_with_the_servers_version_or_said() -> None:
    pack = PackLabels("x", "a", {ENFORCE: "{{ .l }}", VERSION_LABEL: TEMPLATE, "team": "{{ .t }}"}, "here")
    found = one(pack)
    assert found.labels == {VERSION_LABEL: "v1.31"}
    assert found.unresolved == (f"x: the template in {ENFORCE}={{{{ .l }}}} cannot be resolved from here",)
    assert found.remarks == ("x: the template in team={{ .t }} cannot be resolved from here",)
    assert len(one(pack, version=None).remarks) == 2


@pytest.mark.parametrize(
    ("labels", "problem"),
    [
        ({ENFORCE: "Privileged"}, f"x: {ENFORCE}=Privileged is no level; there are privileged, baseline, restricted"),
        (
            {VERSION_LABEL: "1.28"},
            f'x: metadata.labels[{VERSION_LABEL}]: Invalid value: "1.28": must be "latest" or "v1.x"',
        ),
        (
            {MODES[1]: "none"},
            f'x: metadata.labels[{MODES[1]}]: Invalid value: "none": must be one of privileged, baseline, restricted',
        ),
    ],
)
def test_what_the_api_server_would_refuse_is_wrong_in_the_declaration_and_not_kept(
    labels: dict[str, str], problem: str
) -> None:
    found = one(PackLabels("x", "a", labels, "here"))
    assert (found.level, found.labels, found.invalid) == (None, {}, (problem,))


def test_what_is_wrong_with_a_declaration_itself_comes_with_its_pack() -> None:
    assert one(pack_labels("x", "a", "it is a list")).invalid == ("x: it is a list",)


@pytest.mark.parametrize(
    ("labels", "level", "enough"),
    [
        ({ENFORCE: "privileged"}, Level.BASELINE, True),
        ({ENFORCE: "baseline"}, Level.BASELINE, True),
        ({ENFORCE: "restricted"}, Level.BASELINE, False),
        ({MODES[1]: "privileged", MODES[2]: "privileged"}, Level.RESTRICTED, False),
        ({}, Level.RESTRICTED, False),
        ({ENFORCE: "Privileged"}, Level.PRIVILEGED, False),
    ],
)
def test_only_enforce_suffices(labels: dict[str, str], level: Level, enough: bool) -> None:
    assert suffices(labels, level) is enough


def test_the_declared_level_stands_where_it_admits_everyone_else_the_runbooks() -> None:
    baseline, hosted, plain = (
        one(pack_labels(enforce="baseline")),
        daemon_set(template=HOST),
        controller(template=PLAIN),
    )
    assert level_for(None, [], None) is Level.PRIVILEGED
    assert level_for(one(pack_labels()), [], None) is Level.PRIVILEGED
    assert level_for(baseline, [], None) is Level.BASELINE
    assert level_for(baseline, [plain], None) is Level.BASELINE
    assert level_for(baseline, [plain, hosted], None) is Level.PRIVILEGED


def test_the_declared_level_is_judged_by_the_declared_version() -> None:
    probing = controller(
        template={
            "spec": {"containers": [{"name": "c", "livenessProbe": {"httpGet": {"host": "127.0.0.1", "port": 1}}}]}
        }
    )
    server = PolicyVersion.of_server("v1.36.1")
    old = one(PackLabels("x", "a", {ENFORCE: "baseline", VERSION_LABEL: "v1.33"}, "here"))
    assert level_for(old, [probing], server) is Level.BASELINE
    assert level_for(one(pack_labels(enforce="baseline")), [probing], server) is Level.PRIVILEGED


@given(st.sampled_from(list(Level)), st.dictionaries(st.sampled_from([*MODES, "team"]), st.sampled_from(list(Level))))
def test_all_three_modes_are_set_and_enforce_is_the_level(level: Level, labels: dict[str, str]) -> None:
    found = to_set(level, labels)
    assert found[ENFORCE] == level
    assert set(found) == {*MODES, *labels}
    assert all(found[key] == value for key, value in labels.items() if key != ENFORCE)


def test_commands_are_the_runbooks_and_prompt_without_a_rollout() -> None:
    assert label_command("a", {"x": "1", "y": "2"}) == "kubectl label namespace a x=1 y=2 --overwrite"
    owned = daemon_set()
    assert prompt_value(owned) == "at-7"
    assert prompt_command(owned) == (
        "kubectl annotate daemonset speaker --namespace a packcheck.dev/prompted=at-7 --overwrite"
    )
