"""The process between whoever wants hosts and the hosts: none of them outlives the one that they are for.

As the control plane's supervisor it says on its standard output in one line that the hosts are ready or why not, and
ends them all when its standard input ends, which it does when its owner closes it or dies of whatever cause. An owner
that wants the hosts to stay (``up`` in a shell) writes LEAVE; then SIGTERM ends them (``down``). Should the supervisor
itself be killed, Linux kills the hosts and their bridge (PR_SET_PDEATHSIG), and with them go their namespaces. It also
does what tests ask of the hosts while they run (see ``control``).
"""

import os
import select
import signal
import socket
import sys
from pathlib import Path
from types import FrameType

import msgspec

from tests.rigs.controlplane.errors import RigError
from tests.rigs.controlplane.state import hold
from tests.rigs.controlplane.supervisor import LEAVE, READY, say
from tests.rigs.hosts import control
from tests.rigs.hosts.full import FullRig
from tests.rigs.hosts.plain import PlainRig
from tests.rigs.hosts.plan import Plan, Rig

TICK_SECONDS = 0.1


class Loop:
    """A rig, its owner and those who ask it for something."""

    def __init__(self, plan: Plan, rig: Rig, listening: socket.socket) -> None:
        self._owner = plan.owner
        self._rig = rig
        self._listening = listening
        self._bound = True

    def run(self) -> None:
        """Return never: raise SystemExit when the owner is gone, RigError when the rig is past help."""
        while True:
            waited_for = [self._listening, *([sys.stdin] if self._bound else [])]
            ready, _, _ = select.select(waited_for, [], [], TICK_SECONDS)
            if sys.stdin in ready:
                if os.read(0, len(LEAVE)) != LEAVE:
                    raise SystemExit(0)
                self._bound = False
            elif self._bound and os.getppid() != self._owner:
                raise SystemExit(0)  # a process that the owner forked may still hold the pipe's other end
            if self._listening in ready:
                self._answer()
            self._rig.tick()

    def _answer(self) -> None:
        try:
            with control.accept(self._listening) as (request, answers):
                try:
                    self._rig.handle(request)
                except RigError as error:
                    answers.append(control.Answer(str(error)))
        except (OSError, msgspec.DecodeError) as error:  # of the one who asked; the hosts are well
            sys.stderr.write(f"a request was lost: {error}\n")


def main() -> int:
    """Run one rig from its start to its end; argument: a Plan in JSON."""
    plan = msgspec.json.decode(sys.argv[1], type=Plan)
    signal.signal(signal.SIGTERM, _on_signal)
    folder = Path(plan.folder)
    lock = hold(folder)
    if lock is None:
        say(f"hosts run in {folder} already")
        return 1
    rig: Rig = PlainRig(plan) if plan.sshd else FullRig(plan)
    try:
        rig.bring_up()
        with control.listen(folder) as listening:
            say(READY)
            Loop(plan, rig, listening).run()
    except (RigError, OSError) as error:
        sys.stderr.write(f"{error}\n")
        say(str(error))
        return 1
    finally:
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        (folder / control.SOCKET).unlink(missing_ok=True)
        rig.end()
        lock.close()
    return 0


def _on_signal(_number: int, _frame: FrameType | None) -> None:
    raise SystemExit(0)


if __name__ == "__main__":
    sys.exit(main())
