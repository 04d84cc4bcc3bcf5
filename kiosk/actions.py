"""What `session.py` asks the shell to do. Pure data.

The wire's own messages and the media process's own commands are carried as they are: a second set
of the same structs would only be a place for the two to differ.
"""

from __future__ import annotations

from dataclasses import dataclass

from kiosk.media.commands import Command
from signalling.messages import Message


class Action:
    """Base of what the shell is asked to do."""


@dataclass(frozen=True, slots=True, repr=False)
class Send(Action):
    """Send to the hub. Not kept when the link is down; the session says it again when it is up."""

    message: Message

    def __repr__(self) -> str:
        return f"Send({self.message})"  # str() of a message shows no secrets


@dataclass(frozen=True, slots=True)
class StartMedia(Action):
    """Start a media process for `visit` and let it open its devices; "" is for probing a fault."""

    visit: str


@dataclass(frozen=True, slots=True)
class StopMedia(Action):
    """Stop the media process; nothing of its visit may remain."""


@dataclass(frozen=True, slots=True, repr=False)
class Tell(Action):
    """Give a command to the media process that runs."""

    command: Command

    def __repr__(self) -> str:
        return f"Tell({type(self.command).__name__})"


@dataclass(frozen=True, slots=True, repr=False)
class Keep(Action):
    """Keep `data` under `name` in the state folder, over a restart."""

    name: str
    data: bytes

    def __repr__(self) -> str:
        return f"Keep({self.name})"


@dataclass(frozen=True, slots=True)
class ReadHealth(Action):
    """Look how the machine itself is; answered by `events.HealthRead`."""


@dataclass(frozen=True, slots=True)
class Restart(Action):
    """End the program so that it is started again."""
