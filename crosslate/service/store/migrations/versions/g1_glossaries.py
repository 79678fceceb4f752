"""Glossaries, and what they have for each pair of languages."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "g1"
down_revision = "d1"


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "glossaries",
        sa.Column("id", sa.String(32), primary_key=True),
        sa.Column("owner", sa.String(64), nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("created", sa.Float(53), nullable=False),
    )
    op.create_index("glossaries_by_owner", "glossaries", ["owner", "created"])
    op.create_table(
        "dictionaries",
        sa.Column("glossary", sa.String(32), nullable=False),
        sa.Column("source_lang", sa.String(35), nullable=False),
        sa.Column("target_lang", sa.String(35), nullable=False),
        sa.Column("num_entries", sa.Integer, nullable=False),
        sa.Column("entries", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("glossary", "source_lang", "target_lang"),
    )
