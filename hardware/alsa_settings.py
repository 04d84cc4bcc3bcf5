"""Where ALSA finds its settings and plugins: the system's, for every ALSA in the process.

PyAV's wheel has an ALSA of its own. Left alone it looks for settings, and for the plugins that they
name, which are code, under the world-writable temporary folder, where anybody could put them.
Nothing here uses PyAV for sound, but FFmpeg would if it were asked for a device of that kind. The
variables are read when the first one is opened, so they are set before anything else.
"""

from __future__ import annotations

import sysconfig
from collections.abc import MutableMapping
from pathlib import Path
from typing import Final

CONFIG: Final = "/usr/share/alsa/alsa.conf"


def system_settings() -> dict[str, str]:
    """Return the variables with the system's values."""
    return {"ALSA_CONFIG_PATH": CONFIG, "ALSA_PLUGIN_DIR": str(_plugins())}


def use_system_settings(environ: MutableMapping[str, str]) -> None:
    """Set them for this process and its children; what whoever started it has set stays."""
    for name, value in system_settings().items():
        environ.setdefault(name, value)


def _plugins() -> Path:
    """Return where the distribution has ALSA's plugins, be there any or not."""
    triplet = sysconfig.get_config_var("MULTIARCH") or ""
    folders = [Path("/usr/lib", triplet), Path("/usr/lib64"), Path("/usr/lib")]
    libraries = next((each for each in folders if (each / "libasound.so.2").exists()), folders[0])
    return libraries / "alsa-lib"
