"""Files that Palette, Kairos and MAAS are fed with: what each is taken for, and the values in it with their lines."""

from domain.artifacts.documents import read_document, read_documents
from domain.artifacts.layers import Artifact, Layer, layer_of, read_artifact, referred, sources
from domain.artifacts.nodes import Node, NotYaml
from domain.artifacts.overlaying import overlaid
from domain.artifacts.places import FILES, Place, unread
from domain.artifacts.reads import ArtifactsRead
from domain.artifacts.recognising import Kind, may_be, named, recognise
from domain.artifacts.roots import holds_values
from domain.artifacts.sources import Codec, Source
from domain.artifacts.terraform import Reference

__all__ = [
    "FILES",
    "Artifact",
    "ArtifactsRead",
    "Codec",
    "Kind",
    "Layer",
    "Node",
    "NotYaml",
    "Place",
    "Reference",
    "Source",
    "holds_values",
    "layer_of",
    "may_be",
    "named",
    "overlaid",
    "read_artifact",
    "read_document",
    "read_documents",
    "recognise",
    "referred",
    "sources",
    "unread",
]
