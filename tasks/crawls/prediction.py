"""Predicts when a feed publishes next, and from that when a look is worth its request.

The chance of each day comes from the days that were like it: as long after an episode, on the same
day of the week. The chance of each part of a day comes from the times of day seen so far. We look
when the expected waiting of an episode that nobody has found yet has grown to ``patience``: minutes
after a likely time, hours or days apart in between, with one number that trades requests for delay.
For episodes that come at any time at a rate r that is each sqrt(2 * patience / r).
"""

from collections.abc import Iterator, Sequence
from itertools import pairwise

DAY = 1440  # minutes
SLOT = 30
SLOTS = DAY // SLOT
FADING = 0.96  # the weight of a time, relative to the next later one
ANY_TIME = 0.12  # of an episode's chance: it may come at any time of the day
DOUBT=0.5
DOUBT2=1
TAIL = 0.7  # a feed silent for d days comes back on the next with a chance of about TAIL / d

# Where an episode is expected, in slots from where another one was: rather late than early.
_AROUND = ((-2, 0.03), (-1, 0.09), (0, 0.55), (1, 0.15), (2, 0.08), (3, 0.05), (4, 0.03), (5, 0.02))


def next_look_after(
    now: float, times: Sequence[int], *, patience: float, ceiling: float, usual_days: float | None
) -> float:
    """When to look next.

    Args:
        now: minutes since 1970, like every time here.
        times: when episodes appeared, ascending, not after ``now``.
        patience: how many minutes an episode may wait to be found, on average, before another
            request is worth it.
        ceiling: the longest time between two looks, in minutes.
        usual_days: how often the feed says that it publishes, for as long as we know no better.
    """
    waiting, likely, moment = 0.0, 0.0, now
    for end, rate in _outlook(now, times, usual_days):
        span = min(end, now + ceiling) - moment
        grown = waiting + likely * span + rate * span * span / 2
        if grown >= patience:
            return moment + span * (patience - waiting) / (grown - waiting)
        waiting, likely, moment = grown, likely + rate * span * (1 - likely), moment + span
        if moment >= now + ceiling:
            break
    return now + ceiling


def _outlook(
    now: float, times: Sequence[int], usual_days: float | None
) -> Iterator[tuple[float, float]]:
    """From now on, slot by slot: its end, and the rate at which an episode is to be expected."""
    start = _start_of_day(times)
    shape = _shape_of_day(times, start)
    days = [(time - start) // DAY for time in times]
    last_slot = int((times[-1] - start) % DAY // SLOT) if times else 0
    slot = int((now - start) % DAY // SLOT)
    day = int((now - start) // DAY)
    while True:
        since = day - days[-1] if days else None
        chance = _chance_of_day(day, days, usual_days)
        before = sum(shape[last_slot:slot]) if since == 0 else sum(shape[:slot])
        whole = sum(shape[last_slot:]) if since == 0 else 1.0
        for part in range(slot, SLOTS):
            left = 1 - chance * min(before / whole, 1.0)
            yield start + day * DAY + (part + 1) * SLOT, chance * shape[part] / whole / left / SLOT
            before += shape[part]
        day, slot = day + 1, 0


def _start_of_day(times: Sequence[int]) -> int:
    """Where to cut the days: in the middle of the hours in which nothing ever comes."""
    if not times:
        return 0
    moments = sorted({time % DAY for time in times})
    gaps = [(later - time, time) for time, later in pairwise([*moments, moments[0] + DAY])]
    length, begin = max(gaps)
    return (begin + length // 2) // SLOT * SLOT % DAY


def _shape_of_day(times: Sequence[int], start: int) -> list[float]:
    """The share of a day's chance that falls into each slot, from the times of day seen."""
    shape = [0.0] * SLOTS
    weight = 1.0
    for time in reversed(times):
        slot = (time - start) % DAY // SLOT
        for offset, share in _AROUND:
            shape[(slot + offset) % SLOTS] += weight * share
        weight *= FADING
    total = sum(shape)
    if not total:
        return [1 / SLOTS] * SLOTS
    return [ANY_TIME / SLOTS + (1 - ANY_TIME) * part / total for part in shape]


def _chance_of_day(day: int, days: Sequence[int], usual_days: float | None) -> float:
    """The chance that an episode comes on this day, given that none came since the last one.

    Three answers, each the expectation to which the next finer one adds what was seen: the silence
    so far and the weekday; days as long after an episode; those of them on the same weekday.
    """
    if not days:
        return min(1 / (usual_days or 7), 1.0)
    since = day - days[-1]
    tolerance = since // 10  # months have 28 to 31 days
    seen = at_risk = seen_weekday = at_risk_weekday = 0.0
    weight = 1.0
    for i in range(len(days) - 2, -1, -1):
        gap = days[i + 1] - days[i]
        first, end = since - tolerance, min(since + tolerance, gap)
        for k in range(first, end + 1):
            at_risk += weight
            seen += weight * (k == gap)
            if (days[i] + k - day) % 7 == 0:
                at_risk_weekday += weight
                seen_weekday += weight * (k == gap)
        weight *= FADING
    prior = _chance_after_silence(day, days, usual_days)
    chance = (seen + DOUBT * prior) / (at_risk + DOUBT)
    return min((seen_weekday + DOUBT2 * chance) / (at_risk_weekday + DOUBT2), 0.99)


def _chance_after_silence(day: int, days: Sequence[int], usual_days: float | None) -> float:
    same = sum((other - day) % 7 == 0 for other in days)
    weekday = 7 * (same + 0.5) / (len(days) + 3.5)
    rate = TAIL / (day - days[-1] + 1)
    if usual_days and len(days) < 4:
        rate = max(rate, 1 / usual_days)
    return min(weekday * rate, 0.95)
