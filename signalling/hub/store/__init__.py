"""The durable facts: interface, SQLite, PostgreSQL, migrations."""
