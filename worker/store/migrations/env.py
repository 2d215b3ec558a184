"""Alembic's entry: runs the migrations on the connection that `worker.store.schema` hands over."""

from alembic import context

import worker.store.history_tables  # noqa: F401 - with it every table is known
from worker.store.tables import metadata

connection = context.config.attributes["connection"]
context.configure(
    connection=connection,
    target_metadata=metadata,
    render_as_batch=connection.dialect.name == "sqlite",
)
with context.begin_transaction():
    context.run_migrations()
