"""What a person does about a pin, in each place: the runbook's steps with this tree's values filled in."""

from collections.abc import Iterator
from pathlib import PurePosixPath
from typing import Final

from domain.kernels import parse_release
from domain.pins.argfiles import BASE_IMAGE, HELD, UPDATE_KERNEL, Arg
from domain.pins.editing import canvos_run
from domain.pins.filling import command
from domain.pins.preseeds import READ
from domain.pins.records import Fault, Form, Pin
from domain.pins.spots import TOGETHER

REGISTRY: Final = "<your-registry>"
_LATEST: Final = "24.04"


def by_hand(pin: Pin | None, fault: Fault | None, kernel: str, arg: Arg | None = None) -> Iterator[str]:
    """The steps for one place; `kernel` is the one to pin, or nothing where none is known; `arg` is the tree's .arg."""
    if fault is not None:
        yield f"# at {fault.place} write: {fault.write}"
    if pin is None:
        return
    if parse_release(kernel).abi is None:
        yield f"# at {pin.place} pin a kernel that the tables have as fixed (--kernel=VERSION)"
        return
    yield from _edit(pin, kernel, arg)
    yield from _then(pin, kernel, arg)


def base_image(kernel: str, arg: Arg | None) -> str:
    """The name that the runbook's page gives an image with this kernel, in the tree's registry."""
    registry = (arg.value("IMAGE_REGISTRY") if arg else "") or REGISTRY
    return f"{registry}/kairos/kairos-base:{kernel.removesuffix('-generic')}"


def _edit(pin: Pin, kernel: str, arg: Arg | None) -> Iterator[str]:
    path = pin.place.path
    if pin.form in (Form.KAIROS, Form.DOCKERFILE) or (pin.form is Form.CANVOS and (pin.kernel or not pin.applies)):
        yield f"# at {pin.place} install instead: {' '.join(f'linux-{part}-{kernel}' for part in TOGETHER[pin.form])}"
    elif pin.form is Form.CANVOS:
        yield f"# in {path}, below its line for customizations:"
        yield from (f"#   {line}" for line in canvos_run(kernel).splitlines())
    elif pin.form is Form.PRESEED:
        yield f"# in {path}:"
        yield from ("#   kernel:", f"#     package: linux-image-{kernel}", "#   late_commands:")
        yield f"#     {command('extra_modules', kernel).strip()}"
    elif pin.form is Form.ARG:
        yield f"# at {pin.place} name an image that holds {kernel} (--base-image=IMAGE); {UPDATE_KERNEL}={HELD} stays"
        yield f"#   {BASE_IMAGE}={base_image(kernel, arg)}"
    else:
        yield f"# at {pin.place} name an image that holds {kernel}"


def _then(pin: Pin, kernel: str, arg: Arg | None) -> Iterator[str]:
    """The steps after the edit: what is built, pushed and deployed by a person."""
    if pin.form is Form.KAIROS:
        release = pin.ubuntu[0] if pin.ubuntu else _LATEST
        image = base_image(kernel, arg)
        yield (
            f"./earthly.sh +base-image --FLAVOR=ubuntu --FLAVOR_RELEASE={release} --FAMILY=ubuntu --MODEL=generic "
            f"--VARIANT=core --BASE_IMAGE=ubuntu:{release} --BOOTLOADER=grub"
        )
        yield f"docker tag kairos/ubuntu-core-base:latest {image}"
        yield f"docker push {image}"
        yield f"# in CanvOS' .arg: {BASE_IMAGE}={image} and {UPDATE_KERNEL}={HELD}"
    if pin.form in (Form.KAIROS, Form.CANVOS, Form.DOCKERFILE, Form.ARG):
        yield from _provider(arg)
    elif pin.form is Form.PRESEED:
        name = PurePosixPath(pin.place.path).name
        yield f"sudo install --mode=644 {pin.place.path} {READ[0]}/{name}  # {READ[1]} where MAAS is of Debian packages"
        yield "# deploy the machines through MAAS again"
    else:
        yield "# save the cluster profile as a new version, and update its clusters: that repaves their nodes"


def _provider(arg: Arg | None) -> Iterator[str]:
    """The provider image and the ISO, by the names that CanvOS' Earthfile gives them."""
    said = {
        key: arg.value(key) if arg else "" for key in ("IMAGE_REGISTRY", "IMAGE_REPO", "K8S_DISTRIBUTION", "CUSTOM_TAG")
    }
    repository = said["IMAGE_REPO"] or (arg.value("OS_DISTRIBUTION") if arg else "") or "ubuntu"
    tag = "-".join(filter(None, (said["K8S_DISTRIBUTION"] or "<k8s>", "<version>", "<pe-version>", said["CUSTOM_TAG"])))
    image = f"{said['IMAGE_REGISTRY'] or REGISTRY}/{repository}:{tag}"
    yield "./earthly.sh +build-provider-images"
    yield f"docker push {image}"
    yield f"# in the profile's OS layer: options.system.uri: {image}, as a new version of the profile"
    iso = (arg.value("ISO_NAME") if arg else "") or "installer"
    yield f"./earthly.sh +iso  # a new build/{iso}.iso; or site user-data, where hosts have theirs already"
