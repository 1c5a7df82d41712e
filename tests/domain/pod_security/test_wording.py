import pytest

from domain.pod_security.wording import containers, counted, go_quoted, joined, setters


@pytest.mark.parametrize(
    ("text", "quoted"),
    [
        ("", '""'),
        ("runtime/default", '"runtime/default"'),
        ('a"b\\c', r'"a\"b\\c"'),
        ("\a\b\f\n\r\t\v", r'"\a\b\f\n\r\t\v"'),
        ("\x00\x7f", r'"\x00\x7f"'),
        ("é 日本", '"é 日本"'),
        ("\u00a0\u200b\ufeff", r'"\u00a0\u200b\ufeff"'),
        ("\uffff", r'"\uffff"'),
        ("\U000e0001", r'"\U000e0001"'),
    ],
)
def test_text_is_quoted_as_go_quotes_it(text: str, quoted: str) -> None:
    assert go_quoted(text) == quoted


def test_sentences() -> None:
    assert joined([]) == ""
    assert joined(["b", "a"]) == '"b", "a"'
    assert containers(["a"]) == 'container "a"'
    assert containers(["b", "a"]) == 'containers "b", "a"'
    assert counted("uses", ["a"], "use") == "uses"
    assert counted("uses", ["a", "b"], "use") == "use"
    assert setters([], pod=False) == ""
    assert setters([], pod=True) == "pod"
    assert setters(["a"], pod=False) == 'container "a"'
    assert setters(["a", "b"], pod=True) == 'pod and containers "a", "b"'
