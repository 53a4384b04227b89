"""The reason of attributions that an operator quarantined, in the words of the glossary.

Revision: 0029, after 0028.
"""

from alembic import op

revision = "0029"
down_revision = "0028"
branch_labels = None
depends_on = None

OLD, NEW = "held", "by_decision"


def upgrade() -> None:
    _rename(OLD, NEW)


def downgrade() -> None:
    _rename(NEW, OLD)


def _rename(before: str, after: str) -> None:
    op.execute(f"UPDATE speaker SET reason = '{after}' WHERE reason = '{before}'")  # noqa: S608
