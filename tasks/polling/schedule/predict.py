"""Predicts when a feed publishes next, and from that when the next poll is worth a request. Pure.

The probability of a day comes from earlier days like it: as long after an episode, on the same
weekday. The probability of a time of day comes from the times seen so far. A poll is due when the
expected waiting time of an undiscovered episode has grown to ``target_delay``: minutes after a
likely time, hours apart otherwise, by one number that trades requests for delay. (For episodes
that come at any time, at a rate r, this is the best fixed interval: sqrt(2 target_delay / r).)

Times are minutes since 1970. The constants were tuned on half of the shows of
benchmarks/polling_simulation.py; the other half shows how well they work.
"""

from collections.abc import Iterator, Sequence
from itertools import pairwise

DAY = 1440
SLOT = 15
SLOTS = DAY // SLOT

FADING = 0.9  # weight of a time relative to the next later one: publish patterns change
DOUBT = 1.0  # how many similar days weigh as much as the coarser estimate
COMEBACK = 1.0  # a feed silent for d days is back on the next with a probability of COMEBACK / d
ANY_TIME = 0.1  # share of a day's probability that is spread over the whole day
# The rest lies around the times of day seen so far: offset in slots, and share. Rather later.
AROUND = ((-2, 0.03), (-1, 0.09), (0, 0.55), (1, 0.15), (2, 0.08), (3, 0.05), (4, 0.03), (5, 0.02))


def next_poll_time(
    now: float,
    times: Sequence[int],
    *,
    target_delay: float,
    max_interval: float,
    days_between_episodes: float | None,
) -> float:
    """Return when the next poll is worth its request; ``now + max_interval`` at the latest.

    Args:
        now: when the feed was polled.
        times: when episodes appeared, ascending.
        target_delay: the expected delay, in minutes, until a new episode is discovered.
        max_interval: the longest time between two polls, in minutes.
        days_between_episodes: what the feed declares, used while few episodes are known.
    """
    waiting, probability, moment, latest = 0.0, 0.0, now, now + max_interval
    for end, rate in _episode_rates(now, times, days_between_episodes):
        last = end >= latest
        span = (latest if last else end) - moment
        grown = waiting + probability * span + rate * span * span / 2
        if grown >= target_delay:
            return moment + span * (target_delay - waiting) / (grown - waiting)
        if last:
            break
        waiting, moment = grown, end
        probability += rate * span * (1 - probability)
    return latest


def _episode_rates(
    now: float, times: Sequence[int], days_between_episodes: float | None
) -> Iterator[tuple[float, float]]:
    """Slot by slot from now on: the slot's end, and the rate of episodes per minute in it.

    As slots pass without an episode, their probability moves to the rest of the day.
    """
    start = _start_of_day(times)
    shares = _slot_shares(times, start)
    days = [(time - start) // DAY for time in times]
    day, slot = int((now - start) // DAY), int((now - start) % DAY // SLOT)
    # On a day with an episode, another one can only come after it.
    first_slot = (times[-1] - start) % DAY // SLOT if days and day == days[-1] else 0
    while True:
        probability = _day_probability(day, days, days_between_episodes)
        whole, passed = sum(shares[first_slot:]), sum(shares[first_slot:slot])
        for index in range(slot, SLOTS):
            rate = probability * shares[index] / (whole - probability * passed) / SLOT
            yield start + day * DAY + (index + 1) * SLOT, rate
            passed += shares[index]
        day, slot, first_slot = day + 1, 0, 0


def _start_of_day(times: Sequence[int]) -> int:
    """Where to cut the days: in the middle of the longest quiet hours.

    A show that appears around midnight would otherwise be on one day or on two.
    """
    if not times:
        return 0
    moments = sorted({time % DAY for time in times})
    quiet, begin = max(
        (later - time, time) for time, later in pairwise([*moments, moments[0] + DAY])
    )
    return (begin + quiet // 2) // SLOT * SLOT % DAY


def _slot_shares(times: Sequence[int], start: int) -> list[float]:
    """The share of a day's probability that falls into each slot; they add up to 1."""
    weights: dict[int, float] = {}
    weight = 1.0
    for time in reversed(times):
        slot = (time - start) % DAY // SLOT
        weights[slot] = weights.get(slot, 0.0) + weight
        weight *= FADING
    if not weights:
        return [1 / SLOTS] * SLOTS
    shares = [ANY_TIME / SLOTS] * SLOTS
    known = (1 - ANY_TIME) / sum(weights.values())
    for slot, weight in weights.items():
        for offset, share in AROUND:
            shares[(slot + offset) % SLOTS] += known * share * weight
    return shares


def _day_probability(day: int, days: Sequence[int], days_between_episodes: float | None) -> float:
    """The probability that an episode comes on this day, when none came since the last one.

    Three estimates, each the prior of the next, finer one: how long the feed has been silent and
    the weekday; what happened as long after earlier episodes; and that on the same weekday.
    """
    if not days:
        return min(1 / (days_between_episodes or 7), 0.95)
    seen = at_risk = seen_on_weekday = at_risk_on_weekday = 0.0
    for weight, came, same_weekday in _similar_days(max(day, days[-1]), days):
        at_risk += weight
        seen += weight * came
        if same_weekday:
            at_risk_on_weekday += weight
            seen_on_weekday += weight * came
    prior = _probability_after_silence(day, days, days_between_episodes)
    probability = (seen + DOUBT * prior) / (at_risk + DOUBT)
    probability = (seen_on_weekday + DOUBT * probability) / (at_risk_on_weekday + DOUBT)
    return min(probability, 0.99)


def _similar_days(day: int, days: Sequence[int]) -> Iterator[tuple[float, bool, bool]]:
    """The days about as long after an earlier episode, up to the day of the episode after it.

    Each with its weight, whether that next episode came on it, and whether it is the same weekday.
    """
    silent = day - days[-1]
    tolerance = silent // 10  # months have 28 to 31 days
    weight = 1.0
    for later, earlier in pairwise(reversed(days)):
        gap = later - earlier
        for since in range(silent - tolerance, min(silent + tolerance, gap) + 1):
            yield weight, since == gap, (earlier + since - day) % 7 == 0
        weight *= FADING


def _probability_after_silence(
    day: int, days: Sequence[int], days_between_episodes: float | None
) -> float:
    same_weekday = sum((earlier - day) % 7 == 0 for earlier in days)
    weekday = 7 * (same_weekday + 0.5) / (len(days) + 3.5)  # 1 when all weekdays are alike
    rate = COMEBACK / (max(day - days[-1], 0) + 1)
    if days_between_episodes and len(days) < 4:
        rate = max(rate, 1 / days_between_episodes)
    return min(weekday * rate, 0.95)
