"""The tables, as the newest migration leaves them."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Column,
    Float,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    PrimaryKeyConstraint,
    String,
    Table,
    Text,
)

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

USAGE_WRITERS = Table(
    "usage_writers",
    METADATA,
    Column("writer", String(32), primary_key=True),
    Column("last_batch", BigInteger, nullable=False),
    Column("seen", Float(53), nullable=False),
)
"""Which batch of usage each replica has added last, and when."""

DOCUMENTS = Table(
    "documents",
    METADATA,
    Column("id", String(32), primary_key=True),
    Column("key_digest", String(64), nullable=False),
    Column("secret", LargeBinary, nullable=True),
    Column("owner", String(64), nullable=True),
    Column("state", String(8), nullable=False),
    Column("num_characters", BigInteger, nullable=False),
    Column("num_done", BigInteger, nullable=False),
    Column("error_code", String(64), nullable=True),
    Column("error", Text, nullable=True),
    Column("attempts", Integer, nullable=False),
    Column("holder", String(64), nullable=True),
    Column("leased_until", Float(53), nullable=False),
    Column("created", Float(53), nullable=False),
    Column("expires", Float(53), nullable=False),
    Index("documents_by_state", "state", "created"),
)
"""What each document needs, how far it is and who works on it; see `crosslate.service.store.documents`."""

GLOSSARIES = Table(
    "glossaries",
    METADATA,
    Column("id", String(32), primary_key=True),
    Column("owner", String(64), nullable=False),
    Column("name", Text, nullable=False),
    Column("created", Float(53), nullable=False),
    Index("glossaries_by_owner", "owner", "created"),
)
"""Whose each glossary is: the name of a key, or nothing where nobody needs one."""

DICTIONARIES = Table(
    "dictionaries",
    METADATA,
    Column("glossary", String(32), nullable=False),
    Column("source_lang", String(35), nullable=False),
    Column("target_lang", String(35), nullable=False),
    Column("num_entries", Integer, nullable=False),
    Column("entries", Text, nullable=False),
    PrimaryKeyConstraint("glossary", "source_lang", "target_lang"),
)
"""What a glossary has for each pair of languages: JSON, a list of pairs of a term and its translation."""
