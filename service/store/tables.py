"""The tables, as the newest migration leaves them."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, MetaData, PrimaryKeyConstraint, String, Table

METADATA = MetaData()

USAGE = Table(
    "usage",
    METADATA,
    Column("span", String(8), nullable=False),
    Column("period", String(16), nullable=False),
    Column("key_name", String(64), nullable=False),
    Column("requests", BigInteger, nullable=False),
    Column("characters", BigInteger, nullable=False),
    PrimaryKeyConstraint("span", "period", "key_name"),
)
"""What each key has had in a month (`2026-11`) or, of late, in a minute (`2026-11-27T07:05`), in UTC."""
