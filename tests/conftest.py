"""Settings of all tests."""

from __future__ import annotations

from hypothesis import HealthCheck, settings

# On a busy or a fresh machine the first text that hypothesis makes takes seconds (it tabulates
# Unicode), which says nothing about the code under test; pytest-timeout ends what hangs.
settings.register_profile("visitbooth", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("visitbooth")
