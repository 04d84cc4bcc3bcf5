"""What the hub signs, and how whoever would alter it is found out."""

from __future__ import annotations

import json
import stat
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from signalling.hub.errors import StartError
from signalling.hub.signing import NotAKey, ReceiptKey, canonical, check

DOCUMENT = {
    "hub": "main",
    "issued_at": "2026-11-27T18:00:00Z",
    "inmate": 'Dániel "<b>" محمد \U0001f600',
    "used_s": 1790,
    "losses": [{"lost_s": 30, "by_rule": True}],
    "begun_at": None,
}


@pytest.fixture
def key(tmp_path: Path) -> ReceiptKey:
    return ReceiptKey.load_or_make(tmp_path / "receipt.key")


def test_what_the_hub_signed_is_valid(key: ReceiptKey) -> None:
    text = key.sign(DOCUMENT)
    verdict = check(text, key.pem)
    assert verdict.valid
    said = f"signed at 2026-11-27T18:00:00Z by the hub main with the key {key.id}."
    assert verdict.sentence == f"Valid: {said}"
    kept = json.loads(text)
    assert {name: kept[name] for name in DOCUMENT} == DOCUMENT
    # However the file is laid out, what it says counts.
    assert check(json.dumps(kept).encode(), key.pem).valid


def test_other_programs_write_the_same_canonical_bytes() -> None:
    other = json.dumps(DOCUMENT, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    assert canonical(DOCUMENT) == other.encode()


def altered(change: Callable[[dict[str, Any]], Any], key: ReceiptKey) -> bytes:
    document = json.loads(key.sign(DOCUMENT))
    change(document)
    return json.dumps(document).encode()


@pytest.mark.parametrize(
    "change",
    [
        lambda document: document.update(used_s=1791),
        lambda document: document["losses"][0].update(by_rule=False),
        lambda document: document.update(more=1),
        lambda document: document.pop("begun_at"),
        lambda document: document.pop("signature"),
        lambda document: document.update(signature="AAAA"),
        lambda document: document.update(signature="not base64 é"),
        lambda document: document.update(signature=7),
        lambda document: document.update(used_s=2**80),
        lambda document: document.update(hub="\ud800"),
    ],
)
def test_an_altered_receipt_is_told(
    change: Callable[[dict[str, Any]], Any], key: ReceiptKey
) -> None:
    verdict = check(altered(change, key), key.pem)
    assert not verdict.valid
    assert verdict.sentence == f"It was forged or altered: it does not fit the key {key.id}."


def test_a_receipt_of_another_key_names_it(key: ReceiptKey, tmp_path: Path) -> None:
    other = ReceiptKey.load_or_make(tmp_path / "other.key")
    verdict = check(other.sign(DOCUMENT), key.pem)
    assert not verdict.valid
    assert f"names the key {other.id}" in verdict.sentence
    assert key.id in verdict.sentence
    # What a forger writes there is not printed.
    hostile = altered(lambda document: document.update(key="\x1b[2J"), other)
    assert "\x1b" not in check(hostile, key.pem).sentence


@pytest.mark.parametrize(
    "text",
    [
        b"", b"{", b"[]", b"null", b"\xff\xfe", b"{}", b'{"format": "else"}',
        b'{"format": "visitbooth-receipt-1", "used_s": 1.5}',
        b'{"format": "visitbooth-receipt-1", "used_s": NaN}',
        b"[" * 100_000,
    ],
)  # fmt: skip
def test_what_is_no_receipt_is_told(text: bytes, key: ReceiptKey) -> None:
    verdict = check(text, key.pem)
    assert (verdict.valid, verdict.sentence) == (False, "This is not a receipt of a visit.")


def test_a_key_that_stands_twice_shows_two_readers_two_things(key: ReceiptKey) -> None:
    text = key.sign(DOCUMENT).replace(b'"used_s": 1790', b'"used_s": 9999, "used_s": 1790')
    assert json.loads(text)["used_s"] == 1790
    assert not check(text, key.pem).valid


@pytest.mark.parametrize("pem", [b"", b"no key"])
def test_no_key_at_all(pem: bytes, key: ReceiptKey) -> None:
    with pytest.raises(NotAKey):
        check(key.sign(DOCUMENT), pem)


def test_the_key_is_private_and_stays_the_same(tmp_path: Path) -> None:
    path = tmp_path / "receipt.key"
    made = ReceiptKey.load_or_make(path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert ReceiptKey.load_or_make(path).id == made.id
    assert made.id in repr(made)
    path.chmod(0o640)
    with pytest.raises(StartError, match="chmod 600"):
        ReceiptKey.load_or_make(path)


def test_a_broken_key_file_is_never_overwritten(tmp_path: Path) -> None:
    path = tmp_path / "receipt.key"
    path.write_text("half a key")
    path.chmod(0o600)
    with pytest.raises(StartError, match="not a private key"):
        ReceiptKey.load_or_make(path)
    assert path.read_text() == "half a key"
