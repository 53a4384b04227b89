"""What a transaction may be let off, and what the next one is not."""

import pytest
from sqlmodel import Session

from models.database import in_transaction, set_async_commit
from models.database.sql import rows, statement

pytestmark = pytest.mark.usefixtures("database")

# The tests' own database does not wait at all, so it is asked who said so.
_WAITS = statement("SELECT setting, source FROM pg_settings WHERE name = 'synchronous_commit'")


def _waits(session: Session) -> tuple[str, str]:
    (said,) = rows(session, _WAITS, {})
    return said.setting, said.source


def test_async_commit_affects_only_its_transaction() -> None:
    def unsynced(session: Session) -> tuple[str, str]:
        set_async_commit(session)
        return _waits(session)

    assert in_transaction(unsynced) == ("off", "session")
    assert in_transaction(_waits)[1] != "session"
