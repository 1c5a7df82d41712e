"""Runs built by hand: one with every outcome as a real run words it, and the small parts that tests vary."""

from typing import Any

from domain.run import Change, ChangeState, Comparison, Mode, Place, Result, Run, Target, TargetKind
from domain.scenario import Severity
from domain.verdict import Finding, Grade, Note, Outcome, Skip, Undecided

RUNBOOK = "https://docs.spectrocloud.com/troubleshooting/pack-issues/"

METALLB = Finding(
    "Namespace/metallb-system",
    Grade.PROVEN,
    "Admission keeps the pods of DaemonSet/lb-metallb-helm-metallb-full-speaker out: the namespace enforces the level "
    "baseline, and its pods need privileged (hostNetwork, hostPorts, capability NET_RAW).",
    {
        "enforced level": "baseline",
        "level needed": "privileged",
        "declared by": {
            "pack": "lb-metallb-helm 1.14.8",
            "namespaceLabels": "pod-security.kubernetes.io/enforce=privileged",
        },
        "controllers kept out": [
            {"kind": "DaemonSet", "name": "lb-metallb-helm-metallb-full-speaker", "desired": 3, "ready": 0},
            {"kind": "DaemonSet", "name": "lb-metallb-helm-metallb-full-frr", "desired": 3, "ready": 0},
        ],
        "admission's words": 'pods "lb-metallb-helm-metallb-full-speaker-" is forbidden: violates PodSecurity '
        '"baseline:latest": host namespaces (hostNetwork=true), hostPort (container "speaker" uses hostPort 7472)',
    },
    (
        (
            "kubectl label namespace metallb-system pod-security.kubernetes.io/enforce=privileged "
            "pod-security.kubernetes.io/audit=privileged pod-security.kubernetes.io/warn=privileged --overwrite"
        ),
        "kubectl delete pods --namespace metallb-system --all",
        "kubectl get pods --namespace metallb-system",
    ),
    "label-namespace",
    f"{RUNBOOK}#scenario---pods-with-namespacelabels-are-stuck-on-deployment",
)
MONITORING = Finding(
    "Namespace/monitoring",
    Grade.DECLARED,
    "The pack prometheus-operator declares labels for this namespace that it does not have.",
    {"missing": ["pod-security.kubernetes.io/enforce=privileged", "pod-security.kubernetes.io/warn=privileged"]},
    ("kubectl label namespace monitoring pod-security.kubernetes.io/enforce=privileged --overwrite",),
    "label-namespace",
)
KERNEL = Finding(
    "Node/edge-worker-2",
    Grade.LISTED,
    "Calico programs IPv6 on kernel 6.8.0-57-generic, whose ip6tables MARK is broken.",
    {
        "kernel": "6.8.0-57-generic",
        "listed": {"branch": "6.8.0 generic", "affected": ["6.8.0-57", "6.8.0-58"], "fixed": "6.8.0-60"},
        "felix": {"FELIX_IPV6SUPPORT": None, "effective": True, "from": "the default"},
        "calico-node": 'Running, restarted 41 times\nlast: MARK: bad value for option "--set-mark"',
    },
    ("kubectl set env daemonset/calico-node --namespace kube-system FELIX_IPV6SUPPORT=false",),
    "disable-calico-ipv6",
)
LABELS_DIFF = """--- Namespace/metallb-system
+++ Namespace/metallb-system
@@ -3,4 +3,7 @@
   name: metallb-system
   labels:
     kubernetes.io/metadata.name: metallb-system
+    pod-security.kubernetes.io/audit: privileged
+    pod-security.kubernetes.io/enforce: privileged
-    pod-security.kubernetes.io/warn: baseline
+    pod-security.kubernetes.io/warn: privileged
"""
LABEL = Change(
    id="packs/namespace-labels/1",
    action="patch",
    object="Namespace/metallb-system",
    state=ChangeState.APPLIED,
    reason="the pack declares these labels, and admission keeps its pods out without them",
    subject="Namespace/metallb-system",
    command="kubectl label namespace metallb-system pod-security.kubernetes.io/enforce=privileged --overwrite",
    diff=LABELS_DIFF,
    risk="pods in this namespace may then run privileged",
    undo="set the labels back to what they were",
    rollback="kept once pods have been deleted under them",
)
DELETE = Change(
    id="packs/upgrade-pod/1",
    action="delete",
    object="Pod/default/upgrade-pod",
    state=ChangeState.FAILED,
    reason="a pod that is left over makes the next upgrade be skipped",
    command="kubectl delete pod upgrade-pod --namespace default",
    undo="irreversible: the pod is finished and nothing makes it again",
    message="the server answered 403: admission webhook guard.example denied the request",
    warnings=("policy/v1beta1 is deprecated",),
)
UPGRADE = Finding(
    "Pod/default/upgrade-pod",
    Grade.PROVEN,
    "A finished upgrade-pod of MicroK8s 1.29 is left over: the next upgrade will be skipped silently.",
    {"phase": "Succeeded", "finished": "2026-10-30T11:02:00Z"},
    ("kubectl delete pod upgrade-pod --namespace default",),
    "delete-upgrade-pod",
)
UNREAD = Undecided(
    "Namespace/kube-system",
    "ops@example may not list configmaps in namespace kube-system (403)",
    'a Role in namespace kube-system with the rule {apiGroups: [""], resources: ["configmaps"], verbs: ["list"]}, '
    "bound to ops@example",
)

