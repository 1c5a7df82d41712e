"""Many threads that decode the same Structs for the first time at once live to tell it."""

import subprocess
import sys
from pathlib import Path

import msgspec
import pytest

from domain.decoding import convert, decode, decoder
from domain.objects import Namespace

ROOT = Path(__file__).resolve().parents[2]
RACE = """
import sys, threading
sys.setswitchinterval(1e-6)
from domain.decoding import decode
from domain.objects import Event, Namespace, Workload
from domain.pods import Pod
together = threading.Barrier(8)
def first(kind):
    together.wait()
    decode(b'{"metadata": {"name": "x", "ownerReferences": [{"kind": "a", "name": "b"}]}, "involvedObject": {}}', kind)
threads = [threading.Thread(target=first, args=(kind,)) for kind in (Workload, Event, Namespace, Pod) * 2]
for thread in threads: thread.start()
for thread in threads: thread.join()
"""


def test_first_decoding_in_many_threads_does_not_crash() -> None:
    for _ in range(10):
        done = subprocess.run([sys.executable, "-c", RACE], cwd=ROOT, capture_output=True, text=True, check=False)
        assert (done.returncode, done.stderr) == (0, "")


def test_a_decoder_is_kept_and_says_what_does_not_fit() -> None:
    assert decoder(Namespace) is decoder(Namespace)
    with pytest.raises(msgspec.ValidationError, match="metadata"):
        decode(b"{}", Namespace)
    assert convert({"metadata": {"name": "x"}}, Namespace) == decode(b'{"metadata": {"name": "x"}}', Namespace)
