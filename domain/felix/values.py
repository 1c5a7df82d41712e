"""How Felix reads a value: a boolean that it does not know turns into the default, which for IPv6 is on.

Source: projectcalico/calico, felix/config/param_types.go (BoolParam) and config_params.go (resolve): `none` is the zero
value, in any case; an empty value is not set at all; nothing is trimmed.
"""

from typing import Final

import msgspec

_TRUE: Final = ("true", "1", "yes", "y", "t")
_FALSE: Final = ("false", "0", "no", "n", "f", "none")


class Boolean(msgspec.Struct, frozen=True):
    """A boolean as Felix takes it; `odd` where it does not know the text and falls back to its default."""

    value: bool
    odd: bool = False


def felix_boolean(text: str, default: bool) -> Boolean:
    """Read a boolean as Felix does: `No` is false, `none` is false, and `off` is the default."""
    lowered = text.lower()
    if lowered in _TRUE:
        return Boolean(value=True)
    if lowered in _FALSE:
        return Boolean(value=False)
    return Boolean(default, odd=True)
