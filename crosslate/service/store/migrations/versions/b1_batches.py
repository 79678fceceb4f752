"""Which batch of usage each replica has added last."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "b1"
down_revision = "g1"


def upgrade() -> None:
    """Make the table."""
    op.create_table(
        "usage_writers",
        sa.Column("writer", sa.String(32), primary_key=True),
        sa.Column("last_batch", sa.BigInteger, nullable=False),
        sa.Column("seen", sa.Float(53), nullable=False),
    )
