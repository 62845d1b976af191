"""Alembic's entry for the SAM's database; `hsm.database.migrate` calls it with the URL as an attribute."""

from alembic import context
from sqlalchemy import NullPool, create_engine

with create_engine(context.config.attributes["url"], hide_parameters=True, poolclass=NullPool).connect() as connection:
    context.configure(connection=connection)
    with context.begin_transaction():
        context.run_migrations()
