import pytest

from domain.facts import Fact, Unread, by_namespace, undecided
from domain.resources import DAEMON_SETS, NAMESPACES, NODES, PODS, Resource
from domain.verdict import Undecided


@pytest.mark.parametrize(
    ("resource", "namespace", "name", "subject", "namespaced"),
    [
        (PODS, "default", "upgrade-pod", "Pod/default/upgrade-pod", "Namespace/default"),
        (PODS, "default", None, "Namespace/default", "Namespace/default"),
        (PODS, None, None, "Pod/*", "Namespace/*"),
        (NODES, None, "n1", "Node/n1", "Namespace/*"),
        (NODES, None, None, "Node/*", "Namespace/*"),
        (NAMESPACES, None, "a", "Namespace/a", "Namespace/a"),
        (NAMESPACES, None, None, "Namespace/*", "Namespace/*"),
        (Resource("", "v1", "version", "Version", namespaced=False), None, None, "Version/*", "Namespace/*"),
    ],
)
def test_what_was_not_read_names_what_cannot_be_judged(
    resource: Resource, namespace: str | None, name: str | None, subject: str, namespaced: str
) -> None:
    unread = Unread(resource, namespace, name, "forbidden")
    assert unread.subject == subject
    assert by_namespace(unread) == namespaced


def test_each_subject_is_undecided_once_with_every_reason_and_every_help() -> None:
    unread = [
        Unread(PODS, "a", None, "forbidden", "a role"),
        Unread(DAEMON_SETS, "a", None, "no answer"),
        Unread(DAEMON_SETS, "a", None, "forbidden", "a role"),
        Unread(PODS, "b", None, "no answer"),
        Unread(DAEMON_SETS, "a", "ds", "odd", "look"),
    ]
    assert undecided(unread) == [
        Undecided("Namespace/a", "forbidden; no answer", "a role"),
        Undecided("Namespace/b", "no answer", None),
        Undecided("DaemonSet/a/ds", "odd", "look"),
    ]
    assert undecided(unread, by_namespace) == [
        Undecided("Namespace/a", "forbidden; no answer; odd", "a role; look"),
        Undecided("Namespace/b", "no answer", None),
    ]
    assert undecided([]) == []


def test_the_first_of_a_fact_is_none_where_there_is_none() -> None:
    assert Fact(("v1.36.1",)).first == "v1.36.1"
    assert Fact[str]().first is None