PROD = Target(
    id="prod-eu",
    kind=TargetKind.CLUSTER,
    user="ops@example",
    source="prod-eu.kubeconfig",
    server="https://k8s.prod-eu.example:6443",
    version="v1.33.4",
    cluster_uid="7c1b5a0e-54b0-4f5b-9f0c-0b6a6a1c2d3e",
)
EDGE = Target(id="sandbox-edge", kind=TargetKind.SANDBOX, version="v1.32.3", note="MicroK8s, Calico")


def result(outcome: Outcome = Outcome.PASSED, **values: Any) -> Result:
    """A result with only what the test is about."""
    given: dict[str, Any] = {
        "scenario": "packs/namespace-labels",
        "target": "prod-eu",
        "severity": Severity.HIGH,
        "findings": (),
        "undecided": (),
        "notes": (),
        "changes": (),
        "duration_s": 0.1,
        **values,
    }
    return Result(outcome=outcome, **given)


def run(*results: Result, **values: Any) -> Run:
    """A run with only what the test is about."""
    given: dict[str, Any] = {
        "version": "0.1.0",
        "mode": Mode.CHECK,
        "started": "2026-11-23T04:31:03Z",
        "finished": "2026-11-23T04:31:45.5Z",
        "writes": 0,
        "exit_code": 0,
        "targets": (PROD,),
        **values,
    }
    return Run(results=results, **given)


def _named(fault: str, title: str, severity: Severity, anchor: str) -> dict[str, Any]:
    return {
        "scenario": f"packs/{fault}",
        "title": title,
        "severity": severity,
        "link": f"{RUNBOOK}#scenario---{anchor}",
    }


LABELS = _named(
    "namespace-labels",
    "Pods with namespaceLabels are stuck on deployment",
    Severity.HIGH,
    "pods-with-namespacelabels-are-stuck-on-deployment",
)
CALICO = _named(
    "calico-ipv6-kernel",
    "Calico fails to start when IPv6 is enabled",
    Severity.CRITICAL,
    "calico-fails-to-start-when-ipv6-is-enabled",
)
UPGRADES = _named(
    "upgrade-pod", "A leftover upgrade-pod skips the next MicroK8s upgrade", Severity.MEDIUM, "microk8s-upgrade-skipped"
)
CILIUM = _named("cilium-eks-values", "EKS deployment fails when Cilium is the CNI", Severity.HIGH, "aws-eks-cilium")
UNPAIRED = _named("ipv6-off-unpaired", "IPv6 is off in the OS while Calico programs it", Severity.LOW, "ipv6-off")
PIN = _named("kernel-pin", "An image will install a listed kernel", Severity.MEDIUM, "kernel-pin")


LEFT = "label-namespace is refused for Namespace/monitoring: the plan is over the budget: 31 changes, --max-changes=25"


