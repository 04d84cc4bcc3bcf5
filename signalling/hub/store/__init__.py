"""The durable facts: interface, SQLite, migrations."""
