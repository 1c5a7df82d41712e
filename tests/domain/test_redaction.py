"""What is taken out of a recording, by the key that it stands under and by its shape; and what is left as it is."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.redaction import REDACTED, cleared, redact, redact_text
from domain.verdict import Finding, Grade, Note, Outcome, Undecided, Verdict

JWT = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJhbm4ifQ.c2lnbmF0dXJl"
PEM = "-----BEGIN RSA PRIVATE KEY-----\nMIIE\n-----END RSA PRIVATE KEY-----"


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("password: hunter2", "password: REDACTED"),
        ('  dbPassword: "hunter 2"', '  dbPassword: "REDACTED"'),
        ("client_secret='a b'", "client_secret='REDACTED'"),
        ("API_KEY=abc&x=1", "API_KEY=REDACTED&x=1"),
        ("run --token abc --x", "run --token REDACTED --x"),
        ("run --private-key=abc", "run --private-key=REDACTED"),
        ("privateKey: |\n  line one\n  line two\nnext: 1\n", "privateKey: REDACTED\nnext: 1\n"),
        ("Authorization: Bearer abcdefghijkl", "Authorization: REDACTED REDACTED"),
        ("curl -H 'x: Bearer abcdefghijkl'", "curl -H 'x: Bearer REDACTED'"),
        ("https://ann:pa/ss@example.com/x", "https://REDACTED@example.com/x"),
        ("BASE_IMAGE=ann:hunter2@r.io:5000/x:1", "BASE_IMAGE=ann:REDACTED@r.io:5000/x:1"),
        ("curl -s -u ann:hunter2 https://x/", "curl -s -u ann:REDACTED https://x/"),
        ("curl --user 'ann:hunter2' https://x/", "curl --user 'ann:REDACTED' https://x/"),
        ("docker login -u ann -p hunter2 r.io", "docker login -u ann -p REDACTED r.io"),
        (r'"x: 1\n  apiToken: \"hunter 2\"\n"', r'"x: 1\n  apiToken: \"REDACTED\"\n"'),
        (r'"{\"password\": \"hunter2\"}"', r'"{\"password\": \"REDACTED\"}"'),
        (f"it said {JWT}.", "it said REDACTED."),
        (f"key:\n{PEM}\nend", "key:\nREDACTED\nend"),
        ("-----BEGIN PRIVATE KEY-----\nMIIE, cut", "REDACTED"),
        ("AKIAIOSFODNN7EXAMPLE", "REDACTED"),
        ("ghp_0123456789abcdefghijABCDEFGHIJ", "REDACTED"),
        ("client-key-data: LS0tLS1CRUdJTiBSU0EgUFJJVkFURSBLRVktLS0tLQ==", "client-key-data: REDACTED"),
        ("certificate: LS0tLS1CRUdJTiBSU0EgUFJJVkFURSBLRVktLS0tLQ==", "certificate: REDACTED"),
    ],
)
def test_credentials_in_text_are_taken_out(text: str, left: str) -> None:
    assert redact_text(text) == left
    assert redact_text(left) == left


@pytest.mark.parametrize(
    "text",
    [
        'secret "memberlist" not found',
        'MountVolume.SetUp failed for volume "x" : secret "y" not found',
        'violates PodSecurity "baseline:latest": host namespaces (hostNetwork=true)',
        "automountServiceAccountToken: true",
        "secretName: web-tls",
        "tokenFile: /var/run/token",
        "kubectl get secret web --namespace=web",
        "the token expired",
        "https://example.com:8080/a@b",
        "pod-security.kubernetes.io/enforce=privileged",
        "FELIX_IPV6SUPPORT=false",
        "image: r.io/x:1.2@sha256:0123/",
        "mailto:ann@example.com/",
        "docker run -u 1000:1000 x",
    ],
)
def test_what_only_names_credentials_is_left(text: str) -> None:
    assert redact_text(text) == text


@pytest.mark.parametrize(
    ("item", "left"),
    [
        (
            {"kind": "Secret", "type": "Opaque", "data": {"a": "Yg=="}, "stringData": None},
            {"kind": "Secret", "type": "Opaque", "data": {"a": REDACTED}, "stringData": {}},
        ),
        ({"env": [{"name": "DB_PASSWORD", "value": "x"}]}, {"env": [{"name": "DB_PASSWORD", "value": REDACTED}]}),
        ({"env": [{"name": "LOG", "value": "x"}]}, {"env": [{"name": "LOG", "value": "x"}]}),
        ({"name": 7, "value": "x"}, {"name": 7, "value": "x"}),
        ({"args": ["--password", "x", "--y"]}, {"args": ["--password", REDACTED, "--y"]}),
        ({"args": ["--token", "--y", 3]}, {"args": ["--token", "--y", 3]}),
        ({"tokens": ["a", "", {"b": "c"}]}, {"tokens": [REDACTED, "", {"b": "c"}]}),
        ({"token": "", "password": 3, "auth": {"user": "a"}}, {"token": "", "password": 3, "auth": {"user": "a"}}),
        ({"imagePullSecrets": [{"name": "pull"}]}, {"imagePullSecrets": [{"name": "pull"}]}),
        ({"metadata": {"managedFields": [{"f:token": {}}], "name": "a"}}, {"metadata": {"name": "a"}}),
        ({"a": '{"kind":"Secret","data":{"x":"y"}}'}, {"a": '{"kind":"Secret","data":{"x":"REDACTED"}}'}),
        ({"a": '{ "plain": 1 }'}, {"a": '{ "plain": 1 }'}),
        ({"a": "{no json, password=x"}, {"a": "{no json, password=REDACTED"}),
        ("password=x", "password=REDACTED"),
        (None, None),
    ],
)
def test_credentials_in_objects_are_taken_out(item: Any, left: Any) -> None:
    assert redact(item) == left
    assert redact(left) == left


def test_a_verdicts_words_and_evidence_are_cleared_and_nothing_else() -> None:
    finding = Finding("Node/n", Grade.LISTED, "by password=x", {"cmdline": "token=y"}, ("kubectl get secret s",))
    verdict = Verdict(
        Outcome.FAILED,
        "1: password=x",
        findings=(finding,),
        undecided=(Undecided("Node/m", "password=x", "--hosts"),),
        notes=(Note("Node/n", "password=x"),),
    )
    done = cleared(verdict)
    assert done.reason == "1: password=REDACTED"
    assert done.findings[0].message == "by password=REDACTED"
    assert done.findings[0].evidence == {"cmdline": "token=REDACTED"}
    assert done.findings[0].by_hand == ("kubectl get secret s",)
    assert done.undecided[0].reason == done.notes[0].message == "password=REDACTED"
    assert done.undecided[0].would_help == "--hosts"


@given(st.text())
def test_clearing_twice_is_clearing_once(text: str) -> None:
    assert redact_text(redact_text(text)) == redact_text(text)


@pytest.mark.parametrize("text", ["a" * 100_000, "\\" * 100_000, "a.b-" * 25_000], ids=["word", "backslashes", "dots"])
def test_a_long_line_is_looked_through_once(text: str) -> None:
    """A picture in base64 in a profile of one line: looked through from each of its characters it would take hours."""
    assert redact_text(text) == text
