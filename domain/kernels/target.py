"""Which kernel a host is to boot instead: one that its apt offers and the tables have as fixed, never a listed one."""

from collections.abc import Iterable

from domain.kernels.distribution import Distribution
from domain.kernels.judging import judge_kernel
from domain.kernels.release import KernelRelease, parse_release
from domain.kernels.words import State


class NoKernel(ValueError):
    """There is none to go to; the text says why."""


def target_kernel(
    running: str, distribution: Distribution, offered: Iterable[str], installed: Iterable[str], wanted: str = ""
) -> str:
    """Choose the release to boot: `wanted`, or the first fixed one of the branch and flavour after the one running.

    Raises NoKernel with the reason.
    """
    now = parse_release(running)
    if now.abi is None:
        raise NoKernel(f"{running} is no kernel of Ubuntu's by its name: which package replaces it is not known")
    there = {parse_release(release).text: parse_release(release) for release in (*offered, *installed)}
    fixed = [one for one in there.values() if judge_kernel(one.text, distribution).state is State.CLEAR]
    if wanted:
        return _wanted(wanted, now, there, fixed, distribution)
    later = [one for one in fixed if _same_branch(one, now) and (one.abi or 0) > now.abi]
    if not later:
        offers = ", ".join(one for one in there if _same_branch(there[one], now)) or "none"
        raise NoKernel(
            f"its apt offers no kernel of {now.base} {now.flavour} after {running} that the tables have as fixed "
            f"(it offers: {offers}); `sudo apt-get update` there, or another branch with --kernel=VERSION"
        )
    return min(later, key=lambda one: one.abi or 0).text


def _wanted(
    wanted: str,
    now: KernelRelease,
    there: dict[str, KernelRelease],
    fixed: list[KernelRelease],
    distribution: Distribution,
) -> str:
    name = wanted if wanted in there else f"{wanted}-{now.flavour}"
    if name not in there:
        raise NoKernel(f"--kernel={wanted}: its apt offers no such kernel; it offers: {', '.join(there) or 'none'}")
    if name not in {one.text for one in fixed}:
        raise NoKernel(f"--kernel={wanted} is refused: {judge_kernel(name, distribution).sentence}")
    return name


def _same_branch(one: KernelRelease, other: KernelRelease) -> bool:
    return (one.base, one.flavour) == (other.base, other.flavour) and one.abi is not None
