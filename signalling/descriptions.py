"""Checks of what browsers send before it reaches a media stack. Written next."""
