"""What Alembic runs: the migrations, on the connection that it is given, in that connection's transaction."""

from __future__ import annotations

from alembic import context

from crosslate.service.store.tables import METADATA

context.configure(
    connection=context.config.attributes["connection"], target_metadata=METADATA, transactional_ddl=True
)
context.run_migrations()
