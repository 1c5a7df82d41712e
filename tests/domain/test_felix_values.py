"""What Felix makes of texts, selectors and log lines: its own odd rules, repeated."""

import json
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.calico import CalicoPod
from domain.felix import Boolean, felix_boolean, pod_symptoms, symptom_in_log
from domain.felix.selectors import selects

MARK = (
    "2025-03-26 01:41:32.859 [WARNING][3071] felix/table.go 1321: Failed to execute ip(6)tables-restore command "
    'error=exit status 2 errorOutput="ip6tables-restore v1.8.4 (legacy): unknown option \\"--set-mark\\"\\nError '
    'occurred at line: 7\\n" input="*mangle\\n:cali-from-host-endpoint - -\\nCOMMIT\\n" ipVersion=0x6 output=""'
)
RANGE = (
    "Failed to execute ip(6)tables-restore command error=exit status 2 errorOutput=... MARK: bad value for option "
    '\\"--set-mark\\", or out of range (0–4294967295)...'  # noqa: RUF001  the page's own dash
)
RETRY = (
    "[WARNING][23257] felix/table.go 999: Failed to program iptables, will retry error=exit status 2 ipVersion=0x6 "
    'table="mangle"'
)
PANIC = 'Failed to program iptables, giving up after retries error=exit status 2 ipVersion=0x6 table="mangle"'
RPFILTER = (
    'Failed to execute ip(6)tables-restore command error=exit status 2 errorOutput="ip6tables-restore v1.8.2 (legacy): '
    'Couldn\'t load match `rpfilter\':No such file or directory\\n" input="*raw\\n--jump MARK --set-mark 0/0x1" '
)
V4 = 'Failed to execute ip(6)tables-restore command errorOutput="unknown option \\"--set-mark\\"" ipVersion=0x4'


@pytest.mark.parametrize("text", ["true", "TRUE", "1", "Yes", "y", "T"])
def test_true(text: str) -> None:
    assert felix_boolean(text, default=False) == Boolean(value=True)


@pytest.mark.parametrize("text", ["false", "False", "0", "NO", "n", "f", "none", "None"])
def test_false(text: str) -> None:
    assert felix_boolean(text, default=True) == Boolean(value=False)


@pytest.mark.parametrize("text", ["off", "on", "disabled", " false", "false ", "'false'", "falsch", "00"])
def test_anything_else_is_the_default(text: str) -> None:
    assert felix_boolean(text, default=True) == Boolean(value=True, odd=True)
    assert felix_boolean(text, default=False) == Boolean(value=False, odd=True)


@given(st.text(), st.booleans())
def test_a_boolean_is_odd_exactly_where_felix_does_not_know_it(text: str, default: bool) -> None:
    read = felix_boolean(text, default)
    known = text.lower() in {"true", "1", "yes", "y", "t", "false", "0", "no", "n", "f", "none"}
    assert read.odd is not known
    assert known or read.value is default


LABELS = {"kubernetes.io/os": "linux", "role": "gpu", "empty": ""}


@pytest.mark.parametrize(
    ("selector", "selected"),
    [
        ("all()", True),
        ("global( )", True),
        ("has(role)", True),
        ("has( other )", False),
        ("!has(other)", True),
        ("! has(role)", False),
        ("role == 'gpu'", True),
        ('role=="gpu"', True),
        ("role == 'cpu'", False),
        ("role != 'gpu'", False),
        ("other != 'gpu'", True),
        ("empty == ''", True),
        ("role in {'cpu', \"gpu\"}", True),
        ("role in { 'cpu' }", False),
        ("role not in {'cpu'}", True),
        ("role not  in {'gpu'}", False),
        ("other in {'gpu'}", False),
        ("other not in {'gpu'}", True),
        ("role in {}", False),
        ("kubernetes.io/os == 'linux' && role == 'gpu'", True),
        ("role == 'gpu' && has(other)", False),
        ("role == 'a && b' && has(role)", False),
        ("role starts with 'g'", None),
        ("role == 'gpu' && role contains 'p'", None),
        ("role == 'cpu' && role contains 'p'", False),
        ("has(other) || role == 'gpu'", None),
        ("(role == 'gpu')", None),
        ("!(has(x) && role == 'cpu' && has(y))", None),
        ("role in {cpu, gpu}", None),
        ("role in {'a' 'b'}", None),
        ("", None),
        ("role ==", None),
    ],
)
def test_selectors(selector: str, selected: bool | None) -> None:
    assert selects(selector, LABELS) is selected


