"""Pin a fixed kernel where images and machines are made: in files, by the lines that name it, and nowhere else.

What is built from them, pushed and deployed is a person's to do, and stands in the finding's steps.
"""

from collections.abc import Callable, Iterable, Iterator
from functools import partial
from itertools import takewhile
from typing import Final

from domain.artifacts import Artifact, ArtifactsRead, Kind
from domain.edits import FileTexts, Unwritable
from domain.kernels import State, judge_kernel, parse_release
from domain.pins import UBUNTU, Form
from domain.pins.argfiles import BASE_IMAGE, FIPS, HELD, UPDATE_KERNEL, Arg, read_arg
from domain.pins.editing import NoEdit, pin_image
from domain.pins.filling import pin_preseed, set_entry
from domain.pins.images import kernel_of_image
from domain.pins.reading import arg_beside, arg_of, spots_of
from domain.pins.splicing import Splice, splice
from domain.pins.spots import Spot
from domain.plan import Plan, Refusal
from domain.remedy import Ask, Remedy
from domain.run import TargetKind
from domain.verdict import Finding

TO_PIN: Final = "kernel to pin"
"""Under what name a finding's evidence has the kernel that belongs there."""

TO_BUILD: Final = "nothing is built, pushed or deployed by this: the finding's steps say what is to be done then"
NOT_THERE: Final = "the file is not seen there any more as it was read, and nothing is changed unseen"
_UKI: Final = "IS_UKI"

Edits = Callable[[str], tuple[Splice, ...]]


def pin_kernel(
    findings: Iterable[Finding], ask: Ask, artifacts: ArtifactsRead, artifact_texts: FileTexts
) -> Iterator[Plan | Refusal]:
    """Plan the lines that each finding is about; lines of one file are one write."""
    for finding in findings:
        try:
            path, edits, reason = _edits(finding, ask, artifacts)
            command = "\n".join(_command(finding, ask, path))
            change = artifact_texts.written(path, partial(_edited, edits), reason, command)
        except (NoEdit, Unwritable) as refused:
            yield ask.refusal(finding.subject, str(refused))
            continue
        if change is None:
            yield ask.refusal(finding.subject, "the file says so already, and nothing is left to change")
        else:
            yield ask.plan(finding.subject, (change,), (TO_BUILD,))


def _edits(finding: Finding, ask: Ask, artifacts: ArtifactsRead) -> tuple[str, Edits, str]:
    """Which file is edited for a finding, how, and why; raises NoEdit."""
    path, _, line = finding.subject.rpartition(":")
    artifact = next((one for one in artifacts.items if one.path == path and one.text), None)
    if artifact is None:
        held = any(one.path == path for one in artifacts.items)
        raise NoEdit("name an image with a fixed kernel in the pack's values by hand" if held else NOT_THERE)
    if artifact.kind is Kind.ARG:
        return path, partial(_of_arg, finding=finding, line=int(line), ask=ask), _why(finding, ask)
    beside = arg_beside(path, artifacts)
    spot = _spot_at(artifact, int(line))
    if artifact.kind is Kind.CANVOS_DOCKERFILE:
        _fit(arg_of(path, artifacts), spot)
        if beside is not None and ask.base_image and not spot.kernels:
            return beside.path, partial(_with_base_image, ask=ask), _why(finding, ask)
    return path, partial(_of_text, artifact, int(line), _kernel(finding)), _why(finding, ask)


def _of_text(artifact: Artifact, line: int, release: str, text: str) -> tuple[Splice, ...]:
    """The edits of a Dockerfile or a preseed as it is now; raises NoEdit where the place is not what it was."""
    if text != artifact.text:
        raise NoEdit(NOT_THERE)
    spot = _spot_at(artifact, line)
    return (pin_preseed if artifact.kind is Kind.PRESEED else pin_image)(text, spot, release)


def _of_arg(text: str, *, finding: Finding, line: int, ask: Ask) -> tuple[Splice, ...]:
    """UPDATE_KERNEL where the finding is about it, and BASE_IMAGE likewise."""
    entry = read_arg(text).entries.get(UPDATE_KERNEL)
    held = set_entry(text, UPDATE_KERNEL, HELD) if entry is not None and entry.line == line else ()
    if str(Form.ARG) not in finding.evidence["forms"]:
        return held
    return (*held, *_with_base_image(text, ask=ask))


