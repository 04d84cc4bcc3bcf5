"""A bare Debian 12 to install on: made once, kept in .cache/vm, Debian's archive on its own disk.

The guest has no way to Debian's servers, so the packages that ours ask for, and what those need
beyond a bare system, lie in /srv/archive, and its sources.list names that and nothing else.
"""

from __future__ import annotations

import hashlib
import re
import shutil
import tempfile
import time
from pathlib import Path
from typing import Final

from tests.vm import image
from tests.vm.image import CACHE, FILES, ROOT, SUITE, WITHOUT, Image

CONTROL: Final = ROOT / "systemd" / "debian" / "control"
ARCHIVE: Final = "srv/archive"
PACKAGES: Final = "systemd-sysv udev dbus kmod linux-image-amd64 procps iproute2 python3"
"""What boots, and Python for the test's agent: less than Debian's own installer leaves."""


def ready() -> Image:
    """Return the image, made first where it is missing or made from other packages.

    Raises subprocess.CalledProcessError, its output shown.
    """
    CACHE.mkdir(parents=True, exist_ok=True)
    with image.alone():
        folder = CACHE / _key()
        if not folder.is_dir():
            for old in CACHE.glob("bare-*"):
                shutil.rmtree(old)
            started = time.monotonic()
            with tempfile.TemporaryDirectory(prefix="visitbooth-vm-") as scratch:
                _build(Path(scratch), folder)
            image.say(f"bare, made in {time.monotonic() - started:.0f} s")
        return Image(folder / "root.ext4", folder / "vmlinuz", folder / "initrd.img")


def asked_of_debian() -> list[str]:
    """The packages of Debian's that ours depend on, from debian/control."""
    fields = re.findall(r"^Depends: ?((?:.*\n )*.*)", CONTROL.read_text(encoding="utf-8"), re.M)
    names = {
        re.split(r"[ (]", word.strip())[0] for field in fields for word in field.split(",")
    }  # fmt: skip
    return sorted(name for name in names if name[0] != "$" and not name.startswith("visitbooth"))


def _key() -> str:
    digest = hashlib.sha256(Path(__file__).read_bytes() + Path(image.__file__).read_bytes())
    digest.update(" ".join(asked_of_debian()).encode())
    for path in sorted(each for each in FILES.rglob("*") if each.is_file()):
        digest.update(str(path.relative_to(FILES)).encode() + b"\0" + path.read_bytes())
    return f"bare-{digest.hexdigest()[:16]}"


def _build(scratch: Path, folder: Path) -> None:
    scratch.chmod(0o711)
    disk = scratch / "root.ext4"
    disk.touch()
    disk.chmod(0o666)
    image.say("a bare Debian and the packages to install (one to three minutes)")
    image.run(_mmdebstrap(scratch, disk), scratch)
    image.keep(scratch, folder)


def _mmdebstrap(scratch: Path, disk: Path) -> list[str]:
    download = (
        'APT_CONFIG="$MMDEBSTRAP_APT_CONFIG" apt-get --yes --no-install-recommends '
        f"--download-only install {' '.join(asked_of_debian())}"
    )
    customize = [
        f"sync-in {FILES} /",
        'chroot "$1" systemctl --quiet enable systemd-networkd visitbooth-agent',
        'chroot "$1" systemctl --quiet mask serial-getty@ttyS0 apt-daily.timer '
        "apt-daily-upgrade.timer dpkg-db-backup.timer e2scrub_all.timer fstrim.timer",
        'chroot "$1" passwd --quiet --delete root',
        download,
        f'mkdir -p "$1/{ARCHIVE}" && mv "$1"/var/cache/apt/archives/*.deb "$1/{ARCHIVE}"',
        f'cd "$1/{ARCHIVE}" && dpkg-scanpackages --multiversion . > Packages',
        *image.boot_files(scratch),
        # mmdebstrap writes its own sources anew until here.
        f'echo "deb [trusted=yes] file:/{ARCHIVE} ./" > "$1/etc/apt/sources.list"',
        image.as_disk(disk),
    ]
    return [
        "mmdebstrap", "--variant=minbase", "--format=null", "--quiet", "--skip=cleanup/apt",
        "--include", PACKAGES.replace(" ", ","),
        *(f"--dpkgopt=path-exclude=/usr/share/{each}/*" for each in WITHOUT),
        "--aptopt=Acquire::Languages none",
        *image.apt_options(),
        *(f"--essential-hook={line}" for line in image.SMALL_RAMDISK),
        *(f"--customize-hook={line}" for line in customize),
        SUITE, "/dev/null", *image.sources(),
    ]  # fmt: skip


if __name__ == "__main__":
    print(ready().disk)