@given(st.text(), st.dictionaries(st.text(), st.text()))
def test_no_selector_crashes(selector: str, labels: dict[str, str]) -> None:
    assert selects(selector, labels) in (True, False, None)


@pytest.mark.parametrize(
    ("text", "begins"),
    [
        (MARK, "2025-03-26 01:41:32.859 [WARNING][3071] felix/table.go 1321: Failed to execute"),
        (f"starting\n{RANGE}\nmore", "Failed to execute ip(6)tables-restore command"),
        (f"{RETRY}\n{MARK}", "2025-03-26"),
        (f"{RPFILTER}\n{MARK}", "2025-03-26"),
        (RETRY, "[WARNING][23257]"),
        (f"{RETRY}\n{PANIC}", "[WARNING][23257]"),
        (PANIC, "Failed to program iptables, giving up after retries"),
    ],
)
def test_a_log_shows_the_fault(text: str, begins: str) -> None:
    line = symptom_in_log(text)
    assert line is not None
    assert line.startswith(begins)
    assert "cali-from-host-endpoint" not in line


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Felix is ready",
        RPFILTER,
        f"{RETRY}\n{RPFILTER}",
        V4,
        PANIC.replace("0x6", "0x4"),
        PANIC.replace("mangle", "raw"),
        'unknown option "--set-mark"',
    ],
)
def test_a_log_shows_nothing_of_it(text: str) -> None:
    assert symptom_in_log(text) is None


def test_a_long_line_is_cut() -> None:
    line = symptom_in_log(PANIC + " " + "x" * 5000)
    assert line is not None
    assert len(line) == 600
    assert line.endswith("…")


@given(st.text())
def test_no_log_crashes(text: str) -> None:
    assert symptom_in_log(text) is None


def pod(**status: Any) -> CalicoPod:
    meta = {"name": "calico-node-x1", "namespace": "kube-system"}
    return msgspec.json.decode(json.dumps({"metadata": meta, "status": status}), type=CalicoPod)


READY = [{"type": "Ready", "status": "True"}]
UNREADY = [{"type": "Ready", "status": "False"}]


@pytest.mark.parametrize(
    ("status", "said"),
    [
        ({"phase": "Running", "conditions": READY}, ()),
        (
            {"phase": "Running", "conditions": UNREADY, "containerStatuses": [{"name": "calico-node"}]},
            ("Pod/kube-system/calico-node-x1 is Running and not Ready",),
        ),
        (
            {
                "phase": "Running",
                "conditions": UNREADY,
                "containerStatuses": [
                    {"name": "kube-flannel", "restartCount": 9},
                    {
                        "name": "calico-node",
                        "restartCount": 4,
                        "state": {"waiting": {"reason": "CrashLoopBackOff"}},
                    },
                ],
            },
            (
                "Pod/kube-system/calico-node-x1 is Running and not Ready (CrashLoopBackOff)",
                "its container calico-node was restarted 4 times",
            ),
        ),
        ({}, ("Pod/kube-system/calico-node-x1 is in no phase and not Ready",)),
        ({"phase": "Failed", "conditions": READY}, ("Pod/kube-system/calico-node-x1 is Failed and not Ready",)),
    ],
)
def test_a_pod_shows_that_it_is_not_ready_and_how_often_it_restarted(
    status: dict[str, Any], said: tuple[str, ...]
) -> None:
    assert pod_symptoms(pod(**status)) == said
