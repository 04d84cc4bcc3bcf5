"""Pure: what this terminal is doing."""
