"""The control plane from a shell; see the package's docstring."""

import argparse
import os
import sys
from pathlib import Path

from tests.rigs.controlplane import lifecycle, state
from tests.rigs.controlplane.binaries import cache_folder, key, obtain
from tests.rigs.controlplane.cluster import ControlPlane
from tests.rigs.controlplane.errors import RigError


def main(arguments: list[str] | None = None) -> int:
    """Do what the command line says; 0 if it was done, 1 with the reason on stderr if not."""
    options = _parser().parse_args(arguments)
    try:
        return int(options.command(options))
    except RigError as error:
        _tell(str(error))
        return 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tests.rigs.controlplane", description=__doc__)
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    def command(name: str, function: object, text: str) -> argparse.ArgumentParser:
        added = commands.add_parser(name, help=text, description=text)
        added.set_defaults(command=function)
        if name != "build":
            added.add_argument("--dir", type=Path, required=True, help="the control plane's folder")
        return added

    up = command("up", _up, "start a control plane that stays; the last line is the kubeconfig's path")
    up.add_argument(
        "--admission", type=Path, metavar="FILE", help="an AdmissionConfiguration, such as admission-pxk.json"
    )
    command("status", _status, "tell what runs")
    command("down", _down, "end it; the logs stay")
    command("reset", _reset, "bring back every object as it was just after the start")
    kubectl = command("kubectl", _kubectl, "call the control plane's kubectl as admin")
    kubectl.add_argument("arguments", nargs=argparse.REMAINDER)
    command("build", _build, "only make the programs")
    return parser


def _up(options: argparse.Namespace) -> int:
    if options.admission and not options.admission.is_file():
        raise RigError(f"--admission: there is no file {options.admission}")
    folder = options.dir.absolute()
    if state.holder(folder) is None:
        plane = lifecycle.leave_running(folder, obtain(_tell), options.admission)
        _tell(f"Kubernetes {plane.version} at {plane.server}")
    else:
        plane = ControlPlane.attach(folder)
        _tell(f"it runs already, with its own options: Kubernetes {plane.version} at {plane.server}")
    sys.stdout.write(f"{plane.kubeconfig}\n")
    return 0


def _status(options: argparse.Namespace) -> int:
    plane = ControlPlane.attach(options.dir.absolute())
    servers = "".join(f"  {name:24} pid {pid}, log {plane.folder / name}.log\n" for name, pid in plane.pids.items())
    sys.stdout.write(
        f"Kubernetes {plane.api.get('/version')['gitVersion']} at {plane.server}: {plane.api.text('GET', '/readyz')}\n"
        f"{servers}"
        f"admission:  {plane.admission or 'as Kubernetes has it'}\n"
        f"audit log:  {plane.folder / 'audit.log'}\n"
        f"kubeconfig: {plane.kubeconfig}\n"
    )
    return 0


def _down(options: argparse.Namespace) -> int:
    ended = lifecycle.end(options.dir.absolute())
    _tell("ended" if ended else f"no control plane runs in {options.dir}")
    return 0


def _reset(options: argparse.Namespace) -> int:
    ControlPlane.attach(options.dir.absolute()).reset()
    return 0


def _kubectl(options: argparse.Namespace) -> int:
    plane = ControlPlane.attach(options.dir.absolute())
    command = [*plane.kubectl_command(plane.kubeconfig), *options.arguments]
    os.execve(command[0], command, plane.kubectl_environment())  # noqa: S606 - its exit code and signals are ours


def _build(_options: argparse.Namespace) -> int:
    binaries = obtain(_tell)
    _tell(f"{binaries.origin}: {cache_folder() / key()}")
    return 0


def _tell(line: str) -> None:
    sys.stderr.write(f"packcheck: {line}\n")


if __name__ == "__main__":
    sys.exit(main())
