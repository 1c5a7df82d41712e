"""What must not leave a cluster with a recording: credentials, by the key that they stand under and by their shape.

Everything else is kept as it is, for a recording gives the same findings as the run that made it. What is taken out is
not hashed: a short password would be guessed from its hash.
"""

import json
import re
from typing import Any, Final

import msgspec

from domain.plan import Plan, Refusal
from domain.run import Change
from domain.verdict import Verdict

REDACTED: Final = "REDACTED"

_KEY: Final = (
    r"pass(?:word|wd|phrase)|secret|token|api[-_.]?key|access[-_.]?key|private[-_.]?key|encryption[-_.]?key|credential|"
    r"client[-_.]?key|client[-_.]?certificate|dockerconfig|auth(?:orization)?(?![a-z])|bearer|cookie|session[-_.]?id"
)
_SAYS: Final = re.compile(_KEY, re.IGNORECASE)
_NAMES: Final = re.compile(
    r"(?:secret|token|credential)s?[-_.]?(?:name|names|namespace|ref|provider|file|path|mount|class|type|policy|expir\w*|ttl|"
    r"audience|review\w*|store\w*)|.*(?:file|path|name|names|namespace|enabled|ref|type)",
    re.IGNORECASE,
)
"""Keys that name where a credential is, and do not hold it."""

_SHAPES: Final = (
    re.compile(r"-----BEGIN [A-Z0-9 ]*PRIVATE KEY-----.*?(?:-----END [A-Z0-9 ]*PRIVATE KEY-----|\Z)", re.DOTALL),
    re.compile(r"\beyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}(?:\.[A-Za-z0-9_-]*)?"),
    re.compile(r"\b(?:AKIA|ASIA)[A-Z0-9]{16}\b"),
    re.compile(r"\bgh[pousr]_[A-Za-z0-9]{20,}\b|\bgithub_pat_[A-Za-z0-9_]{20,}\b"),
    re.compile(r"\bxox[abprs]-[A-Za-z0-9-]{10,}"),
    re.compile(r"\bLS0tLS1CRUdJTi[A-Za-z0-9+/]{20,}={0,2}"),
)
"""Private keys, JSON web tokens, keys of AWS, GitHub and Slack, and PEM in base64 as kubeconfigs have it."""

_URL: Final = re.compile(r"((?<![a-z0-9+.-])[a-z0-9+.-]+://)[^\s/@:]*:(?![0-9]+/)[^\s@]+@", re.IGNORECASE)
_BEARER: Final = re.compile(r"\b((?:bearer|basic)\s+)[A-Za-z0-9._~+/=-]{8,}", re.IGNORECASE)
_AT_REGISTRY: Final = re.compile(
    r"(?<![\w/.:-])((?!mailto:)[\w.-]+:)[^\s/@:]+(?=@[a-z0-9][a-z0-9.-]*(?::[0-9]+)?/)", re.IGNORECASE
)
_LOGIN: Final = re.compile(
    r"""(\bcurl\b[^\n|;&]*?\s(?:-u|--user)[ \t=]*\\*["']?[^\s:"'\\]+:|"""
    r"""\b(?:sshpass|login)\b[^\n|;&]*?\s-p[ \t=]*)[^\s"'\\]+"""
)
"""Of a user with a password, before a registry's name without a scheme and as curl, sshpass and logins take it."""

_ASSIGNED: Final = re.compile(
    rf"""(?P<key>(?:(?<!\\)\\+|(?<![\w.-]))["']?[\w.-]*(?:{_KEY})[\w.-]*\\*["']?)"""
    r"""(?P<is>[ \t]*[:=][ \t]*|[ \t]+(?=[^\s=:-]))"""
    r"""(?P<value>(?P<escaped>\\+["'])(?:(?!(?P=escaped)).)*(?P=escaped)|"""
    r""""(?:[^"\\\n]|\\.)*"|'[^'\n]*'|[^\s,;'"}\]&]+)""",
    re.IGNORECASE,
)
"""Also where quotes are escaped, as in YAML that is a string of JSON."""

_BLOCK: Final = re.compile(
    rf"""^(?P<indent>[ ]*)(?P<key>["']?[\w.-]*(?:{_KEY})[\w.-]*["']?):[ ]*[|>][-+]?[0-9]*[ ]*\n"""
    r"""(?:(?P=indent)[ ]+.*\n?|[ ]*\n)+""",
    re.IGNORECASE | re.MULTILINE,
)
_PLAIN: Final = ("true", "false", "null", "~")
_OPENS: Final = ("|", ">", "|-", ">-", "|+", ">+", "{", "[")
_FLAG: Final = re.compile(rf"--?[\w-]*(?:{_KEY})[\w-]*", re.IGNORECASE)
_EXPLAINS: Final = re.compile(r"[ \t]+")


