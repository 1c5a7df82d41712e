"""The files of one target, as far as they were read: in the place of a cluster, or declared for one."""

from collections.abc import Iterator

import msgspec

from domain.artifacts.layers import TEXTS, Artifact, Layer
from domain.artifacts.recognising import Kind
from domain.facts import Unread


class ArtifactsRead(msgspec.Struct, frozen=True):
    """What was read of files; `alone` is whether they are judged by themselves, without a cluster.

    `obstacles` are what kept files from being looked at whose kind is not known for that.
    """

    items: tuple[Artifact, ...] = ()
    obstacles: tuple[Unread, ...] = ()
    alone: bool = False

    @property
    def unread(self) -> tuple[Unread, ...]:
        """What could not be read, of files and in them: each who judges these files says it."""
        return (*self.obstacles, *(u for artifact in self.items for u in artifact.unread))

    @property
    def layers(self) -> Iterator[Layer]:
        """Every pack of every file."""
        return (layer for artifact in self.items for layer in artifact.layers)

    @property
    def of_packs(self) -> "ArtifactsRead":
        """The files that hold values of packs."""
        return self.of(*(kind for kind in Kind if kind not in (*TEXTS, Kind.USER_DATA)))

    @property
    def of_stages(self) -> "ArtifactsRead":
        """The files that hold values of packs, or user-data: either has stages."""
        return self.of(*(kind for kind in Kind if kind not in TEXTS))

    def of(self, *kinds: Kind) -> "ArtifactsRead":
        """The files of these kinds."""
        items = tuple(artifact for artifact in self.items if artifact.kind in kinds)
        return ArtifactsRead(items, self.obstacles, self.alone)
