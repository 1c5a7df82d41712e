"""Make a case of a recording: `python -m tests.cases.from_recording RECORDING SCENARIO NAME`.

    python -m tests.cases.from_recording reports/runs/…/recording/prod packs/upgrade-pod left_after_restore

writes tests/cases/packs/upgrade_pod/left_after_restore.<outcome>.yaml with what the scenario read, and what its check says
of that now. Look at it before it is committed: a wrong verdict has to be written right by hand, and names may be others'.
"""

import argparse
import sys
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import msgspec
import yaml

from domain.hosts import HostFacts, HostsRead
from domain.resources import Query, Resource
from domain.verdict import Finding, Note, Statement, Undecided, Verdict
from fixtures.bundles.index import Index
from fixtures.bundles.layouts import RECORDING, recognise
from fixtures.bundles.limits import Limits
from fixtures.bundles.opening import open_files
from fixtures.errors import BundleError
from fixtures.recording.reads import Read
from fixtures.recording.replay import manifest_of, reads_of
from fixtures.selection import CHECKS, load_check, scenarios
from tests.cases.load import HERE, PROBES, Case, Host, Said, Unanswered, verdict_of

_VERSION = Resource("", "v1", "version", "Version", namespaced=False)


def main(arguments: list[str] | None = None) -> int:
    """Write the case; 2 where there is nothing to make one of."""
    parser = argparse.ArgumentParser(prog="python -m tests.cases.from_recording", description=__doc__)
    parser.add_argument("recording", type=Path)
    parser.add_argument("scenario", help="e.g. packs/upgrade-pod")
    parser.add_argument("name", help="the case's name, without its outcome")
    parser.add_argument("--into", type=Path, default=HERE, help="where cases lie (default: tests/cases)")
    asked = parser.parse_args(arguments)
    if asked.scenario not in scenarios():
        parser.error(f"there is no scenario {asked.scenario}; there are: {', '.join(scenarios())}")
    page, _, fault = asked.scenario.replace("-", "_").partition("/")
    detect = load_check(CHECKS / page / f"check_{fault}.py").detect
    try:
        case, verdict = made(asked.recording, detect)
    except BundleError as error:
        parser.error(f"{asked.recording}: {error}")
    path = asked.into / page / fault / f"{asked.name}.{verdict.outcome}.yaml"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(written(case), encoding="utf-8")
    sys.stdout.write(f"{path}\n")
    return 0


def made(recording: Path, detect: Callable[..., Iterable[Statement]]) -> tuple[Case, Verdict]:
    """The case of a recording, with what a check says of it; raises BundleError for what is no recording."""
    files = open_files(recording, Limits())
    try:
        found = recognise(files.entries)
        if found.kind is not RECORDING:
            raise BundleError(f"is a {found.kind.title}, and no recording")
        index = Index(files, found)
        manifest, reads = manifest_of(index), tuple(reads_of(index))
    finally:
        files.close()
    hosts = manifest.hosts or HostsRead()
    case = Case(
        about=f"Recorded by packcheck {manifest.packcheck}: say here what it shows.",
        now=datetime.fromisoformat(manifest.taken),
        version=next((read.text for read in reads if read.version and read.failed is None), ""),
        objects=tuple(_objects(reads)),
        unanswered=tuple(_unanswered(reads)),
        logs={f"{log.namespace}/{log.pod}/{log.container}": r.text for r in reads if (log := r.log) and not r.failed},
        hosts=tuple(_host(host) for host in hosts.items),
        alone=hosts.alone,
    )
    verdict = verdict_of(case, detect)
    case = msgspec.structs.replace(
        case,
        findings=tuple(map(_said, verdict.findings)),
        undecided=tuple(map(_said, verdict.undecided)),
        notes=tuple(map(_said, verdict.notes)),
    )
    return case, verdict


def written(case: Case) -> str:
    """A case as its file holds it, without what is as it is anyway."""
    plain = {key: value for key, value in msgspec.to_builtins(case).items() if value or key in ("about", "now")}
    for key in ("findings", "undecided", "notes"):
        plain[key] = [{name: value for name, value in said.items() if value} for said in plain.get(key, ())]
    kept = {key: value for key, value in plain.items() if value}
    return yaml.safe_dump(
        msgspec.json.decode(msgspec.json.encode(kept)), sort_keys=False, width=120, allow_unicode=True
    )


def _objects(reads: Iterable[Read]) -> Iterator[dict[str, Any]]:
    """Every object that was read, once, and with its kind, which lists leave out."""
    seen = set()
    for read in reads:
        query = read.list or read.get
        if query is None or read.failed is not None:
            continue
        for raw in read.items if read.list else (read.object,):
            item = msgspec.json.decode(raw)
            kind = query.resource
            whole = {"apiVersion": kind.api_version, "kind": kind.kind, **item}
            key = (kind.group, kind.plural, item["metadata"].get("namespace"), item["metadata"]["name"])
            if key not in seen:
                seen.add(key)
                yield whole


def _unanswered(reads: Iterable[Read]) -> Iterator[Unanswered]:
    for read in reads:
        if read.failed is None or read.failed.error == "NotFound":
            continue
        query = read.list or read.get
        if read.version:
            query = Query(_VERSION, name="version")
        elif read.resources is not None:
            query = Query(Resource(read.resources, "*", "apigroup", "APIGroup", namespaced=False), name=read.resources)
        if query is not None:
            timeout = read.failed.error != "Forbidden"
            yield Unanswered(
                verb=query.verb,
                resource=query.resource.plural,
                namespace=query.namespace,
                name=query.name,
                timeout=timeout,
            )


def _host(host: HostFacts) -> Host:
    probe = next((name for name, result in PROBES.items() if result == host.probe), None)
    if probe is None and host.probe is not None:
        probe = "sound" if host.probe.v6_exit == 0 else "broken" if host.probe.v4_exit == 0 else "not allowed"
    fields = msgspec.to_builtins(host)
    apart = ("name", "uname_r", "uname_v", "distribution", "machine_id", "boot_id", "probe")
    return Host(
        name=host.name,
        kernel=host.uname_r,
        build=host.uname_v,
        os=host.distribution.id,
        machine_id=host.machine_id,
        boot_id=host.boot_id,
        probe=probe or "not run",  # type: ignore[arg-type]  # a key of PROBES
        more={key: value for key, value in fields.items() if key not in apart},
    )


def _said(one: Finding | Undecided | Note) -> Said:
    words = one.reason if isinstance(one, Undecided) else one.message
    return Said(subject=one.subject, words=(words,), grade=one.grade if isinstance(one, Finding) else None)


if __name__ == "__main__":
    sys.exit(main())
