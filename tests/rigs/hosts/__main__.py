"""The hosts from a shell; see the package's docstring."""

import argparse
import sys
from pathlib import Path
from typing import Any

import msgspec

from tests.rigs.controlplane.cluster import ControlPlane
from tests.rigs.controlplane.errors import RigError, UnavailableError
from tests.rigs.controlplane.state import holder
from tests.rigs.hosts import control, lifecycle
from tests.rigs.hosts.rig import HostRig
from tests.rigs.hosts.spec import HostSpec, numbered
from tests.rigs.hosts.state import FULL

LISTS = {"kernels", "offers"}
ACTIONS: dict[control.Action, str] = {
    "boot": "power a host on",
    "power_cut": "pull a host's cable",
    "freeze": "stop all processes of a host",
    "thaw": "let them go on",
    "fill_disk": "leave nothing free on a host's disk",
    "empty_disk": "make it roomy again",
}


def main(arguments: list[str] | None = None) -> int:
    """Do what the command line says; 0 if it was done, 1 with the reason on stderr if not."""
    options = _parser().parse_args(arguments)
    try:
        return int(options.command(options))
    except RigError as error:
        _tell(str(error))
        return 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tests.rigs.hosts", description=__doc__)
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    def command(name: str, function: object, text: str) -> argparse.ArgumentParser:
        added = commands.add_parser(name, help=text, description=text)
        added.set_defaults(command=function)
        if name != "build":
            added.add_argument("--dir", type=Path, required=True, help="the hosts' folder")
        return added

    up = command("up", _up, "start hosts that stay; the last line is ssh_config's path")
    up.add_argument("--hosts", type=int, metavar="N", help="how many; those beyond --host are healthy")
    up.add_argument(
        "--host",
        action="append",
        default=[],
        metavar="KEY=VALUE,…",
        help="one host and what is special about it (tests/rigs/hosts/spec.py); several kernels with +",
    )
    up.add_argument("--controlplane", type=Path, metavar="DIR", help="make them Nodes of the one that runs there")
    up.add_argument("--unprivileged", action="store_true", help="the second tier, even where the full one can be had")
    command("status", _status, "tell what runs")
    command("down", _down, "end them; the logs stay")
    join = command("join", _join, "make them Nodes of a control plane, and have those follow their boots")
    join.add_argument("--controlplane", type=Path, metavar="DIR", required=True)
    for action, text in ACTIONS.items():
        command(action.replace("_", "-"), _act, text).add_argument("host")
        commands.choices[action.replace("_", "-")].set_defaults(action=action)
    configure = command("configure", _configure, "change what can be changed while a host is")
    configure.add_argument("host")
    configure.add_argument("changes", nargs="+", metavar="KEY=VALUE")
    command("build", _build, "only make the base")
    return parser


def _up(options: argparse.Namespace) -> int:
    folder = options.dir.absolute()
    if holder(folder) is None:
        asked = [_spec(text.split(",")) for text in options.host]
        number = options.hosts if options.hosts is not None else max(len(asked), 1)
        specs = numbered((*asked, *[HostSpec()] * (number - len(asked))))
        tier = lifecycle.obtain_plain(_tell, "not asked for") if options.unprivileged else lifecycle.obtain(_tell)
        lifecycle.leave_running(folder, tier, specs, _tell)
    else:
        _tell("they run already, with their own options")
    rig = HostRig(folder)
    if options.controlplane:
        rig.join(ControlPlane.attach(options.controlplane.absolute()))
    sys.stdout.write(f"{_table(rig)}{rig.ssh_config}\n")
    return 0


def _status(options: argparse.Namespace) -> int:
    rig = HostRig(options.dir)
    current = rig.state
    sys.stdout.write(
        f"tier:          {current.tier}{'' if current.tier == FULL else f' ({current.origin})'}\n"
        f"network:       {current.network or 'the loopback'}\n"
        f"control plane: {current.controlplane or 'none'}\n"
        f"ssh_config:    {rig.ssh_config}\n"
        f"{_table(rig)}"
    )
    return 0


def _table(rig: HostRig) -> str:
    lines = []
    for host in rig.state.hosts:
        odd = {
            key: value
            for key, value in msgspec.to_builtins(host.spec).items()
            if key not in {"name", "kernels", "running"} and value != msgspec.to_builtins(HostSpec())[key]
        }
        what = " ".join(f"{key}={value}" for key, value in odd.items())
        up = "up" if host.ready else "down"
        lines.append(f"{host.spec.name:8} {host.address:15} {up:4} {host.kernel:20} boot {host.boot_id[:8]} {what}")
    return "".join(f"{line.rstrip()}\n" for line in lines)


def _down(options: argparse.Namespace) -> int:
    ended = lifecycle.end(options.dir.absolute())
    _tell("ended" if ended else f"no hosts run in {options.dir}")
    return 0


def _join(options: argparse.Namespace) -> int:
    HostRig(options.dir).join(ControlPlane.attach(options.controlplane.absolute()))
    return 0


def _act(options: argparse.Namespace) -> int:
    HostRig(options.dir).ask(options.action, options.host)
    return 0


def _configure(options: argparse.Namespace) -> int:
    HostRig(options.dir).ask("configure", options.host, _values(options.changes))
    return 0


def _build(_options: argparse.Namespace) -> int:
    tier = lifecycle.obtain(_tell)
    if tier.base is None:
        raise UnavailableError(tier.reason)
    _tell(f"{tier.base.origin}: {tier.base.cache}")
    return 0


def _spec(words: list[str]) -> HostSpec:
    try:
        return msgspec.convert(_values(words), HostSpec, strict=False)
    except msgspec.ValidationError as error:
        raise RigError(f"{','.join(words)}: {error}") from error


def _values(words: list[str]) -> dict[str, Any]:
    values: dict[str, Any] = {}
    for word in words:
        key, equals, value = word.partition("=")
        if not equals:
            raise RigError(f"{word!r} is not KEY=VALUE")
        values[key] = [part for part in value.split("+") if part] if key in LISTS else value
    return values


def _tell(line: str) -> None:
    sys.stderr.write(f"packcheck: {line}\n")


if __name__ == "__main__":
    sys.exit(main())
