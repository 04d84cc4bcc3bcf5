"""Settings of all tests."""

from __future__ import annotations

import os

from hypothesis import HealthCheck, settings

# Kivy would take the root logger, and whatever is tested after it in this process would log all.
os.environ.setdefault("KIVY_LOG_MODE", "PYTHON")

# On a busy or a fresh machine the first text that hypothesis makes takes seconds (it tabulates
# Unicode), which says nothing about the code under test; pytest-timeout ends what hangs.
settings.register_profile("visitbooth", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("visitbooth")
