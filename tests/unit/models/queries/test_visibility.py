"""What counts is one rule, as text for plain SQL and as a condition for ``select()``."""

import pytest
from sqlalchemy import ColumnElement
from sqlalchemy.dialects import postgresql

from models.queries.visibility import (
    VISIBLE,
    is_listed,
    is_original,
    is_visible,
    is_visible_podcast,
    listed_podcast,
    original_episode,
    visible_podcast,
)


@pytest.mark.parametrize(
    ("condition", "text"),
    [
        (is_visible(), VISIBLE),
        (is_visible_podcast(), visible_podcast()),
        (is_original(), original_episode()),
        (is_listed(), listed_podcast()),
    ],
)
def test_condition_and_text_are_the_same_rule(condition: ColumnElement[bool], text: str) -> None:
    options = {"literal_binds": True, "render_postcompile": True}
    dialect = postgresql.dialect()  # type: ignore[no-untyped-call]
    compiled = str(condition.compile(dialect=dialect, compile_kwargs=options))
    aliased = compiled.replace("episode.", "e.").replace("podcast.", "p.")
    assert _flat(aliased) == _flat(text)


def _flat(sql: str) -> str:
    return sql.replace("(", "").replace(")", "")
