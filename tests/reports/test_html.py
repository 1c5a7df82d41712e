"""report.html: whole without JavaScript, closed to everything that is not its own, sound as a document."""

import base64
import hashlib
import re
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.run import Change, ChangeState, Run, Target, TargetKind
from domain.verdict import Note, Outcome, Skip
from reports import html, record
from tests.reports.samples import (
    DELETE,
    EDGE,
    KERNEL,
    LABEL,
    LEFT,
    METALLB,
    MONITORING,
    UNREAD,
    full,
    hostile,
    result,
    run,
)

VOID = {"meta", "input", "br"}


class Page(HTMLParser):
    """A page as its elements, attributes and texts; nesting is checked while it is read."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.texts: list[str] = []
        self._open: list[str] = []
        self.feed(text)
        self.close()
        assert self._open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        if tag not in VOID:
            self._open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self._open and self._open[-1] not in ("style", "script"):
            self.texts.append(data)

    @property
    def text(self) -> str:
        return re.sub(r"\s+", " ", " ".join(self.texts))

    def all(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.elements if name == tag]


@pytest.fixture(scope="module")
def page() -> Page:
    return Page(html.render(full()))


def shape_of(told: Run) -> list[tuple[str, list[str]]]:
    return [(tag, sorted(attributes)) for tag, attributes in Page(html.render(told)).elements]


def test_it_opens_with_the_verdict(page: Page) -> None:
    opening = page.text.partition("Results")[0]
    for said in (
        "A fix failed: 4 findings are open.",
        "critical open 1",
        "high open 2",
        "fixed 1",
        "undecided 3",
        "waived 1",
        "notes 3",
        "2026-11-23 04:31:03 UTC, 42.5 s",
        "writes: 4",
        "exit code 7: a fix failed, or an undo left something",
        "prod-eu cluster ops@example https://k8s.prod-eu.example:6443",
        "sandbox-edge sandbox (simulation)",
        "Simulation. sandbox-edge is an embedded sample held in memory, no real cluster.",
    ):
        assert said in opening


def test_a_run_of_the_sandbox_alone_says_so() -> None:
    told = Page(html.render(run(result(target=EDGE.id), targets=(EDGE,)))).text
    assert "This run was on embedded samples held in memory: no cluster was asked or changed." in told
    two = run(targets=(EDGE, msgspec.structs.replace(EDGE, id="sandbox-eks"), full().targets[0]))
    assert "sandbox-edge, sandbox-eks are embedded samples held in memory" in Page(html.render(two)).text
    assert "Simulation" not in Page(html.render(run(result()))).text


def test_everything_of_the_run_is_in_the_page_without_javascript(page: Page) -> None:
    for finding in (METALLB, MONITORING, KERNEL):
        assert finding.subject in page.text
        assert finding.message in page.text
        assert all(command in page.text for command in finding.by_hand)
    for said in (
        "lb-metallb-helm-metallb-full-frr",
        'last: MARK: bad value for option "--set-mark"',
        LEFT,
        UNREAD.reason,
        UNREAD.would_help or "",
        "An upgrade is running now",
        DELETE.message,
        DELETE.undo,
        "policy/v1beta1 is deprecated",
        LABEL.risk,
        LABEL.rollback,
        "not asked: no artifacts were given",
        "not applicable: no Cilium in namespace kube-system",
        "waived until 2027-01-31 by platform-team",
    ):
        assert said in page.text


def test_links_lead_to_the_runbook(page: Page) -> None:
    hrefs = [attributes["href"] for attributes in page.all("a")]
    assert {href for href in hrefs if href and not href.startswith("https://docs.")} == {"#results"}
    assert full().results[0].link in hrefs


def test_nothing_comes_from_outside(page: Page) -> None:
    text = html.render(full())
    for _, attributes in page.elements:
        assert not {"src", "srcset", "background", "poster", "action", "style"} & set(attributes)
        assert not [name for name in attributes if name.startswith("on")]
    assert not page.all("link")
    assert not re.search(r"@import|url\(", text)


def test_the_policy_lets_only_the_pages_own_style_and_script_be() -> None:
    text = html.render(full())
    policy = next(a["content"] for a in Page(text).all("meta") if a.get("http-equiv") == "Content-Security-Policy")
    assert policy is not None
    assert policy.startswith("default-src 'none'; ")
    assert "unsafe" not in policy
    for tag, directive in (("style", "style-src"), ("script", "script-src")):
        (content,) = re.findall(f"<{tag}>(.*?)</{tag}>", text, re.DOTALL)
        digest = base64.b64encode(hashlib.sha256(content.encode()).digest()).decode()
        assert f"{directive} 'sha256-{digest}'" in policy


def test_landmarks_headings_and_labels(page: Page) -> None:
    tags = [tag for tag, _ in page.elements]
    assert [tags.count(tag) for tag in ("header", "main", "footer", "h1")] == [1, 1, 1, 1]
    assert page.elements[0] == ("html", {"lang": "en"})
    ids = {attributes["id"] for _, attributes in page.elements if "id" in attributes}
    labels = {attributes["aria-labelledby"] for _, attributes in page.elements if "aria-labelledby" in attributes}
    assert labels <= ids
    assert tags.count("label") == tags.count("input") + tags.count("select") == 4
    assert all("scope" in attributes for attributes in page.all("th"))
    assert (
        "form",
        {"id": "filters", "hidden": None, "role": "search", "aria-label": "Filter the results"},
    ) in page.elements
    assert ("p", {"id": "shown", "role": "status"}) in page.elements


def test_rows_can_be_filtered_by_what_they_carry(page: Page) -> None:
    rows = [attributes for attributes in page.all("tbody") if "data-outcome" in attributes]
    assert rows[0] == {
        "class": "result fix-failed",
        "data-outcome": "fix-failed",
        "data-severity": "medium",
        "data-target": "2",
    }
    assert len(rows) == len(full().results)
    assert {attributes.get("value") for attributes in page.all("option")} >= {"1", "2", "fix-failed", "waived"}


def test_empty_runs_are_pages_too() -> None:
    told = Page(html.render(run(targets=(), exit_code=5))).text
    assert "Nothing was decided." in told
    assert "No target was named." in told
    assert "There are no results." in told


def test_bare_results_are_rows_too() -> None:
    bare = Change(id="1", action="wait", object="Pod/x", state=ChangeState.NOT_DONE, reason="an earlier one failed")
    down = Target(id="prod-eu", kind=TargetKind.CLUSTER, source="x.kubeconfig", error="no route to host")
    told = Page(
        html.render(
            run(
                result(),
                result(Outcome.ERROR, reason="it broke"),
                result(Outcome.SKIPPED, skip=Skip.NOT_ASKED),
                result(Outcome.FAILED, changes=(bare,), notes=(Note("a", "b"), Note("c", "d"))),
                targets=(down,),
            )
        )
    ).text
    assert "not done wait Pod/x" in told
    assert "it broke" in told
    assert "2 notes, 1 change" in told
    assert "· not asked" not in told
    assert "could not be read no route to host" in told
    assert "x.kubeconfig" in told


@pytest.mark.parametrize(
    ("address", "link"),
    [
        ("https://x.y", "https://x.y"),
        ("http://x.y", "http://x.y"),
        ("javascript:alert(1)", None),
        ("//x.y", None),
        ("data:text/html,x", None),
        ("", None),
        (None, None),
    ],
)
def test_links_that_a_browser_may_follow(address: str | None, link: str | None) -> None:
    assert html.safe_link(address) == link


def test_a_diff_is_told_line_by_line() -> None:
    assert list(html.diff_lines("--- a\n+++ b\n@@ -1 +1 @@\n-x\n+y\n z\n")) == [
        ("file", "--- a"),
        ("file", "+++ b"),
        ("hunk", "@@ -1 +1 @@"),
        ("removed", "-x"),
        ("added", "+y"),
        ("context", " z"),
    ]


def test_what_cannot_be_taken_back_says_so() -> None:
    assert html.irreversible(DELETE)
    assert not html.irreversible(LABEL)


ATTACK = st.sampled_from(
    [
        "<img/src=x/onerror=alert(1)>",
        "</script><script>alert(1)</script>",
        '"><svg/onload=alert(1)>',
        "javascript:alert(1)",
        "{{7*7}}{%raw%}",
        "<!--",
        "]]>",
    ]
) | st.text(st.characters(exclude_characters="\n\r "), min_size=1, max_size=30).filter(
    lambda text: html.safe_link(text) is None
)


@pytest.fixture(scope="module")
def benign_shape() -> list[tuple[str, list[str]]]:
    return shape_of(hostile("x"))


@settings(max_examples=25)
@given(ATTACK)
def test_no_text_changes_the_pages_shape(benign_shape: list[tuple[str, list[str]]], text: str) -> None:
    assert shape_of(hostile(text)) == benign_shape


def test_no_text_is_a_template() -> None:
    assert "{{ 7 * 7 }}" in Page(html.render(hostile("{{ 7 * 7 }}"))).text


def test_what_hides_is_shown() -> None:
    assert "txt.\\u202efdp" in Page(html.render(hostile("txt.\u202efdp"))).text


def test_it_is_made_again_from_run_json(tmp_path: Path) -> None:
    (tmp_path / "run.json").write_bytes(record.dump(full()))
    assert html.main([str(tmp_path / "run.json"), str(tmp_path / "out.html")]) == 0
    assert (tmp_path / "out.html").read_text() == html.render(full())
    command = [sys.executable, "-m", "reports.html", str(tmp_path / "run.json"), str(tmp_path / "again.html")]
    subprocess.run(command, cwd=Path(__file__).parents[2], check=True)
    assert (tmp_path / "again.html").read_bytes() == (tmp_path / "out.html").read_bytes()


@pytest.mark.parametrize(
    ("content", "said"), [(None, "No such file"), ("{}", "is no run of packcheck"), ("x", "is no run of packcheck")]
)
def test_what_is_no_run_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], content: str | None, said: str
) -> None:
    if content is not None:
        (tmp_path / "run.json").write_text(content)
    with pytest.raises(SystemExit) as end:
        html.main([str(tmp_path / "run.json"), str(tmp_path / "out.html")])
    assert end.value.code == 2
    assert said in capsys.readouterr().err
    assert not (tmp_path / "out.html").exists()


def test_many_rows_make_no_heavy_page() -> None:
    many = msgspec.structs.replace(full(), results=full().results * 30)
    assert len(html.render(many)) < 1_000_000
