"""The simulated camera's scene as the page needs it: both browsers send what the terminal sends."""

from __future__ import annotations

import base64
from typing import Any

import numpy as np
import numpy.typing as npt

from hardware import scene


def parts(width: int, height: int) -> dict[str, Any]:
    """Return the still room and the person that is pasted into it, for stamps.js."""
    person, mask = scene._person(width, height)
    u, v = (_packed(each) for each in scene._skin(person))
    rows, columns = person.shape
    return {
        "width": width,
        "height": height,
        "rows": rows,
        "columns": columns,
        "period_s": scene.SWAY_PERIOD_S,
        "room": _packed(np.concatenate([each.ravel() for each in scene._room(width, height)])),
        "mask_y": _packed(mask.astype(np.uint8)),
        "mask_c": _packed(mask[::2, ::2].astype(np.uint8)),
        "person_y": _packed(person),
        "person_u": u,
        "person_v": v,
    }


def _packed(plane: npt.NDArray[np.uint8]) -> str:
    return base64.b64encode(np.ascontiguousarray(plane).tobytes()).decode()
