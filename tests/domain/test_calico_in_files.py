"""What cannot be said in cases: a Calico pack beside an image file that was not read."""

from domain.artifacts import Artifact, ArtifactsRead, Kind, Place, read_artifact, unread
from domain.calico_in_files import judge_calico_files
from domain.verdict import Note, Undecided


def _packs_beside(*images: Artifact) -> ArtifactsRead:
    values = read_artifact("a/values.yaml", Kind.VALUES, "manifests: {calico: {}}\n")
    assert values is not None
    return ArtifactsRead((values, *images), alone=True)


def _sound(path: str) -> Artifact:
    return Artifact(path=path, kind=Kind.ARG, text="BASE_IMAGE=r.example.com/kairos:6.8.0-60\n")


def _not_read(path: str) -> Artifact:
    return Artifact(path=path, kind=Kind.ARG, unread=(unread(Place(path, 1), "it is not UTF-8"),))


def test_a_sound_kernel_is_not_the_only_one_while_an_image_file_beside_it_is_not_read() -> None:
    (one,) = judge_calico_files(_packs_beside(_sound("a/.arg"), _not_read("a/prod.arg")), "")
    assert isinstance(one, Undecided)
    assert one.subject == "a/values.yaml:1"
    assert one.reason.endswith("is not told by all the files beside it: a/prod.arg:1: it is not UTF-8")


def test_what_is_not_read_of_another_site_leaves_nothing_open_here() -> None:
    (one,) = judge_calico_files(_packs_beside(_sound("a/.arg"), _not_read("b/.arg")), "")
    assert isinstance(one, Note)


def test_a_sound_kernel_of_another_site_is_not_taken_for_the_one_that_is_not_read_here() -> None:
    (one,) = judge_calico_files(_packs_beside(_not_read("a/.arg"), _sound("b/.arg")), "")
    assert isinstance(one, Undecided)


def test_an_image_file_that_pins_nothing_is_passed_over() -> None:
    unpinned = Artifact(path="a/.arg", kind=Kind.ARG, text="UPDATE_KERNEL=false\n")
    (one,) = judge_calico_files(_packs_beside(unpinned, _sound("b/.arg")), "")
    assert isinstance(one, Note)
    assert one.message.endswith("6.8.0-60-generic (b/.arg:1)")
