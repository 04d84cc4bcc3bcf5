"""Each connection gets the encoder of its codec."""

from __future__ import annotations

import pytest

from config.schema import Devices
from kiosk.media.encoders import choose


@pytest.mark.parametrize(("mime", "name"), [("video/H264", "libx264"), ("video/VP8", "libvpx")])
def test_without_hardware_software_encodes(mime: str, name: str) -> None:
    encoder = choose(mime, Devices())
    encoder.warm(640, 480)
    assert encoder.name == name
    encoder.close()


def test_another_codec_is_refused() -> None:
    with pytest.raises(ValueError, match="video/AV1"):
        choose("video/AV1", Devices())
