"""The guest's disk: Debian 12 with the terminal's packages, made once and kept in .cache/vm.

No mount and no loop device: mmdebstrap unpacks, mke2fs -d writes the file system, each as root or,
where mmdebstrap's mode "unshare" works, as anybody. The product itself is not in it.
"""

from __future__ import annotations

import configparser
import contextlib
import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).parents[2]
CACHE: Final = ROOT / ".cache" / "vm"
FILES: Final = Path(__file__).parent / "files"
"""Laid over the guest's root."""
SUITE: Final = "bookworm"
PYTHON: Final = "3.11"
"""The suite's own Python."""
SIZE: Final = "3G"
"""A file with holes: what is written is about 1.5 GB."""
LIMIT_S: Final = 900.0
HOME: Final = "opt/visitbooth"
"""The virtual environment that the units in systemd/ expect."""

PACKAGES: Final = (
    "systemd-sysv udev dbus kmod linux-image-amd64 procps iproute2 "
    "python3 libseccomp2 libportaudio2 libasound2 libasound2-data libatomic1 "
    "xserver-xorg-core xserver-xorg-input-libinput xauth "
    "libgl1 libgl1-mesa-dri libegl1 libgles2 libgbm1 libmtdev1 fonts-dejavu-core "
    "v4l-utils alsa-utils nftables"
)
PLATFORMS: Final = [
    *(f"manylinux_2_{minor}_x86_64" for minor in range(36, 4, -1)),
    "manylinux2014_x86_64",
    "manylinux2010_x86_64",
    "manylinux1_x86_64",
]
"""What the suite's C library (glibc 2.36) runs."""
SMALL_RAMDISK: Final = [
    'mkdir -p "$1/etc/initramfs-tools/conf.d" "$1/usr/share/initramfs-tools/modules.d"',
    'echo MODULES=list > "$1/etc/initramfs-tools/conf.d/guest"',
    r'printf "virtio_pci\nvirtio_blk\next4\n" > "$1/usr/share/initramfs-tools/modules.d/guest"',
]
"""An initial ramdisk that holds this machine's disk and nothing else loads faster."""
WITHOUT: Final = ("doc", "man", "locale", "info", "lintian")


@dataclass(frozen=True, slots=True)
class Image:
    """What QEMU is given."""

    disk: Path
    kernel: Path
    initrd: Path
    kept: bool = False
    """Whether what the guest writes stays on the disk when the guest has gone."""


def ready() -> Image:
    """Return the image, made first where it is missing or made from other packages.

    Says on the terminal what takes long. Raises subprocess.CalledProcessError, its output shown.
    """
    CACHE.mkdir(parents=True, exist_ok=True)
    with alone():
        folder = CACHE / _key()
        image = Image(folder / "root.ext4", folder / "vmlinuz", folder / "initrd.img")
        if not folder.is_dir():
            for old in CACHE.glob("image-*"):
                shutil.rmtree(old)
            started = time.monotonic()
            with tempfile.TemporaryDirectory(prefix="visitbooth-vm-") as scratch:
                _build(Path(scratch), folder)
            say(f"made in {time.monotonic() - started:.0f} s")
        return image


def requirements() -> list[str]:
    """What the product asks of PyPI, from setup.cfg."""
    parser = configparser.ConfigParser()
    parser.read(ROOT / "setup.cfg", encoding="utf-8")
    return parser["options"]["install_requires"].split("\n")[1:]


def _key() -> str:
    digest = hashlib.sha256(Path(__file__).read_bytes())
    digest.update("\n".join(requirements()).encode())
    for path in sorted(each for each in FILES.rglob("*") if each.is_file()):
        digest.update(str(path.relative_to(FILES)).encode() + b"\0" + path.read_bytes())
    return f"image-{digest.hexdigest()[:16]}"


def _build(scratch: Path, folder: Path) -> None:
    # Under mode "unshare" another user, whom root in there is, writes into these.
    scratch.chmod(0o711)
    disk = scratch / "root.ext4"
    disk.touch()
    disk.chmod(0o666)
    site = scratch / "site"
    say("Python packages (half a minute)")
    run(_pip(site), scratch)
    say("Debian packages (one to three minutes)")
    run(_mmdebstrap(scratch, site, disk), scratch)
    keep(scratch, folder)


def keep(scratch: Path, folder: Path) -> None:
    """Move what was made to where it is looked for."""
    made = Path(tempfile.mkdtemp(dir=CACHE, prefix="new-"))
    for name in ("root.ext4", "vmlinuz", "initrd.img"):
        run(["cp", "--sparse=always", str(scratch / name), str(made / name)], scratch)
    made.chmod(0o755)
    made.rename(folder)


def _pip(site: Path) -> list[str]:
    # Wheels for the guest's Python, whichever runs this.
    return [
        sys.executable, "-m", "pip", "--disable-pip-version-check", "install", "--quiet",
        "--no-warn-conflicts", "--target", str(site), "--only-binary", ":all:",
        "--implementation", "cp",
        "--python-version", PYTHON,
        *(word for each in PLATFORMS for word in ("--platform", each)),
        *requirements(),
    ]  # fmt: skip


