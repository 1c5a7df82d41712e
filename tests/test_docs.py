"""What the documents say is there: links lead somewhere, tables list what exists, nothing names this machine."""

import re
import subprocess
import tomllib
from pathlib import Path
from typing import Any

import pytest

from domain.version import VERSION
from fixtures.selection import scenarios

ROOT = Path(__file__).resolve().parent.parent
LINK = re.compile(r"\]\((?!https?://|#|mailto:)([^)#\s]+)(?:#[^)]*)?\)")
PAGES = ("Symptom", "Cause", "How it is detected", "Remedies", "By hand", "Source")


def tracked(*patterns: Any) -> Any:
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", *patterns],
        cwd=ROOT, check=True, capture_output=True, text=True,
    )  # fmt: skip
    return [ROOT / name for name in listed.stdout.split("\n") if name and (ROOT / name).is_file()]


@pytest.mark.parametrize("page", tracked("*.md"), ids=lambda p: str(p.relative_to(ROOT)))
def test_links_lead_somewhere(page: Any) -> None:
    text = re.sub(r"```.*?```|`[^`]*`", "", page.read_text(encoding="utf-8"), flags=re.DOTALL)
    for target in LINK.findall(text):
        assert (page.parent / target).exists(), f"{target} is not there"


@pytest.mark.parametrize(("scenario", "path"), scenarios().values(), ids=scenarios())
def test_each_scenario_has_its_page_and_its_line_in_the_readme(scenario: Any, path: Any) -> None:
    page = path.with_suffix(".md")
    headings = re.findall(r"^## (.+)$", page.read_text(encoding="utf-8"), re.MULTILINE)
    assert tuple(headings) == PAGES
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    assert f"| `{scenario.id}` |" in readme
    assert str(page.relative_to(ROOT)) in readme


def test_version_stands_once() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert project["version"] == VERSION


def test_locks_carry_hashes_and_no_addresses() -> None:
    for lock in ("requirements.lock", "requirements-dev.lock"):
        text = (ROOT / lock).read_text(encoding="utf-8")
        assert "--hash=sha256:" in text
        assert not re.search(r"https?://|--(?:extra-)?index-url|--find-links", text)


def test_nothing_names_this_machine() -> None:
    # built so that this file does not hold what it looks for
    here = re.compile(r"(?<![\w.~-])/(?:" + "|".join(("wo" + "rk", "fa" + "rm")) + ")/")
    for path in tracked():
        if path.suffix in {".png", ".ico"}:
            continue
        assert not here.search(path.read_text(encoding="utf-8", errors="replace")), path
