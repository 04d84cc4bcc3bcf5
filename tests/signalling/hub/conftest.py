from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.signalling.hub.harness import Hub, hub_config, running_hub


@pytest.fixture
async def hub(tmp_path: Path) -> AsyncIterator[Hub]:
    async with running_hub(hub_config(tmp_path / "state")) as running:
        yield running
