"""Which resources the scenarios speak of, and how a read of them is named.

A Query is one distinct read: what is asked decides the cost (facts/performance.md), so selectors are part of it.
"""

from urllib.parse import urlencode

import msgspec


class Resource(msgspec.Struct, frozen=True):
    """A kind of object as the API serves it."""

    group: str
    version: str
    plural: str
    kind: str
    namespaced: bool = True

    @property
    def api_version(self) -> str:
        """`v1`, `apps/v1`."""
        return f"{self.group}/{self.version}" if self.group else self.version

    def path(self, namespace: str | None = None, name: str | None = None, subresource: str | None = None) -> str:
        """The path below the API server's address, of a list where no name is given."""
        parts = ["/apis" if self.group else "/api", self.api_version]
        if namespace is not None:
            parts += ["namespaces", namespace]
        parts += [p for p in (self.plural, name, subresource) if p is not None]
        return "/".join(parts)


NAMESPACES = Resource("", "v1", "namespaces", "Namespace", namespaced=False)
NODES = Resource("", "v1", "nodes", "Node", namespaced=False)
HOSTS = Resource("", "", "hosts", "Host", namespaced=False)
"""No kind of the API's: hosts as changes name them."""

PODS = Resource("", "v1", "pods", "Pod")
EVICTIONS = Resource("", "v1", "pods/eviction", "Eviction")
LOGS = Resource("", "v1", "pods/log", "Pod")
EVENTS = Resource("", "v1", "events", "Event")
CONFIG_MAPS = Resource("", "v1", "configmaps", "ConfigMap")
REPLICATION_CONTROLLERS = Resource("", "v1", "replicationcontrollers", "ReplicationController")
DAEMON_SETS = Resource("apps", "v1", "daemonsets", "DaemonSet")
REPLICA_SETS = Resource("apps", "v1", "replicasets", "ReplicaSet")
STATEFUL_SETS = Resource("apps", "v1", "statefulsets", "StatefulSet")
JOBS = Resource("batch", "v1", "jobs", "Job")
LEASES = Resource("coordination.k8s.io", "v1", "leases", "Lease")
ACCESS_REVIEWS = Resource("authorization.k8s.io", "v1", "selfsubjectaccessreviews", "SelfSubjectAccessReview", False)

POD_CONTROLLERS = (DAEMON_SETS, REPLICA_SETS, STATEFUL_SETS, JOBS, REPLICATION_CONTROLLERS)
"""The controllers that create pods themselves: a Deployment does so through a ReplicaSet, a CronJob through a Job."""

PACK_GROUP = "cluster.spectrocloud.com"
"""Palette's own resources; the version is discovered (facts/palette.md)."""


class Query(msgspec.Struct, frozen=True):
    """One distinct read: a list, or one object where `name` is given; `namespace=None` is all namespaces."""

    resource: Resource
    namespace: str | None = None
    name: str | None = None
    labels: str = ""
    fields: str = ""

    @property
    def verb(self) -> str:
        """The RBAC verb that this read needs."""
        return "get" if self.name is not None else "list"

    @property
    def selectors(self) -> dict[str, str]:
        """The query parameters that make the API server filter."""
        return {k: v for k, v in (("labelSelector", self.labels), ("fieldSelector", self.fields)) if v}

    def __str__(self) -> str:
        """`list events in all namespaces (reason=FailedCreate)`, for messages."""
        what = f"{self.verb} {self.resource.plural}" + (f" {self.name}" if self.name else "")
        where = f" in {self.namespace or 'all namespaces'}" if self.resource.namespaced else ""
        return what + where + (f" ({urlencode(self.selectors, safe='=,!/')})" if self.selectors else "")

    @property
    def command(self) -> str:
        """The kubectl command that reads the same, for a person or for collecting what a bundle lacks."""
        namespace = (
            "" if not self.resource.namespaced else f" --namespace={self.namespace}" if self.namespace else " -A"
        )
        plural = f"{self.resource.plural}.{self.resource.group}" if self.resource.group else self.resource.plural
        selectors = "".join(
            f" {flag}={value}"
            for flag, value in (("--selector", self.labels), ("--field-selector", self.fields))
            if value
        )
        return f"kubectl get {plural}{f' {self.name}' if self.name else ''}{namespace}{selectors} -o yaml"
