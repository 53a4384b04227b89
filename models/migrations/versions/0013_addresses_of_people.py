"""Whose page an address in a person tag is.

Revision: 0013, after 0011.
"""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "person_address",
        sa.Column("address", sa.String(), primary_key=True),
        sa.Column("person_id", sa.BigInteger(), sa.ForeignKey("person.id"), nullable=False),
        sa.Column("podcast_id", sa.BigInteger(), sa.ForeignKey("podcast.id"), nullable=False),
    )
    op.create_index("person_address_person", "person_address", ["person_id"])


def downgrade() -> None:
    op.drop_table("person_address")
