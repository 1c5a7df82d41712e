import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from domain.pod_security import LATEST, Level, PolicyVersion, Refusal, parse_refusal, refusal, violations
from tests.domain.pod_security.generator import pods
from tests.domain.pod_security.samples import container, pod

WORDS = (
    'violates PodSecurity "baseline:latest": host namespaces (hostNetwork=true, hostPID=true), '
    'hostPort (container "s" uses hostPorts 7472, 7946), '
    'privileged (containers "s", "t" must not set securityContext.privileged=true)'
)
REASONS = (
    "host namespaces (hostNetwork=true, hostPID=true)",
    'hostPort (container "s" uses hostPorts 7472, 7946)',
    'privileged (containers "s", "t" must not set securityContext.privileged=true)',
)


@pytest.mark.parametrize(
    "before",
    [
        "",
        'pods "speaker-lfn95" is forbidden: ',
        'Error creating: pods "speaker-lfn95" is forbidden: ',
        '(combined from similar events): Error creating: pods "speaker-lfn95" is forbidden: ',
        'create Pod ss-0 in StatefulSet ss failed error: pods "ss-0" is forbidden: ',
        'Error from server (Forbidden): error when creating "x.yaml": pods "x" is forbidden: ',
    ],
)
def test_refusals_are_read_from_whatever_repeats_them(before: str) -> None:
    assert parse_refusal(before + WORDS) == Refusal(Level.BASELINE, "latest", REASONS, WORDS)


@pytest.mark.parametrize(
    "message",
    [
        "",
        'Error creating: pods "x" is forbidden: exceeded quota: q, requested: pods=1, used: pods=1, limited: pods=1',
        'Error creating: pods "x" is forbidden: error looking up service account a/b: serviceaccount "b" not found',
        'admission webhook "policy.example.com" denied the request: privileged (container "s")',
        'Warning: would violate PodSecurity "restricted:latest": runAsNonRoot != true (x)',
        'pods "x" is forbidden: would violate PodSecurity "restricted:latest": runAsNonRoot != true (x)',
        'pods "x" is forbidden: violates PodSecurity "privileged:latest": a (b)',
        'pods "x" is forbidden: violates PodSecurity "baseline:newest": a (b)',
        'pods "x" is forbidden: violates PodSecurity "baseline:latest": ',
        "violates PodSecurity",
    ],
)
def test_other_messages_are_not_refusals(message: str) -> None:
    assert parse_refusal(message) is None


@pytest.mark.parametrize(
    ("reasons", "parsed"),
    [
        ("a, b", ("a", "b")),
        ("a (b, c), d", ("a (b, c)", "d")),
        ('a ("b), c", d), e', ('a ("b), c", d)', "e")),
        (r'a ("b\", c), d"), e', (r'a ("b\", c), d")', "e")),
        ("a (b (c, d), e), f", ("a (b (c, d), e)", "f")),
        ("a (b, c", ("a (b, c",)),
        ('a ("b, c', ('a ("b, c',)),
        ("a, , b,", ("a", "b")),
    ],
)
def test_reasons_are_split_outside_of_parentheses_and_quotes(reasons: str, parsed: tuple[str, ...]) -> None:
    read = parse_refusal(f'violates PodSecurity "restricted:v1.30": {reasons}')
    assert read is not None
    assert (read.level, read.version, read.reasons) == (Level.RESTRICTED, "v1.30", parsed)


def test_quotes_within_quotes_do_not_hide_the_next_reason() -> None:
    annotated = {"container.apparmor.security.beta.kubernetes.io/s": "unconfined"}
    sample = pod(container("s", context={"privileged": True}), annotations=annotated)
    said = refusal(sample, Level.BASELINE)
    assert said is not None
    read = parse_refusal(said)
    assert read is not None
    assert read.reasons == tuple(map(str, violations(sample, Level.BASELINE)))


@given(st.text() | st.text(alphabet='violates PodSecurity"():,\\v1.0baselinert').map("is forbidden: violates ".__add__))
@example('violates PodSecurity "baseline:latest": )),,("\\')
@example('is forbidden: violates PodSecurity "baseline:v1.' + "9" * 5000 + '": (((')
def test_no_message_makes_it_fail(message: str) -> None:
    read = parse_refusal(message)
    assert read is None or message.endswith(read.text)


@given(st.text())
def test_no_reason_makes_it_fail(reasons: str) -> None:
    message = f'pods "x" is forbidden: violates PodSecurity "baseline:latest": {reasons}'
    read = parse_refusal(message)
    assert read is None if not reasons else read is not None and message.endswith(read.text)


@given(st.randoms(use_true_random=False), st.sampled_from(Level), st.integers(0, 40))
def test_what_is_refused_here_is_read_here(random: object, level: Level, minor: int) -> None:
    version = PolicyVersion(latest=False, minor=minor) if minor else LATEST
    sample = next(pods(random))  # type: ignore[arg-type] # hypothesis' Random is one
    said = refusal(sample, level, version)
    read = None if said is None else parse_refusal(f'Error creating: pods "x-" is forbidden: {said}')
    assert (said is None) == (read is None)
    if read is not None and '"), ' not in str(sample):
        assert (read.level, read.version, read.text) == (level, str(version), said)
