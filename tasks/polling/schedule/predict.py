"""Predicts when a feed publishes next, and from that when a look is worth its request.

The chance of a day comes from the days that were like it: as long after an episode, and on the
same day of the week. The chance of a part of a day comes from the times of day seen so far. We look
when the expected waiting of an episode that is out and not found has grown to ``patience``: minutes
after a likely time, hours apart otherwise, by one number that trades requests for delay. (For
episodes that come at any time, at a rate r, this is the best fixed interval: sqrt(2 patience / r).)

Times are minutes since 1970. The constants were tuned on half of the rhythms of
benchmarks/polling_simulation.py; the other half shows what they are worth.
"""

from collections.abc import Iterator, Sequence
from itertools import pairwise

DAY = 1440
SLOT = 15
SLOTS = DAY // SLOT

FADING = 0.9  # the weight of a time relative to the next later one: rhythms change
DOUBT = 1.0  # how many days like this one it takes to believe them as much as what is usual
COMEBACK = 1.0  # a feed silent for d days is back on the next with a chance of about COMEBACK / d
ANY_TIME = 0.1  # of an episode's chance is spread over the whole day
# The rest lies around the times of day seen so far, in slots, and rather later than earlier.
AROUND = ((-2, 0.03), (-1, 0.09), (0, 0.55), (1, 0.15), (2, 0.08), (3, 0.05), (4, 0.03), (5, 0.02))


def next_poll_time(
    now: float,
    times: Sequence[int],
    *,
    patience: float,
    ceiling: float,
    days_between_episodes: float | None,
) -> float:
    """When the next look is worth its request; ``now + ceiling`` at the latest.

    Args:
        now: when the feed was looked at.
        times: when episodes appeared, ascending.
        patience: how many minutes an episode may wait to be found, on average over what may
            happen, before another request is worth it.
        ceiling: the longest time between two looks, in minutes.
        usual_days: how often the feed says that it publishes, believed until we know better.
    """
    waited, arrived, moment, latest = 0.0, 0.0, now, now + ceiling
    for end, rate in _outlook(now, times, days_between_episodes):
        last = end >= latest
        span = (latest if last else end) - moment
        grown = waited + arrived * span + rate * span * span / 2
        if grown >= patience:
            return moment + span * (patience - waited) / (grown - waited)
        if last:
            break
        waited, arrived, moment = grown, arrived + rate * span * (1 - arrived), end
    return latest


def _outlook(
    now: float, times: Sequence[int], days_between_episodes: float | None
) -> Iterator[tuple[float, float]]:
    """Slot by slot from now on: its end, and the rate (a minute) at which an episode comes.

    A chance that did not come true moves to what is left of the day.
    """
    start = _start_of_day(times)
    shape = _shape_of_day(times, start)
    days = [(time - start) // DAY for time in times]
    day, slot = int((now - start) // DAY), int((now - start) % DAY // SLOT)
    # On a day with an episode, the chance of another one lies in what came after it.
    begin = (times[-1] - start) % DAY // SLOT if days and day == days[-1] else 0
    while True:
        chance = _chance_of_day(day, days, days_between_episodes)
        whole, passed = sum(shape[begin:]), sum(shape[begin:slot])
        for part in range(slot, SLOTS):
            rate = chance * shape[part] / (whole - chance * passed) / SLOT
            yield start + day * DAY + (part + 1) * SLOT, rate
            passed += shape[part]
        day, slot, begin = day + 1, 0, 0


def _start_of_day(times: Sequence[int]) -> int:
    """Where to cut the days: in the middle of the hours in which nothing comes.

    A show that appears around midnight would otherwise be on one day or on two.
    """
    if not times:
        return 0
    moments = sorted({time % DAY for time in times})
    quiet, begin = max(
        (later - time, time) for time, later in pairwise([*moments, moments[0] + DAY])
    )
    return (begin + quiet // 2) // SLOT * SLOT % DAY


def _shape_of_day(times: Sequence[int], start: int) -> list[float]:
    """The share of a day's chance that falls into each slot; they add up to 1."""
    weights: dict[int, float] = {}
    weight = 1.0
    for time in reversed(times):
        slot = (time - start) % DAY // SLOT
        weights[slot] = weights.get(slot, 0.0) + weight
        weight *= FADING
    if not weights:
        return [1 / SLOTS] * SLOTS
    shape = [ANY_TIME / SLOTS] * SLOTS
    known = (1 - ANY_TIME) / sum(weights.values())
    for slot, weight in weights.items():
        for offset, share in AROUND:
            shape[(slot + offset) % SLOTS] += known * share * weight
    return shape


def _chance_of_day(day: int, days: Sequence[int], days_between_episodes: float | None) -> float:
    """The chance that an episode comes on this day, when none came since the last one.

    Three answers, from coarse to fine, each the doubt in the next: how long it has been silent and
    the weekday; what happened so long after other episodes; and that on the same weekday.
    """
    if not days:
        return min(1 / (days_between_episodes or 7), 0.95)
    seen = at_risk = seen_on_weekday = at_risk_on_weekday = 0.0
    for weight, came, same_weekday in _days_like(max(day, days[-1]), days):
        at_risk += weight
        seen += weight * came
        if same_weekday:
            at_risk_on_weekday += weight
            seen_on_weekday += weight * came
    chance = (seen + DOUBT * _chance_after_silence(day, days, days_between_episodes)) / (
        at_risk + DOUBT
    )
    chance = (seen_on_weekday + DOUBT * chance) / (at_risk_on_weekday + DOUBT)
    return min(chance, 0.99)


def _days_like(day: int, days: Sequence[int]) -> Iterator[tuple[float, bool, bool]]:
    """The days about as long after an earlier episode, before or when the one after it came.

    Each with its weight, whether it was the day of that next one, and whether it is the same day
    of the week.
    """
    silent = day - days[-1]
    tolerance = silent // 10  # months have 28 to 31 days
    weight = 1.0
    for last, following in pairwise(reversed(days)):
        gap = last - following
        for since in range(silent - tolerance, min(silent + tolerance, gap) + 1):
            yield weight, since == gap, (following + since - day) % 7 == 0
        weight *= FADING


def _chance_after_silence(
    day: int, days: Sequence[int], days_between_episodes: float | None
) -> float:
    same_weekday = sum((other - day) % 7 == 0 for other in days)
    weekday = 7 * (same_weekday + 0.5) / (len(days) + 3.5)  # 1 when all weekdays are alike
    rate = COMEBACK / (max(day - days[-1], 0) + 1)
    if days_between_episodes and len(days) < 4:
        rate = max(rate, 1 / days_between_episodes)
    return min(weekday * rate, 0.95)
