"""Configuration files: schema, loader, commented examples, `visit-config`."""

from config.loader import load_hub, load_terminal
from config.problems import ConfigError, Problem

__all__ = ["ConfigError", "Problem", "load_hub", "load_terminal"]
