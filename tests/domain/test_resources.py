import pytest

from domain.resources import DAEMON_SETS, EVENTS, NAMESPACES, NODES, PODS, Query, Resource


@pytest.mark.parametrize(
    ("resource", "where", "path"),
    [
        (PODS, {}, "/api/v1/pods"),
        (PODS, {"namespace": "a"}, "/api/v1/namespaces/a/pods"),
        (PODS, {"namespace": "a", "name": "p"}, "/api/v1/namespaces/a/pods/p"),
        (PODS, {"namespace": "a", "name": "p", "subresource": "log"}, "/api/v1/namespaces/a/pods/p/log"),
        (NODES, {"name": "n1"}, "/api/v1/nodes/n1"),
        (DAEMON_SETS, {"namespace": "a"}, "/apis/apps/v1/namespaces/a/daemonsets"),
        (Resource("cluster.spectrocloud.com", "v1", "packs", "Pack"), {}, "/apis/cluster.spectrocloud.com/v1/packs"),
    ],
)
def test_paths_are_the_api_servers(resource: Resource, where: dict[str, str], path: str) -> None:
    assert resource.path(**where) == path


@pytest.mark.parametrize(
    ("query", "verb", "words", "command"),
    [
        (Query(PODS), "list", "list pods in all namespaces", "kubectl get pods -A -o yaml"),
        (
            Query(PODS, "default", "upgrade-pod"),
            "get",
            "get pods upgrade-pod in default",
            "kubectl get pods upgrade-pod --namespace=default -o yaml",
        ),
        (
            Query(EVENTS, fields="reason=FailedCreate"),
            "list",
            "list events in all namespaces (fieldSelector=reason=FailedCreate)",
            "kubectl get events -A --field-selector=reason=FailedCreate -o yaml",
        ),
        (
            Query(NODES, labels="kubernetes.io/os=linux"),
            "list",
            "list nodes (labelSelector=kubernetes.io",
            "kubectl get nodes --selector=kubernetes.io/os=linux -o yaml",
        ),
        (Query(NAMESPACES), "list", "list namespaces", "kubectl get namespaces -o yaml"),
        (
            Query(DAEMON_SETS, "a"),
            "list",
            "list daemonsets in a",
            "kubectl get daemonsets.apps --namespace=a -o yaml",
        ),
    ],
)
def test_a_query_is_told_as_a_right_a_sentence_and_a_command(query: Query, verb: str, words: str, command: str) -> None:
    assert query.verb == verb
    assert str(query).startswith(words)
    assert query.command == command


def test_selectors_are_what_the_api_server_is_asked_by() -> None:
    assert Query(PODS, labels="a=b", fields="c=d").selectors == {"labelSelector": "a=b", "fieldSelector": "c=d"}
    assert Query(PODS).selectors == {}
