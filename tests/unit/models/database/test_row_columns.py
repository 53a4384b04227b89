"""The columns of a ``select()`` follow from the dataclass of its rows."""

from dataclasses import dataclass

import pytest
from sqlalchemy import func, select
from sqlmodel import col

from models import Episode, Podcast
from models.database.row_columns import any_of, row_columns


@dataclass(frozen=True, slots=True)
class _Titled:
    id: int
    title: str
    feed_url: str
    episodes: int


def test_row_columns_come_from_the_first_table_with_the_name() -> None:
    columns = row_columns(_Titled, Episode, Podcast, episodes=func.count())
    assert [column.name for column in columns] == ["id", "title", "feed_url", "episodes"]
    text = str(select(*columns))
    assert "episode.title AS title, podcast.feed_url AS feed_url, count(*) AS episodes" in text


def test_row_columns_prefer_what_is_given() -> None:
    columns = row_columns(_Titled, Episode, Podcast, title=Podcast.title, episodes=func.count())
    assert "podcast.title AS title" in str(select(*columns))


def test_row_columns_without_a_column_are_an_error() -> None:
    with pytest.raises(TypeError, match="no column for _Titled"):
        row_columns(_Titled, Episode, Podcast)


def test_row_columns_beside_the_fields_are_an_error() -> None:
    with pytest.raises(TypeError, match="_Titled has no field count"):
        row_columns(_Titled, Episode, Podcast, episodes=func.count(), count=func.count())


def test_any_of_is_one_parameter() -> None:
    compiled = select(col(Episode.id)).where(col(Episode.id) == any_of(range(70_000))).compile()
    assert len(compiled.params) == 1