def full() -> Run:
    """A remediating run on a cluster and a sandbox, with every outcome."""
    sandbox = {"target": "sandbox-edge"}
    return run(
        result(
            Outcome.FAILED,
            **LABELS,
            reason="2 findings: Namespace/metallb-system, Namespace/monitoring",
            findings=(METALLB, MONITORING),
            undecided=(Undecided("Namespace/legacy", "the list of pods was cut short", "--read-timeout=60"),),
            notes=(Note("Namespace/storage", "The label audit differs from enforce; only enforce keeps pods out."),),
            changes=(
                Change(
                    id="packs/namespace-labels/2",
                    action="patch",
                    object="Namespace/monitoring",
                    state=ChangeState.REFUSED,
                    reason="the plan is over the budget: 31 changes, --max-changes=25",
                ),
            ),
            left=(LEFT,),
        ),
        result(
            Outcome.ERROR,
            **CALICO,
            reason="2 undecided: ops@example may not list configmaps in namespace kube-system (403)",
            undecided=(UNREAD, Undecided("Node/worker-7", "its kernel is not known", "--hosts=nodes")),
        ),
        result(
            Outcome.PASSED,
            **UPGRADES,
            notes=(Note("Pod/default/upgrade-pod-1-31", "An upgrade is running now: look again when it has ended."),),
        ),
        result(Outcome.SKIPPED, **CILIUM, skip=Skip.NOT_APPLICABLE, reason="no Cilium in namespace kube-system"),
        result(Outcome.SKIPPED, **PIN, skip=Skip.NOT_ASKED, reason="no artifacts were given"),
        result(
            Outcome.WAIVED,
            **UNPAIRED,
            reason="waived until 2027-01-31 by platform-team: the nodes are replaced in January",
            findings=(
                Finding("Node/old-1", Grade.DECLARED, "net.ipv6.conf.all.disable_ipv6 is 1, Felix programs IPv6."),
            ),
        ),
        result(
            Outcome.FIXED,
            **{**LABELS, **sandbox},
            reason="1 finding: Namespace/metallb-system",
            findings=(METALLB,),
            changes=(LABEL,),
            notes=(Note("DaemonSet/metallb-system/speaker", "2 of 3 pods are ready; the third waits for its image."),),
        ),
        result(
            Outcome.FIX_FAILED,
            **{**UPGRADES, **sandbox},
            reason="1 finding: Pod/default/upgrade-pod",
            findings=(UPGRADE,),
            changes=(DELETE,),
        ),
        result(Outcome.FAILED, **{**CALICO, **sandbox}, reason="1 finding: Node/edge-worker-2", findings=(KERNEL,)),
        result(Outcome.PASSED, **{**CILIUM, **sandbox}),
        result(Outcome.SKIPPED, **{**PIN, **sandbox}, skip=Skip.NOT_ASKED, reason="no artifacts were given"),
        mode=Mode.REMEDIATE,
        targets=(PROD, EDGE),
        writes=4,
        exit_code=7,
    )


def hostile(text: str) -> Run:
    """A run in which everything that is not packcheck's own says `text`."""
    finding = Finding(text, Grade.PROVEN, text, {text: [text, {text: text}]}, (text,), text, text)
    change = Change(
        id=text,
        action=text,
        object=text,
        state=ChangeState.FAILED,
        reason=text,
        subject=text,
        command=text,
        diff=f"+{text}",
        risk=text,
        undo=text,
        rollback=text,
        message=text,
        warnings=(text,),
    )
    said: dict[str, Any] = {
        "target": text,
        "title": text,
        "link": text,
        "reason": text,
        "findings": (finding,),
        "undecided": (Undecided(text, text, text),),
        "notes": (Note(text, text),),
        "changes": (change,),
        "left": (text,),
    }
    place = Place(scenario=text, target=text, subject=text)
    compared = Comparison(against=text, new=(place,), gone=(place,), still_open=(place,), unjudged=(place,))
    target = Target(
        id=text, kind=TargetKind.CLUSTER, user=text, source=text, server=text, version=text, cluster_uid=text
    )
    results = [result(outcome, **said, scenario=f"packs/{outcome.value}") for outcome in Outcome]
    return run(*results, targets=(target,), exit_code=7, compared=compared)
