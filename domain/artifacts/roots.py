"""Whether a text holds the values of a pack: by the keys that such values begin with, wherever the text lies.

They may be quoted, all of the text indented, or in braces.
"""

import re
import textwrap
from typing import Final

_ROOT: Final = r"""(["']?)(?:pack|charts|manifests|options|stages)\1[ \t]*:"""
_LINE: Final = re.compile(rf"^{_ROOT}", re.MULTILINE)
_FLOW: Final = re.compile(rf"\s*\{{(?s:.*?){_ROOT}")


def holds_values(text: str) -> bool:
    """Whether a text has one of the roots of pack values."""
    return _LINE.search(textwrap.dedent(text)) is not None or _FLOW.match(text) is not None
