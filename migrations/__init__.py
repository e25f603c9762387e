"""Alembic migrations of the native store."""
