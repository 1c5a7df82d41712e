"""What admission does to one controller; whole clusters stand in tests/cases/packs/namespace_labels."""

from datetime import UTC, datetime
from typing import Any

import pytest

from domain.admission import (
    Judged,
    KeptOut,
    Latent,
    NotRetried,
    Unjudged,
    judge,
    judge_all,
    lets_in,
    template,
    would_refuse,
)
from domain.objects import Namespace, ObjectMeta
from domain.pod_security import Level, PodSpecError, PolicyVersion
from domain.verdict import Grade
from domain.workloads import Controller, RefusedPods, Told
from tests.domain.made import BASELINE, HOST, PLAIN, controller, daemon_set, refusal

ENFORCE = "pod-security.kubernetes.io/enforce"
AT_TEN = datetime(2026, 11, 22, 10, tzinfo=UTC)
SERVER = PolicyVersion.of_server("v1.36.1")
RESTRICTED = 'violates PodSecurity "restricted:latest": x (y)'


def labelled(level: str | None = None, **labels: str) -> Namespace:
    given = {**labels, **({ENFORCE: level} if level else {})}
    return Namespace(metadata=ObjectMeta(name="a", labels=given))


def told(text: str = BASELINE) -> RefusedPods:
    return RefusedPods("DaemonSet", "a", "speaker", "uid-speaker", Told(refusal(text), AT_TEN, "event FailedCreate"))


TOLD = told()
HOSTED, PLAINER = daemon_set(template=HOST), daemon_set(template=PLAIN)
SETTLED = daemon_set(0, template=HOST)
PROBED = {"livenessProbe": {"httpGet": {"host": "10.0.0.1", "port": 80}}}


@pytest.mark.parametrize(
    ("one", "namespace", "refusals", "came_to"),
    [
        # nothing is missing: whatever was said is over, and pods made anew go by the labels
        (SETTLED, labelled(), [TOLD], None),
        (SETTLED, None, [TOLD], None),
        (SETTLED, labelled("privileged"), [TOLD], None),
        (SETTLED, labelled("baseline"), [TOLD], Latent(SETTLED, BASELINE)),
        (daemon_set(0, template=PLAIN), labelled("baseline"), [], None),
        (daemon_set(0, template={"spec": {"containers": 1}}), labelled("baseline"), [], None),
        # the cluster's default decides, and cannot be read
        (HOSTED, labelled(), [], None),
        (HOSTED, None, [], None),
        (HOSTED, labelled(), [TOLD], KeptOut(HOSTED, BASELINE, TOLD.told, Grade.PROVEN)),
        (HOSTED, None, [TOLD], KeptOut(HOSTED, BASELINE, TOLD.told, Grade.PROVEN)),
        (PLAINER, labelled(), [TOLD], NotRetried(PLAINER, TOLD.told)),
        # the labels decide
        (PLAINER, labelled("baseline"), [], None),
        (PLAINER, labelled("baseline"), [TOLD], NotRetried(PLAINER, TOLD.told)),
        (HOSTED, labelled("privileged"), [TOLD], NotRetried(HOSTED, TOLD.told)),
        (HOSTED, labelled("privileged"), [], None),
        (HOSTED, labelled("baseline"), [], KeptOut(HOSTED, BASELINE, None, Grade.PREDICTED)),
        (HOSTED, labelled("baseline"), [TOLD], KeptOut(HOSTED, BASELINE, TOLD.told, Grade.PROVEN)),
        # what was said was said under another level
        (
            HOSTED,
            labelled("baseline"),
            [told(RESTRICTED)],
            KeptOut(HOSTED, BASELINE, told(RESTRICTED).told, Grade.PREDICTED),
        ),
    ],
)
def test_a_controller_is_kept_out_or_not_retried_or_nothing_is_known(
    one: Controller, namespace: Namespace | None, refusals: list[RefusedPods], came_to: Judged | None
) -> None:
    assert judge(one, namespace, refusals, SERVER) == came_to


def test_the_version_in_the_label_is_the_one_that_judges() -> None:
    probing = daemon_set(
        template={
            "spec": {"containers": [{"name": "c", "livenessProbe": {"httpGet": {"host": "127.0.0.1", "port": 1}}}]}
        }
    )
    assert isinstance(judge(probing, labelled("baseline"), [], SERVER), KeptOut)
    assert judge(probing, labelled("baseline", **{f"{ENFORCE}-version": "v1.33"}), [], SERVER) is None
    assert judge(probing, labelled("baseline"), [], PolicyVersion.of_server("v1.33.0")) is None


@pytest.mark.parametrize("broken", [{}, {"spec": {}}, 7, [], {"spec": {"containers": 7}}])
def test_a_template_that_is_none_is_not_judged_and_admissions_words_stand(broken: Any) -> None:
    one = daemon_set(template=broken)
    with pytest.raises(PodSpecError):
        would_refuse(one, Level.BASELINE, SERVER)
    assert not lets_in(one, Level.BASELINE, SERVER)
    silent = judge(one, labelled("baseline"), [], SERVER)
    assert isinstance(silent, Unjudged)
    assert "DaemonSet/speaker lacks pods, and its template cannot be judged: spec" in str(silent)
    assert judge(one, labelled(), [TOLD], SERVER) == KeptOut(one, BASELINE, TOLD.told, Grade.PROVEN)
    assert judge(one, labelled("baseline"), [TOLD], SERVER) == KeptOut(one, BASELINE, TOLD.told, Grade.PROVEN)
    assert would_refuse(one, Level.PRIVILEGED, SERVER) is None


def test_a_template_is_plain_json() -> None:
    assert template(controller(template=PLAIN)) == PLAIN
    assert template(controller(template=[1])) == {}


def test_controllers_are_judged_by_namespace_in_the_order_read() -> None:
    other = daemon_set(name="other", namespace="b", template=HOST)
    third = daemon_set(name="third", template=HOST)
    namespaces = {"a": labelled("baseline"), "b": labelled("privileged")}
    judged = judge_all([third, other, HOSTED, PLAINER], namespaces, iter([TOLD]), "v1.36.1")
    assert list(judged) == ["a"]
    assert [type(one) for one in judged["a"]] == [KeptOut, KeptOut, NotRetried]
    assert [one.controller for one in judged["a"]] == [third, HOSTED, PLAINER]
    assert list(judge_all([HOSTED], namespaces, [], None)) == ["a"]


@pytest.mark.parametrize(
    ("server", "labels", "since"),
    [
        ("v1.33.2", {}, "v1.34"),
        ("v1.30.0", {}, "v1.34"),
        ("v1.33.2", {f"{ENFORCE}-version": "v1.40"}, "v1.34"),
        ("v1.33.2", {f"{ENFORCE}-version": "v1.33"}, None),
        ("v1.34.0", {}, ""),
        (None, {}, ""),
    ],
)
def test_what_a_newer_server_will_refuse_is_told_before_the_upgrade(
    server: str | None, labels: dict[str, str], since: str | None
) -> None:
    pod = {"spec": {"containers": [{"name": "c", "image": "i", **PROBED}]}}
    settled = daemon_set(0, template=pod)
    version = PolicyVersion.of_server(server) if server else None
    found = judge(settled, labelled("baseline", **labels), [], version)
    if since is None:
        assert found is None
        return
    assert isinstance(found, Latent)
    assert (str(found.since) if found.since else "") == since
    assert ("after an upgrade to v1.34 or newer" in str(found)) is bool(since)
    assert "will be refused" in str(found)
    assert "probe or lifecycle host" in str(found)
