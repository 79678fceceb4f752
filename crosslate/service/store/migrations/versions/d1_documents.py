"""Documents that are being translated, or kept to be fetched."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "d1"
down_revision = "a1"


def upgrade() -> None:
    """Make the table."""
    op.create_table(
        "documents",
        sa.Column("id", sa.String(32), primary_key=True),
        sa.Column("key_digest", sa.String(64), nullable=False),
        sa.Column("secret", sa.LargeBinary, nullable=True),
        sa.Column("owner", sa.String(64), nullable=True),
        sa.Column("state", sa.String(8), nullable=False),
        sa.Column("num_characters", sa.BigInteger, nullable=False),
        sa.Column("num_done", sa.BigInteger, nullable=False),
        sa.Column("error_code", sa.String(64), nullable=True),
        sa.Column("error", sa.Text, nullable=True),
        sa.Column("attempts", sa.Integer, nullable=False),
        sa.Column("holder", sa.String(64), nullable=True),
        sa.Column("leased_until", sa.Float(53), nullable=False),
        sa.Column("created", sa.Float(53), nullable=False),
        sa.Column("expires", sa.Float(53), nullable=False),
    )
    op.create_index("documents_by_state", "documents", ["state", "created"])
