"""What a person would do about a pin, in each place: the runbook's steps with this tree's values filled in."""

from collections.abc import Iterator

from domain.kernels import parse_release
from domain.pins.records import Fault, Form, Pin
from domain.pins.texts import canvos_run, kairos_packages, preseed_late_command, preseed_package

FIXED = "<a fixed kernel>"


def by_hand(pin: Pin | None, fault: Fault | None, kernel: str) -> Iterator[str]:
    """The steps for one place; `kernel` is the one to pin, or nothing where none is known."""
    if fault is not None:
        yield f"# at {fault.place} write: {fault.write}"
    if pin is None:
        return
    if parse_release(kernel).abi is None:
        yield f"# at {pin.place} pin a kernel that the tables have as fixed (--kernel=VERSION)"
        return
    yield from _edit(pin, kernel)
    yield from _then(pin, kernel)


def _edit(pin: Pin, kernel: str) -> Iterator[str]:
    if pin.form is Form.KAIROS:
        yield f"# at {pin.place} install instead: {kairos_packages(kernel)}"
    elif pin.form in (Form.CANVOS, Form.DOCKERFILE):
        yield f"# in {pin.place.path}, below its line for customizations:"
        yield from (f"#   {line}" for line in canvos_run(kernel).splitlines())
    elif pin.form is Form.PRESEED:
        yield f"# in {pin.place.path}:"
        yield from ("#   kernel:", f"#     package: {preseed_package(kernel)}", "#   late_commands:")
        yield f"#     {preseed_late_command(kernel)}"
    elif pin.form is Form.ARG:
        yield f"# at {pin.place} name an image that holds {kernel} (--base-image=IMAGE), and keep UPDATE_KERNEL=false"
    else:
        yield f"# at {pin.place} name an image that holds {kernel}"


def _then(pin: Pin, kernel: str) -> Iterator[str]:
    """The steps after the edit: what is built, pushed and deployed by a person."""
    short = kernel.rpartition("-")[0]
    if pin.form is Form.KAIROS:
        release = pin.where or "24.04"
        yield (
            f"./earthly.sh +base-image --FLAVOR=ubuntu --FLAVOR_RELEASE={release} --FAMILY=ubuntu --MODEL=generic "
            f"--VARIANT=core --BASE_IMAGE=ubuntu:{release} --BOOTLOADER=grub"
        )
        yield f"docker tag <local-image> <your-registry>/kairos/kairos-base:{short}"
        yield f"docker push <your-registry>/kairos/kairos-base:{short}"
        yield f"# in CanvOS' .arg: BASE_IMAGE=<your-registry>/kairos/kairos-base:{short} and UPDATE_KERNEL=false"
    if pin.form in (Form.KAIROS, Form.CANVOS, Form.DOCKERFILE, Form.ARG):
        yield "./earthly.sh +build-provider-images"
        yield "# push the provider image, name it in the profile's OS layer, and make a new ISO or site user-data"
    elif pin.form is Form.PRESEED:
        yield "# deploy the node through MAAS again"
    else:
        yield "# save the cluster profile as a new version, and update its clusters: that repaves their nodes"
