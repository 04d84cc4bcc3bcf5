"""The terminal's reconnecting connection."""
