"""What a command costs, measured by a small process between: a child's peak of memory begins with that of who forked it."""

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import IO, Any, Final, NamedTuple

from tests.commands import ROOT, clean

_WATCH: Final = """
import json, os, subprocess, sys
process = subprocess.Popen(sys.argv[2:])
_, status, used = os.wait4(process.pid, 0)
with open(sys.argv[1], "w") as told:
    json.dump([os.waitstatus_to_exitcode(status), used.ru_utime + used.ru_stime, used.ru_maxrss / 1024], told)
"""


class Used(NamedTuple):
    """How a command ended, its seconds of CPU, and the megabytes of memory that it had at most."""

    code: int
    cpu_s: float
    memory_mb: float


def measure(command: Sequence[str], said: IO[Any]) -> Used:
    """Run a command in the project's folder; what it says on both streams goes into `said`."""
    with tempfile.TemporaryDirectory() as folder:
        told = Path(folder) / "told"
        watch = [sys.executable, "-S", "-c", _WATCH, str(told), *command]
        subprocess.run(watch, cwd=ROOT, env=clean(os.environ), stdout=said, stderr=subprocess.STDOUT, check=True)
        return Used(*json.loads(told.read_text()))
