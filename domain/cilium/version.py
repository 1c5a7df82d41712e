"""Cilium's version as its images, charts and packs write it; minor versions are what its settings differ by."""

import re
from typing import Final

import msgspec

_WRITTEN: Final = re.compile(r"v?1\.(\d{1,3})(?:\.(\d{1,3}))?(?![\d.]*\d)")
_TAG: Final = re.compile(r":([^:/@]+)(?:@|$)")


class Version(msgspec.Struct, frozen=True, order=True):
    """`1.17.4`, or `1.17` where the patch is not told; one without patch sorts before those of its minor version."""

    minor: int
    patch: int = -1

    def __str__(self) -> str:
        return f"1.{self.minor}" + (f".{self.patch}" if self.patch >= 0 else "")

    def since(self, other: "Version") -> bool | None:
        """Whether this is `other` or later; None where that hangs on a patch that is not told."""
        if self.minor == other.minor and self.patch < 0 <= other.patch:
            return None if other.patch else True
        return self >= other


def parse(text: str) -> Version | None:
    """Read `1.17.4`, `v1.17.4-spectro` or `1.17.x`; None for what is no version of Cilium's."""
    match = _WRITTEN.match(text.strip())
    return Version(int(match[1]), int(match[2]) if match[2] else -1) if match else None


def of_image(image: str) -> Version | None:
    """The version that an image's tag names; None where it has a digest alone, or a tag that is no version."""
    tag = _TAG.search(image)
    return parse(tag[1]) if tag else None
