"""Decoding JSON into Structs from many threads: msgspec crashes where two of them meet a Struct for the first time.

Seen with msgspec 0.22.0 on CPython 3.11: building decoders of the same nested Structs in eight threads at once ended
in a segmentation fault in 26 of 60 processes (tests/domain/test_decoding.py does the same through this module). So
decoders are built one at a time; decoding itself needs no lock.
"""

from functools import cache
from threading import Lock
from typing import Any, TypeVar

import msgspec

T = TypeVar("T")
_BUILDING = Lock()


@cache
def decoder(kind: Any) -> msgspec.json.Decoder[Any]:
    """The decoder of a type, built by one thread at a time and kept."""
    with _BUILDING:
        return msgspec.json.Decoder(kind)


def decode(data: bytes | str | msgspec.Raw, kind: type[T]) -> T:
    """Decode JSON as `kind`; raises msgspec.MsgspecError where it is none, or does not fit."""
    decoded: T = decoder(kind).decode(data)  # type: ignore[arg-type]  # a type is hashable
    return decoded


def convert(value: Any, kind: type[T]) -> T:
    """Make plain data a record; raises msgspec.ValidationError where it does not fit."""
    decoder(kind)  # type: ignore[arg-type]
    return msgspec.convert(value, kind)
