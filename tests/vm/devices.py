"""Handsets and keypads made by a program, for the kernel's own drivers: uhid, uinput, USB gadgets.

For a guest's root: the nodes appear as those of real devices do. Sources: <linux/uhid.h>,
<linux/uinput.h>, Documentation/usb/gadget_configfs.rst.
"""

from __future__ import annotations

import os
import select
import struct
import threading
from fcntl import ioctl
from pathlib import Path
from typing import Final

from config.input_codes import EV_KEY, EV_SW

BUS_USB: Final = 3

_DESTROY, _GET_REPORT, _GET_REPORT_REPLY, _CREATE2, _INPUT2 = 1, 9, 10, 11, 12
_CREATE: Final = struct.Struct("<I128s64s64sHHIIII4096s")
"""struct uhid_event with a uhid_create2_req."""
_INPUT: Final = struct.Struct("<IH4096s")
_ASKED: Final = struct.Struct("<IIBB")
_ANSWER: Final = struct.Struct("<IIHH4096s")
_EIO: Final = 5
_POLL_S: Final = 0.05


class HidDevice:
    """A HID device by its report descriptor, until `unplug`.

    `state` is what it answers when its input report is asked for (HIDIOCGINPUT), the report's
    number first; None: an error, as from a device that stalls.
    """

    def __init__(
        self, descriptor: bytes, vendor: int, product: int, *, name: str, state: bytes | None
    ) -> None:
        self.state = state
        self.asked = 0
        self._lock = threading.Lock()
        self._node = os.open("/dev/uhid", os.O_RDWR | os.O_CLOEXEC | os.O_NONBLOCK)
        size, text = len(descriptor), name.encode()
        self._write(
            _CREATE.pack(_CREATE2, text, b"", b"", size, BUS_USB, vendor, product, 0, 0, descriptor)
        )
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._answer, name="uhid", daemon=True)
        self._thread.start()

    def send(self, report: bytes) -> None:
        """Send an input report and keep it as the state."""
        self.state = report
        self._write(_INPUT.pack(_INPUT2, len(report), report))

    def unplug(self) -> None:
        """Take it away; idempotent."""
        if not self._stop.is_set():
            self._stop.set()
            self._thread.join()
            self._write(struct.pack("<I", _DESTROY))
            os.close(self._node)

    def _answer(self) -> None:
        while not self._stop.is_set():
            if not select.select([self._node], [], [], _POLL_S)[0]:
                continue
            event = os.read(self._node, _CREATE.size)
            kind, number = _ASKED.unpack_from(event)[:2]
            if kind == _GET_REPORT:
                self.asked += 1
                error, state = (0, self.state) if self.state is not None else (_EIO, b"")
                answer = _ANSWER.pack(_GET_REPORT_REPLY, number, error, len(state), state)
                self._write(answer)

    def _write(self, event: bytes) -> None:
        with self._lock:
            os.write(self._node, event)


_SET_BITS: Final = {EV_KEY: 0x40045565, EV_SW: 0x4004556D}
_SET_EVBIT: Final = 0x40045564
_DEV_SETUP, _DEV_CREATE, _DEV_DESTROY = 0x405C5503, 0x5501, 0x5502
_SETUP: Final = struct.Struct("@HHHH80sI")
_EVENT: Final = struct.Struct("@llHHi")


class KeyDevice:
    """An input device with keys and switches, until `unplug`."""

    def __init__(self, name: str, *codes: tuple[int, int]) -> None:
        self._node = os.open("/dev/uinput", os.O_WRONLY | os.O_CLOEXEC | os.O_NONBLOCK)
        for kind, code in codes:
            ioctl(self._node, _SET_EVBIT, kind)
            ioctl(self._node, _SET_BITS[kind], code)
        ioctl(self._node, _DEV_SETUP, _SETUP.pack(BUS_USB, 0x0C45, 0x7403, 1, name.encode(), 0))
        ioctl(self._node, _DEV_CREATE)

    def move(self, kind: int, code: int, value: int) -> None:
        """Press (1) or let go (0), or turn a switch on or off."""
        event = _EVENT.pack(0, 0, kind, code, value) + _EVENT.pack(0, 0, 0, 0, 0)
        os.write(self._node, event)

    def press(self, code: int) -> None:
        """Press a key and let it go."""
        self.move(EV_KEY, code, 1)
        self.move(EV_KEY, code, 0)

    def unplug(self) -> None:
        """Take it away."""
        ioctl(self._node, _DEV_DESTROY)
        os.close(self._node)


class UsbGadget:
    """A USB device of this machine's own, on dummy_hcd: HID with a descriptor, and a serial port.

    Needs the modules libcomposite and dummy_hcd, and configfs. The gadget's ends are /dev/hidg0
    (write reports) and /dev/ttyGS0.
    """

    def __init__(self, descriptor: bytes, vendor: int, product: int, report_bytes: int) -> None:
        self._path = Path("/sys/kernel/config/usb_gadget/handset")
        hid, acm = self._path / "functions/hid.0", self._path / "functions/acm.0"
        configuration = self._path / "configs/c.1"
        strings = self._path / "strings/0x409"
        self._folders = (hid, acm, configuration, strings)
        for folder in self._folders:
            folder.mkdir(parents=True)
        (self._path / "idVendor").write_text(hex(vendor))
        (self._path / "idProduct").write_text(hex(product))
        (strings / "product").write_text("Handset")
        (strings / "serialnumber").write_text("SN0001")
        (hid / "report_length").write_text(str(report_bytes))
        (hid / "report_desc").write_bytes(descriptor)
        for function in (hid, acm):
            (configuration / function.name).symlink_to(function)
        self._controller = next(Path("/sys/class/udc").iterdir()).name

    def plug(self) -> None:
        """Connect it."""
        (self._path / "UDC").write_text(self._controller)

    def unplug(self) -> None:
        """Pull it."""
        (self._path / "UDC").write_text("\n")

    def remove(self) -> None:
        """Take its plan away too, so that another can be made. It must be unplugged."""
        for link in (self._path / "configs/c.1").glob("*.0"):
            link.unlink()
        for folder in (*self._folders, self._path):
            folder.rmdir()
