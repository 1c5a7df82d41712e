import pytest

from domain.pod_security import LATEST, Level, Mode, Policy, PolicyVersion, policy_from_labels

V1_30 = PolicyVersion.parse("v1.30")
V1_31 = PolicyVersion.parse("v1.31")


def test_levels_are_ordered_by_strictness_and_not_by_name() -> None:
    assert sorted([Level.RESTRICTED, Level.PRIVILEGED, Level.BASELINE]) == list(Level)
    assert Level.PRIVILEGED < Level.BASELINE < Level.RESTRICTED
    assert Level.BASELINE <= Level.BASELINE
    assert Level.RESTRICTED >= Level.BASELINE > Level.PRIVILEGED
    assert not Level.BASELINE < Level.PRIVILEGED


@pytest.mark.parametrize("text", ["latest", "v1.0", "v1.9", "v1.30", "v1.9223372036854775807"])
def test_versions_that_admission_reads(text: str) -> None:
    assert str(PolicyVersion.parse(text)) == text


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Latest",
        "1.30",
        "v1",
        "v1.",
        "v1.01",
        "v1.1.1",
        "v2.0",
        "v1.30 ",
        "v1.3\n",
        "v1.-1",
        "v1.٣",
        "v1.9223372036854775808",
        "v1." + "9" * 5000,
    ],
)
def test_versions_that_admission_does_not_read(text: str) -> None:
    with pytest.raises(ValueError, match=r'^must be "latest" or "v1\.x"$'):
        PolicyVersion.parse(text)


def test_versions_are_ordered_by_number_and_latest_is_the_newest() -> None:
    assert PolicyVersion.parse("v1.9") < V1_30 < V1_31 < LATEST
    assert PolicyVersion.parse("latest") == LATEST


@pytest.mark.parametrize("reported", ["v1.30.4", "v1.30", "1.30+", "v1.30.3-eks-a1b2c3", "v1.30.0+k3s1"])
def test_versions_that_servers_report(reported: str) -> None:
    assert PolicyVersion.of_server(reported) == V1_30


@pytest.mark.parametrize("reported", ["", "v2.30.1", "v0.0.0-master+$Format:%H$", "latest", "v1.x", "v1." + "9" * 5000])
def test_versions_that_no_server_reports(reported: str) -> None:
    with pytest.raises(ValueError, match="is not the version of a Kubernetes server"):
        PolicyVersion.of_server(reported)


def test_a_server_judges_what_it_does_not_know_by_its_newest() -> None:
    assert V1_30.judged_by(V1_31) == V1_30
    assert V1_31.judged_by(V1_30) == V1_30
    assert LATEST.judged_by(V1_30) == V1_30
    assert LATEST.judged_by(None) == LATEST


def labelled(**labels: str) -> Policy:
    return policy_from_labels({f"pod-security.kubernetes.io/{key.replace('_', '-')}": labels[key] for key in labels})


def test_labels_that_are_absent_leave_the_levels_unknown() -> None:
    assert labelled() == Policy(Mode(None, LATEST), Mode(None, LATEST), Mode(None, LATEST), ())
    assert policy_from_labels({"kubernetes.io/metadata.name": "x"}) == Policy()
    assert str(Policy().enforce) == "unset:latest"


def test_each_label_sets_its_own_field() -> None:
    policy = labelled(
        enforce="baseline", enforce_version="v1.30", audit="restricted", audit_version="v1.31", warn="privileged"
    )
    assert policy == Policy(Mode(Level.BASELINE, V1_30), Mode(Level.RESTRICTED, V1_31), Mode(Level.PRIVILEGED, LATEST))
    assert str(policy.enforce) == "baseline:v1.30"
    assert labelled(warn_version="v1.30").warn == Mode(None, V1_30)


def test_an_invalid_enforce_label_fails_closed_and_says_why() -> None:
    policy = labelled(enforce="Baseline", enforce_version="1.30")
    assert policy.enforce == Mode(Level.RESTRICTED, LATEST)
    assert policy.warn == Mode(None, LATEST)
    label = "metadata.labels[pod-security.kubernetes.io/"
    assert [str(error) for error in policy.errors] == [
        f'{label}enforce]: Invalid value: "Baseline": must be one of privileged, baseline, restricted',
        f'{label}enforce-version]: Invalid value: "1.30": must be "latest" or "v1.x"',
    ]


@pytest.mark.parametrize("mode", ["audit", "warn"])
def test_invalid_audit_and_warn_labels_fail_open(mode: str) -> None:
    policy = labelled(**{mode: "strict", f"{mode}_version": "v1.030"})
    assert getattr(policy, mode) == Mode(Level.PRIVILEGED, LATEST)
    assert [(error.label, error.value) for error in policy.errors] == [
        (f"pod-security.kubernetes.io/{mode}", "strict"),
        (f"pod-security.kubernetes.io/{mode}-version", "v1.030"),
    ]


@pytest.mark.parametrize(
    ("labels", "warn"),
    [
        ({"enforce": "baseline", "enforce_version": "v1.30"}, Mode(Level.BASELINE, V1_30)),
        ({"enforce": "baseline", "enforce_version": "v1.30", "warn_version": "v1.31"}, Mode(Level.BASELINE, V1_31)),
        ({"enforce": "privileged", "enforce_version": "v1.30"}, Mode(None, LATEST)),
        ({"enforce": "restricted", "warn": "baseline"}, Mode(Level.BASELINE, LATEST)),
        ({"enforce": "restricted", "warn": "odd"}, Mode(Level.PRIVILEGED, LATEST)),
    ],
)
def test_warn_asks_at_least_for_what_is_enforced(labels: dict[str, str], warn: Mode) -> None:
    assert labelled(**labels).warn == warn


def test_the_defaults_of_the_cluster_stand_where_no_label_is() -> None:
    defaults = Policy(Mode(Level.BASELINE, V1_30), Mode(Level.RESTRICTED, V1_30), Mode(Level.RESTRICTED, V1_31))
    assert policy_from_labels({}, defaults) == defaults
    policy = policy_from_labels({"pod-security.kubernetes.io/enforce": "privileged"}, defaults)
    assert policy == Policy(Mode(Level.PRIVILEGED, V1_30), defaults.audit, defaults.warn)
    assert policy_from_labels({"pod-security.kubernetes.io/enforce": "restricted"}, defaults).warn == defaults.warn
