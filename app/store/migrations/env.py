"""Alembic's entry for the database; `app.store.database.migrate` calls it with the URL as an attribute."""

from alembic import context
from sqlalchemy import create_engine, text

with create_engine(context.config.attributes["url"], hide_parameters=True).connect() as connection:
    context.configure(connection=connection)
    with context.begin_transaction():
        if connection.dialect.name == "postgresql":  # of several processes that start at once, one makes the tables
            connection.execute(text("SELECT pg_advisory_xact_lock(4954816)"))
        context.run_migrations()
