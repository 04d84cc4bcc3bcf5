"""The message that both ends measure the call with. PROTOCOL.md, "call-stats"."""

from __future__ import annotations

from signalling.codec import Message
from signalling.wire import Connection, Count, FramesPerS, Id, Kbps, Milliseconds


class CallStats(Message, frozen=True, tag="call-stats"):
    """The call as the sender measures it, once a second. Never stored.

    `lost_in`, `lost_out` and `dropped` count since the connection stands; `concealed_ms` (sound
    made up for what did not come in time) and `longest_gap_ms` (between two pictures of the other
    side) are of the last second. `sound_delay_ms` is how long sound waits before it is played,
    `target_kbps` the rate that the camera is encoded for.
    """

    visit: Id
    connection: Connection
    rtt_ms: Milliseconds | None = None
    video_kbps_in: Kbps = 0.0
    video_kbps_out: Kbps = 0.0
    fps_in: FramesPerS = 0.0
    fps_out: FramesPerS = 0.0
    lost_in: Count = 0
    lost_out: Count = 0
    jitter_ms: Milliseconds = 0.0
    sound_delay_ms: Milliseconds = 0.0
    concealed_ms: Milliseconds = 0.0
    longest_gap_ms: Milliseconds = 0.0
    dropped: Count = 0
    target_kbps: Kbps = 0.0
