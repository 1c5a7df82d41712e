"""Palette's templates (`{{ … }}`) in a text that is read as YAML: held out of its way, and put back as they stood.

Terraform's own (`${ … }`, `%{ … }`) are read as such, for neither is known before it is put in.
"""

import re
from typing import Final

TEMPLATE: Final = re.compile(r"\{\{.*?\}\}", re.DOTALL)
HELD: Final = "\ue000"
"""Stands for each character of a template: one that YAML takes for a letter, and that nobody writes."""

_TERRAFORM: Final = re.compile(
    r"(?P<kept>\{\{.*?\}\}|\$\$\{|%%\{)|[$%]\{(?:[^{}\"]|\"(?:\\.|[^\"\\\n])*\"|\{[^{}]*\})*\}", re.DOTALL
)
_OF_TEMPLATE: Final = re.compile(r"((?:^[ \t]+)?)([^\r\n]+)", re.MULTILINE)


def held(text: str) -> str:
    """A text with its templates put out of YAML's way; lines and characters stay where they are."""
    return TEMPLATE.sub(lambda match: _OF_TEMPLATE.sub(_masked, match[0]), text) if "{{" in text else text


def of_terraform(text: str) -> str:
    """A heredoc's text with what Terraform puts in made a template: `{{ ${var.ipv6} }}`; `$${` is no such thing."""
    return _TERRAFORM.sub(lambda match: match[0] if match["kept"] else f"{{{{ {match[0]} }}}}", text)


def _masked(line: re.Match[str]) -> str:
    return line[1] + HELD * len(line[2])


def restored(value: str, template: str) -> str:
    """A text with the first of its held templates put back; where lines of it were folded, they stay so."""
    parts = [part.lstrip(" \t") for part in template.splitlines() if part.strip()]
    pattern = re.compile(r"(\s+)".join(HELD * len(part) for part in parts))

    def put_back(match: re.Match[str]) -> str:
        return "".join(f"{part}{space}" for part, space in zip(parts, [*match.groups(), ""], strict=True))

    return pattern.sub(put_back, value, count=1)
