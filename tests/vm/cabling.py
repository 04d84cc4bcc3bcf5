"""What is plugged into the guest and pulled out of it: the kernel's own test devices, as scripts.

Pulling means taking the driver away from the device, as the bus does: the node goes, a reading
program gets an error, udev hears of it. (vivid's control "disconnect" leaves the node there;
modprobe -r is refused while a program reads.)
"""

from __future__ import annotations

from typing import Final

CAMERA_DRIVER: Final = "/sys/bus/platform/drivers/vivid"
CARD_DRIVER: Final = "/sys/bus/platform/drivers/snd_aloop"

CAMERA_MOVING: Final = """
# Bars without writing on them, moving sideways.
v4l2-ctl --device=/dev/video0 --set-ctrl=osd_text_mode=2 --set-ctrl=horizontal_movement=5
"""
CAMERA_FROZEN: Final = """
v4l2-ctl --device=/dev/video0 --set-ctrl=osd_text_mode=2 --set-ctrl=horizontal_movement=3
"""
CAMERA_IN: Final = f"""
if modprobe --quiet --dry-run --first-time vivid; then
    modprobe vivid n_devs=1 node_types=0x1 input_types=0x0 num_inputs=1
elif ! test -e {CAMERA_DRIVER}/vivid.0; then
    echo vivid.0 > {CAMERA_DRIVER}/bind
fi
udevadm settle
{CAMERA_MOVING}
"""
"""A webcam with the sizes 320x180 to 3840x2160; its picture is a test pattern."""
CAMERA_OUT: Final = f"echo vivid.0 > {CAMERA_DRIVER}/unbind; udevadm settle"

CARD_IN: Final = f"""
if modprobe --quiet --dry-run --first-time snd-aloop; then
    modprobe snd-aloop pcm_substreams=1
elif ! test -e {CARD_DRIVER}/snd_aloop.0; then
    echo snd_aloop.0 > {CARD_DRIVER}/bind
fi
udevadm settle
"""
"""A card whose device 0 hears what is played to its device 1, and the other way round."""
CARD_OUT: Final = f"echo snd_aloop.0 > {CARD_DRIVER}/unbind; udevadm settle"

SPEAK: Final = """
systemd-run --quiet --unit=speaker --property=Restart=always --property=RestartSec=0 \
    --property=StartLimitIntervalSec=0 aplay --quiet --device=hw:Loopback,1 /share/inmate.wav
"""
"""Somebody talks into the microphone: the far end of the card plays a file for ever."""
HUSH: Final = "systemctl stop speaker"
LISTEN: Final = """
arecord --quiet --device=hw:Loopback,1 --channels=1 --rate=48000 --format=S16_LE --duration=3 \
    /share/ear.wav
"""
"""What the earpiece plays, three seconds of it."""

HANDSET_BEGIN: Final = """
modprobe uhid
systemd-run --quiet --unit=handset --working-directory=/repo \
    /opt/visitbooth/bin/python -B -m tests.vm.handset /run/handset
until test -p /run/handset; do sleep 0.2; done
"""
HANDSET_IN: Final = "echo plug > /run/handset"
HANDSET_OUT: Final = "echo unplug > /run/handset"
HANDSET_UP: Final = "echo up > /run/handset"
HANDSET_DOWN: Final = "echo down > /run/handset"
"""A USB telephone (its hook is in /dev/hidraw alone): see handset.py."""

GADGET_BEGIN: Final = """
modprobe --all libcomposite dummy_hcd
systemd-run --quiet --unit=gadget --working-directory=/repo \
    /opt/visitbooth/bin/python -B -m tests.vm.gadget /run/gadget
until test -p /run/gadget; do sleep 0.2; done
"""
GADGET_IN: Final = "echo plug > /run/gadget"
GADGET_OUT: Final = "echo unplug > /run/gadget"
"""The same telephone as a real USB device with a serial port, on a bus of the kernel's own."""
