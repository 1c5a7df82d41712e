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

    GRUB boots the newest that is installed: where that is newer, it is the one, if it is fixed as well. Raises NoKernel
    with the reason.
    """
    now, there = parse_release(running), [parse_release(release) for release in installed]
    if now.abi is None:
        raise NoKernel(f"{running} is no kernel of Ubuntu's by its name: which package replaces it is not known")
    by_name = {one.text: one for one in (*map(parse_release, offered), *there)}
    chosen = _wanted(wanted, now, by_name, distribution) if wanted else _first_fixed(now, by_name, distribution)
    newest = max((chosen, *there), key=_order)
    if newest.text == chosen.text:
        return chosen.text
    if wanted:
        raise NoKernel(f"{newest.text}, which is installed, would be booted, and not {chosen.text}")
    if not _is_fixed(newest, distribution):
        sentence = judge_kernel(newest.text, distribution).sentence
        raise NoKernel(f"{newest.text}, which is installed, would be booted instead of {chosen.text}, and {sentence}")
    return newest.text


def _first_fixed(now: KernelRelease, there: dict[str, KernelRelease], distribution: Distribution) -> KernelRelease:
    branch = [one for one in there.values() if (one.base, one.flavour) == (now.base, now.flavour)]
    later = [one for one in branch if _order(one) > _order(now) and _is_fixed(one, distribution)]
    if later:
        return min(later, key=_order)
    offers = ", ".join(one.text for one in sorted(branch, key=_order)) or "none"
    raise NoKernel(
        f"its apt offers no kernel of {now.base} {now.flavour} after {now.text} that the tables have as fixed "
        f"(it offers: {offers}); `sudo apt-get update` there, or another branch with --kernel=VERSION"
    )


def _wanted(
    wanted: str, now: KernelRelease, there: dict[str, KernelRelease], distribution: Distribution
) -> KernelRelease:
    found = there.get(wanted) or there.get(f"{wanted}-{now.flavour}")
    if found is None:
        raise NoKernel(f"--kernel={wanted}: its apt offers no such kernel; it offers: {', '.join(there) or 'none'}")
    if not _is_fixed(found, distribution):
        raise NoKernel(f"--kernel={wanted} is refused: {judge_kernel(found.text, distribution).sentence}")
    return found


def _is_fixed(one: KernelRelease, distribution: Distribution) -> bool:
    return judge_kernel(one.text, distribution).state is State.CLEAR


def _order(one: KernelRelease) -> tuple[int, int, int, int]:
    """The newer, the later: upstream's number, then the ABI."""
    number = one.upstream
    return (number.major, number.minor, number.patch, one.abi or 0) if number is not None else (0, 0, 0, 0)
