"""Pure: another machine's clock, known from questions and answers with half the round trip."""

from __future__ import annotations

import time
from collections.abc import Callable


class ServerClock:
    """The database server's clock: the one clock of all hubs that share the database.

    Between measures it goes on by this machine's monotonic clock, and each measure moves it only
    as far as it must, so that it never goes back without need.
    """

    def __init__(self, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._monotonic = monotonic
        self._offset: float | None = None

    def __call__(self) -> float:
        """Return the server's seconds since the epoch. Call it once something was measured."""
        assert self._offset is not None
        return self._monotonic() + self._offset

    def now(self) -> float:
        """Return what to give to `measured` as `asked` and `answered`."""
        return self._monotonic()

    def measured(self, asked: float, server: float, answered: float) -> None:
        """Take in what the server's clock said at some moment between two of ours."""
        least, most = server - answered, server - asked
        if self._offset is None:
            self._offset = (least + most) / 2
        else:
            self._offset = min(max(self._offset, least), most)
