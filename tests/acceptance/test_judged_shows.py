"""Small podcasts by an author who had not read the code: who speaks, and how often."""

import pytest

from tests.acceptance.judged import CASES
from tests.acceptance.judged_shows import score_show, shows_in
from tests.conftest import empty_database
from tests.servers.fault_server import FaultServer

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("database")]

# Share of the segments under the right person, or rightly under nobody, as it is now.
LEAST_RIGHT = {
    "shows": 0.97,
    "shows-opened": 0.89,
    "panel": 0.87,
    "panel-opened": 0.93,
    "mixed": 0.73,
    "mixed-opened": 0.80,
    "street": 0.88,
    "street-opened": 0.90,
    "voices": 0.90,
    "voices-opened": 0.70,
}
# Segments under another name: a label that a program misheard, "Sasha Becky Lund".
WRONG = {"15-the-pipeline-by-corvane": 2}


@pytest.mark.parametrize("half", LEAST_RIGHT)
def test_segments_are_the_right_persons_or_nobodys(half: str, publisher: FaultServer) -> None:
    right = segments = 0
    for folder in shows_in(CASES / half):
        empty_database()
        score = score_show(folder, publisher)
        print(f"\n{folder.name}: {score}")
        assert score.wrong == WRONG.get(folder.name, 0), (folder.name, score.differences)
        right += score.right
        segments += score.right + score.missing + score.wrong
    assert right >= LEAST_RIGHT[half] * segments, (right, segments)
