"""Messages to begin with: valid ones of every type, made from the types, and mutations."""

from __future__ import annotations

import json
import random
import re
from collections.abc import Sequence
from typing import Any, Final

import msgspec
from msgspec import inspect as of

WORDS: Final = (
    "v1", "north", "40713", "246810", "ana@example.org", "correct horse battery", "en", "web-1",
    "camera", "pass", "HUB-04", "calendar", "receipt", "mother", "1", "page-1", "2026-12-01",
    "AAAA", "c4", "ABCD-EFGH", "v=0\r\n", "candidate:1 1 udp 1 8.8.4.4 5 typ host", "audio", "",
    "ready", "no-sound", "a" * 15, "x" * 64,
)  # fmt: skip
ODD: Final[tuple[Any, ...]] = (
    None, True, -1, 0, 1, 2**31, 2**63, 2**64, 1e308, -0.0, "", "\x00", "\n", "\u202e", "\ud7ff",
    "x" * 5000, [], {}, [[[[]]]], {"type": "ping"}, "../../etc/passwd", "%s%n", "' or 1=1 --",
    "<script>", "NaN", [None] * 300,
)  # fmt: skip
Frame = dict[str, Any]


def valid(dice: random.Random, kind: of.Type) -> Any:
    """Return a value that a type takes, as JSON has it."""
    match kind:
        case of.Metadata(type=inner):
            return valid(dice, inner)
        case of.UnionType(types=types):
            return valid(dice, dice.choice(types))
        case of.StrType():
            return _text(dice, kind)
        case of.BoolType():
            return dice.random() < 0.5
        case of.IntType() | of.FloatType():
            low = max(x for x in (kind.ge, kind.gt, 0) if x is not None)
            high = min(x for x in (kind.le, kind.lt, low + 3) if x is not None)
            return low if isinstance(kind, of.FloatType) else dice.randint(int(low), int(high))
        case of.LiteralType(values=values):
            return dice.choice(list(values))
        case of.EnumType(cls=cls):
            return dice.choice([each.value for each in cls])
        case of.ListType(item_type=item) | of.VarTupleType(item_type=item):
            size = max(kind.min_length or 0, dice.randint(0, 2))
            return [valid(dice, item) for _ in range(min(size, kind.max_length or size))]
        case of.DictType(key_type=key, value_type=value):
            return {str(valid(dice, key)): valid(dice, value)}
        case of.StructType(cls=cls, fields=fields):
            frame = {} if cls.__struct_config__.tag is None else _tag(cls)
            chosen = [each for each in fields if each.required or dice.random() < 0.6]
            return frame | {each.encode_name: valid(dice, each.type) for each in chosen}
        case _:
            return None


def _tag(cls: type[msgspec.Struct]) -> Frame:
    config = cls.__struct_config__
    return {str(config.tag_field): config.tag}


def _text(dice: random.Random, kind: of.StrType) -> str:
    fits = [
        each
        for each in WORDS
        if (kind.min_length or 0) <= len(each) <= (kind.max_length or 10**6)
        and (kind.pattern is None or re.search(kind.pattern, each))
    ]
    return dice.choice(fits) if fits else "x"


def frames(dice: random.Random, types: Sequence[type[msgspec.Struct]]) -> list[Frame]:
    """Return one valid message of each type."""
    return [valid(dice, of.type_info(each)) for each in types]


def mutated(dice: random.Random, frame: Frame) -> str | bytes:
    """Return a frame with something wrong in it, or nothing."""
    frame = dict(frame)
    match dice.randrange(9):
        case 0 | 1 | 2:
            return json.dumps(frame)
        case 3 | 4 if frame:
            frame[dice.choice(list(frame))] = dice.choice(ODD)
        case 5 if frame:
            del frame[dice.choice(list(frame))]
        case 6:
            frame[dice.choice(WORDS)] = dice.choice(ODD)
        case 7:
            text = bytearray(json.dumps(frame).encode())
            for _ in range(dice.randint(1, 4)):
                text[dice.randrange(len(text))] = dice.randrange(256)
            return bytes(text) if dice.random() < 0.3 else text.decode(errors="replace")
        case _:
            text_ = json.dumps(frame)
            return text_[: dice.randrange(len(text_))]
    return json.dumps(frame)
