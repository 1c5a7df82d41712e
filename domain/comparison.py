"""Two runs beside each other: what is open now and was not, what is gone, and what nobody can say."""

from collections.abc import Iterable

from domain.run import Comparison, Place, Result, Run, decided
from domain.verdict import Outcome

_OPEN = (Outcome.FAILED, Outcome.FIX_FAILED)


def compare(earlier: Run, results: Iterable[Result]) -> Comparison:
    """Tell what is open in `results` from what was open in an earlier run.

    A finding is gone only where its scenario was judged on its target again and its subject is not undecided now.
    """
    now = {(r.scenario, r.target): r for r in results}
    before, after = _open(earlier.results), _open(now.values())
    missing = [place for place in before if place not in after]
    gone = [place for place in missing if _judged(place, now.get((place.scenario, place.target)))]
    return Comparison(
        against=earlier.started,
        new=tuple(place for place in after if place not in before),
        gone=tuple(gone),
        still_open=tuple(place for place in after if place in before),
        unjudged=tuple(place for place in missing if place not in gone),
    )


def _open(results: Iterable[Result]) -> dict[Place, None]:
    """The places of the findings that are open, in order, each once."""
    return {
        Place(scenario=r.scenario, target=r.target, subject=f.subject): None
        for r in results
        if r.outcome in _OPEN
        for f in r.findings
    }


def _judged(place: Place, result: Result | None) -> bool:
    return result is not None and decided(result) and not any(u.about(place.subject) for u in result.undecided)