def redact(item: Any) -> Any:
    """An object of the API, plain JSON, without credentials; a Secret keeps its keys and loses every value."""
    if isinstance(item, dict) and item.get("kind") == "Secret":
        emptied = {key: dict.fromkeys(item[key] or {}, REDACTED) for key in ("data", "stringData") if key in item}
        return _value({**item, **emptied})
    return _value(item)


def cleared(verdict: Verdict) -> Verdict:
    """A verdict whose words and evidence hold no credential: a line of a log or of user-data may have carried one."""
    return msgspec.structs.replace(
        verdict,
        reason=redact_text(verdict.reason),
        findings=tuple(
            msgspec.structs.replace(
                one,
                message=redact_text(one.message),
                evidence=redact(one.evidence),
                by_hand=tuple(redact_text(line) for line in one.by_hand),
            )
            for one in verdict.findings
        ),
        undecided=tuple(msgspec.structs.replace(one, reason=redact_text(one.reason)) for one in verdict.undecided),
        notes=tuple(msgspec.structs.replace(one, message=redact_text(one.message)) for one in verdict.notes),
    )


def cleared_change(change: Change) -> Change:
    """A change for a report, whose words and diff hold no credential: beside what is changed one may stand."""
    return msgspec.structs.replace(
        change,
        reason=redact_text(change.reason),
        command=redact_text(change.command),
        diff=redact_text(change.diff),
        message=redact_text(change.message),
        warnings=tuple(redact_text(each) for each in change.warnings),
    )


def cleared_plan(planned: Plan | Refusal) -> Plan | Refusal:
    """A plan, or why there is none, whose words hold no credential; what it changes is exact."""
    if isinstance(planned, Refusal):
        return msgspec.structs.replace(planned, reason=redact_text(planned.reason))
    changes = (
        msgspec.structs.replace(one, reason=redact_text(one.reason), command=redact_text(one.command))
        for one in planned.changes
    )
    remarks = tuple(redact_text(remark) for remark in planned.remarks)
    return msgspec.structs.replace(planned, changes=tuple(changes), remarks=remarks)


def redact_text(text: str) -> str:
    """Text, a log or YAML in a ConfigMap, without what looks like a credential or is assigned to what is one."""
    for shape in _SHAPES:
        text = shape.sub(REDACTED, text)
    text = _BLOCK.sub(lambda m: f"{m['indent']}{m['key']}: {REDACTED}\n", text)
    text = _URL.sub(rf"\1{REDACTED}@", text)
    text = _AT_REGISTRY.sub(rf"\1{REDACTED}", text)
    text = _LOGIN.sub(rf"\1{REDACTED}", text)
    text = _BEARER.sub(rf"\1{REDACTED}", text)
    return _ASSIGNED.sub(_unassigned, text)


def _unassigned(match: re.Match[str]) -> str:
    key = match["key"].strip("\"'\\")
    explains = _EXPLAINS.fullmatch(match["is"]) is not None and not _FLAG.fullmatch(key)
    if explains or not _holds(key) or match["value"] in (*_PLAIN, *_OPENS):
        return match[0]
    quote = match["escaped"] or (match["value"][0] if match["value"][0] in "\"'" else "")
    return f"{match['key']}{match['is']}{quote}{REDACTED}{quote}"


def _value(value: Any) -> Any:
    if isinstance(value, str):
        return _string(value)
    if isinstance(value, list | tuple):
        return [_value(each) for each in _after_flags(list(value))]
    if isinstance(value, dict):
        return {key: _under(key, each, value) for key, each in value.items() if key != "managedFields"}
    return value


def _under(key: str, value: Any, beside: dict[str, Any]) -> Any:
    """What stands under a key; a value beside a name (an environment variable) is judged by that name."""
    name = beside.get("name") if key == "value" else key
    if not (isinstance(name, str) and _holds(name)):
        return _value(value)
    if isinstance(value, list | tuple):
        return [REDACTED if isinstance(each, str) and each else _value(each) for each in value]
    return REDACTED if isinstance(value, str) and value else _value(value)


def _holds(key: str) -> bool:
    return _SAYS.search(key) is not None and _NAMES.fullmatch(key) is None


def _string(text: str) -> str:
    """A string; JSON in it, as in kubectl's last-applied-configuration, is an object again."""
    if text.startswith(("{", "[")):
        try:
            inner = json.loads(text)
        except ValueError:
            return redact_text(text)
        cleared = redact(inner)
        return text if cleared == inner else json.dumps(cleared, separators=(",", ":"))
    return redact_text(text)


def _after_flags(items: list[Any]) -> list[Any]:
    """The words of a command line; what follows `--password` is taken out."""
    words = list(items)
    for at in range(1, len(words)):
        flag, word = words[at - 1], words[at]
        if isinstance(flag, str) and isinstance(word, str) and _FLAG.fullmatch(flag) and not word.startswith("-"):
            words[at] = REDACTED
    return words
