"""All that the files of a target say of kernels, whatever kind of file says it."""

from collections.abc import Iterator

from domain.artifacts import Artifact, ArtifactsRead, Kind, Layer, Node
from domain.pins.argfiles import pins_of_arg
from domain.pins.dockerfiles import pins_of_dockerfile
from domain.pins.images import kernel_of_image
from domain.pins.preseeds import pins_of_preseed
from domain.pins.records import Form, Pin, Pins

OF_IMAGES = (Kind.ARG, Kind.CANVOS_DOCKERFILE, Kind.KAIROS_DOCKERFILE, Kind.DOCKERFILE, Kind.PRESEED)


def pins_of_files(artifacts: ArtifactsRead) -> Iterator[tuple[Artifact, Pins]]:
    """Each file that builds or installs something, with what it says of the kernel."""
    preseeds = artifacts.of(Kind.PRESEED).items
    for artifact in artifacts.of(*OF_IMAGES).items:
        if not artifact.text:
            continue
        if artifact.kind is Kind.ARG:
            yield artifact, pins_of_arg(artifact)
        elif artifact.kind is Kind.PRESEED:
            yield artifact, pins_of_preseed(artifact, preseeds)
        else:
            yield artifact, pins_of_dockerfile(artifact)


def pins_of_layer(layer: Layer) -> Iterator[Pin]:
    """The kernels that the images of a pack name in their tags: of the OS pack's own system above all."""
    uri = layer.values.at("options", "system.uri") or layer.values.at("options", "system", "uri")
    images = [("options.system.uri", uri)]
    content = layer.values.at("pack", "content", "images")
    if content is not None and isinstance(content.value, tuple):
        images += [("pack.content.images", _image(item)) for item in content.value]
    for name, node in images:
        if node is None or not isinstance(node.value, str):
            continue
        named = kernel_of_image(node.value)
        if named is not None:
            says = f"{name} of {layer.pack} is {node.value}, which holds {named.kernel} by its tag"
            place = layer.place_of(node)
            yield Pin(place=place, form=Form.VALUES, kernel=named.kernel, says=says, assumed=named.assumed)


def _image(item: Node) -> Node | None:
    return item if isinstance(item.value, str) else item.at("image")
