"""Naming within a budget: what it reads is a stranger's, and may cost more than it should.

It runs in the child process, and with no transaction open. The facts of most episodes are labels
and a few tags, too few to cost anything: they are read in place.
"""

import pickle

from models.database import Session, computed_outside
from tasks.budgets.parent import within_budget
from tasks.budgets.values import BudgetInterrupted, OverBudget
from tasks.speakers.facts import EpisodeFacts
from tasks.speakers.naming import Naming, read_naming

# Facts that are read in less than a tenth of a second, whatever they say. Labels are compared with
# each other and with all names, so they are limited, too: tests/hostile/test_small_facts.py.
_SMALL_BYTES, _SMALL_LABELS = 8_000, 20


def naming_of(session: Session, facts: EpisodeFacts) -> Naming:
    """The naming of an episode: outside of the transaction, unless it costs next to nothing."""
    if is_small(facts):
        return read_naming(facts)
    return computed_outside(session, name_speakers, facts)


def name_speakers(facts: EpisodeFacts) -> Naming:
    """Match the labels of an episode.

    Raises:
        OverBudget: it took more processor time or memory than one document may take.
        BudgetInterrupted: it was not done, for a reason that is not the episode's.
    """
    return read_naming(facts) if is_small(facts) else within_budget(read_naming, facts)


def is_small(facts: EpisodeFacts) -> bool:
    """Whether naming costs so little that nobody notices who waits for it."""
    if len(facts.segment_counts) > _SMALL_LABELS:
        return False
    return len(pickle.dumps(facts, pickle.HIGHEST_PROTOCOL)) <= _SMALL_BYTES


def name_if_possible(facts: EpisodeFacts) -> Naming | OverBudget | BudgetInterrupted:
    """Match the labels of an episode, or return why that was not done."""
    try:
        return name_speakers(facts)
    except (OverBudget, BudgetInterrupted) as error:
        return error