def _with_base_image(text: str, *, ask: Ask) -> tuple[Splice, ...]:
    image = _base_image(ask)
    before, after = (kernel_of_image(one) for one in (read_arg(text).value(BASE_IMAGE), image))
    if before and after and parse_release(before.kernel).flavour != parse_release(after.kernel).flavour:
        said = f"--base-image={image} holds {after.kernel} by its tag"
        raise NoEdit(f"{said}, and the image there {before.kernel}, which is of another flavour")
    return set_entry(text, BASE_IMAGE, image)


def _base_image(ask: Ask) -> str:
    """What --base-image names, if it says that it holds the kernel that belongs there; raises NoEdit."""
    if not ask.base_image:
        raise NoEdit("--base-image=IMAGE names the image that holds a fixed kernel, once it is built and pushed")
    named = kernel_of_image(ask.base_image)
    if named is None:
        raise NoEdit(f"--base-image={ask.base_image} does not say in its tag which kernel it holds")
    _sound(named.kernel, f"--base-image={ask.base_image}")
    if ask.kernel and named.kernel != ask.kernel:
        raise NoEdit(f"--base-image={ask.base_image} holds {named.kernel} by its tag, and --kernel wants {ask.kernel}")
    return ask.base_image


def _kernel(finding: Finding) -> str:
    """The kernel that belongs at a finding's place; raises NoEdit for one that is not known to be fixed."""
    release: str = finding.evidence[TO_PIN] or ""
    if parse_release(release).abi is None:
        raise NoEdit("no fixed kernel of its branch is known: name one with --kernel=VERSION")
    _sound(release, f"--kernel={release}")
    return release


def _sound(release: str, named: str) -> None:
    verdict = judge_kernel(release, UBUNTU)
    if verdict.state is not State.CLEAR:
        raise NoEdit(f"{named} is refused: {verdict.sentence}")


def _fit(arg: Arg | None, spot: Spot) -> None:
    """Raise NoEdit where the image that a CanvOS Dockerfile builds is one whose kernel is not pinned by packages."""
    if arg is not None and arg.fips:
        raise NoEdit(f"{FIPS} is on: a kernel that is certified is chosen by a person")
    if arg is not None and arg.value(_UKI) == "true" and not spot.kernels:
        raise NoEdit(
            f"{_UKI} is true: a Trusted Boot image has its kernel from its base image; name one with BASE_IMAGE"
        )


def _spot_at(artifact: Artifact, line: int) -> Spot:
    """The place of a file that a line belongs to; raises NoEdit."""
    for spot in spots_of(artifact):
        if line == spot.line or spot.top <= line < spot.line_of(artifact.text, spot.end):
            return spot
    raise NoEdit(NOT_THERE)


def _why(finding: Finding, ask: Ask) -> str:
    if ask.base_image and str(Form.ARG) in finding.evidence["forms"]:
        return f"{ask.base_image} holds a kernel that the tables have as fixed, by its tag"
    release = finding.evidence[TO_PIN]
    return f"the tables have {release} as fixed" if release else "only false holds the kernel that is pinned"


def _command(finding: Finding, ask: Ask, path: str) -> Iterator[str]:
    """The edit by hand, of all the finding's steps: with --base-image, its name in the place of any that would do."""
    edit = takewhile(lambda line: line.startswith("#"), finding.by_hand)
    elsewhere = path != finding.subject.rpartition(":")[0]
    if not ask.base_image or not (elsewhere or str(Form.ARG) in finding.evidence["forms"]):
        yield from edit
        return
    yield from (line for line in edit if f" write: {UPDATE_KERNEL}=" in line)
    where = f"in {path}" if elsewhere else f"at {finding.subject}"
    yield f"# {where} write: {BASE_IMAGE}={ask.base_image}"


def _edited(edits: Edits, text: str) -> str:
    return splice(text, edits(text))


PIN_KERNEL: Final = Remedy(
    id="pin-kernel",
    title="name a fixed kernel (--kernel, or the first fixed one of its branch) where the files install one; in .arg, "
    "--base-image and UPDATE_KERNEL=false",
    undo="the lines from before are set again",
    plan=pin_kernel,
    acts_on=(TargetKind.ARTIFACTS,),
)

REMEDIES = (PIN_KERNEL,)