def _mmdebstrap(scratch: Path, site: Path, disk: Path) -> list[str]:
    environment = f"$1/{HOME}"
    hooks = {
        "essential": SMALL_RAMDISK,
        "customize": [
            f'mkdir -p "{environment}/bin" "{environment}/lib/python{PYTHON}"',
            f'ln -s /usr/bin/python3 "{environment}/bin/python"',
            f'printf "home = /usr/bin\\nversion = {PYTHON}\\n" > "{environment}/pyvenv.cfg"',
            f"copy-in {site} /{HOME}/lib/python{PYTHON}",
            f'mv "{environment}/lib/python{PYTHON}/site" '
            f'"{environment}/lib/python{PYTHON}/site-packages"',
            f"sync-in {FILES} /",
            'chroot "$1" systemctl --quiet enable systemd-networkd visitbooth-agent',
            'chroot "$1" systemctl --quiet mask getty@tty1 serial-getty@ttyS0 apt-daily.timer '
            "apt-daily-upgrade.timer dpkg-db-backup.timer e2scrub_all.timer fstrim.timer",
            'chroot "$1" passwd --quiet --delete root',
            *boot_files(scratch),
            as_disk(disk, "-O ^has_journal"),
        ],
    }
    words = [
        "mmdebstrap", "--variant=minbase", "--format=null", "--quiet",
        "--include", PACKAGES.replace(" ", ","),
        *(f"--dpkgopt=path-exclude=/usr/share/{each}/*" for each in WITHOUT),
        "--aptopt=Acquire::Languages none",
        *apt_options(),
    ]  # fmt: skip
    for name, lines in hooks.items():
        words += [f"--{name}-hook={line}" for line in lines]
    return [*words, SUITE, "/dev/null", *sources()]


def boot_files(scratch: Path) -> list[str]:
    """Hooks that take the kernel and its ramdisk out, and apt's lists away."""
    return [
        'cp -L "$1/vmlinuz" "$1/kernel" && cp -L "$1/initrd.img" "$1/ramdisk"',
        f"download /kernel {scratch}/vmlinuz",
        f"download /ramdisk {scratch}/initrd.img",
        'rm "$1/kernel" "$1/ramdisk"; rm -rf "$1"/var/lib/apt/lists/* "$1"/boot/*',
    ]


def as_disk(disk: Path, options: str = "") -> str:
    """The hook that writes the disk, without what mmdebstrap has mounted in it."""
    return (
        'unshare --mount sh -c \'umount --lazy "$0"/proc "$0"/sys "$0"/dev/* "$0"/dev;'
        f' mke2fs -q -F -t ext4 {options} -L root -d "$0" {disk} {SIZE}\' "$1"'
    )


def sources() -> Iterator[str]:
    """Yield apt's own sources of Debian's packages where this machine is of the guest's suite."""
    listed = subprocess.run(
        ["apt-get", "indextargets", "--format", "$(REPO_URI) $(RELEASE) $(COMPONENT) $(ORIGIN)",
         "Created-By: Packages"], capture_output=True, text=True, check=False, timeout=60,
    )  # fmt: skip
    for line in listed.stdout.splitlines():
        address, suite, component, *origin = line.split()
        if origin == ["Debian"] and suite.startswith(SUITE):
            yield f"deb {address} {suite} {component}"


def apt_options() -> Iterator[str]:
    """Yield this machine's own way to the archive: its proxies and dates."""
    told = subprocess.run(
        ["apt-config", "dump"], capture_output=True, text=True, check=False, timeout=60
    ).stdout
    for line in told.splitlines():
        name, _, value = line.partition(" ")
        value = value.strip('";')
        proxy = name.lower().startswith(("acquire::http::proxy", "acquire::https::proxy"))
        if value and (proxy or name.startswith("Acquire::Check-")):
            yield f'--aptopt={name} "{value}"'


def run(words: Sequence[str], scratch: Path) -> None:
    """Run one, its output in the log; the log's end is shown when it fails."""
    log = scratch / "log"
    path = f"{os.environ['PATH']}:/usr/sbin:/sbin"  # mke2fs
    with log.open("ab") as output:
        try:
            subprocess.run(
                words, stdin=subprocess.DEVNULL, stdout=output, stderr=output, check=True,
                timeout=LIMIT_S, env={**os.environ, "PATH": path},
            )  # fmt: skip
        except (OSError, subprocess.SubprocessError):
            tail = log.read_text(encoding="utf-8", errors="replace").splitlines()[-25:]
            print("\n".join(tail), file=sys.stderr, flush=True)
            raise


@contextlib.contextmanager
def alone() -> Iterator[None]:
    """While this holds, nobody else makes an image."""
    with (CACHE / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def say(text: str) -> None:
    """Tell whoever waits for it."""
    print(f"guest image: {text}", flush=True)


if __name__ == "__main__":
    print(ready().disk)
