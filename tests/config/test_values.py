"""A secret's text leaves only by reveal()."""

from __future__ import annotations

import copy
import json
import logging
import pickle

import msgspec
import pytest

from config.hub_network import Turn
from config.values import Secret

TEXT = "hunter2-hunter2"


def test_no_way_of_printing_shows_the_text(caplog: pytest.LogCaptureFixture) -> None:
    secret = Secret(TEXT)
    turn = Turn(urls=("turn:x",), secret=secret)
    with caplog.at_level(logging.INFO):
        logging.info("%s %r %s", secret, secret, turn)
    ways = [
        str(secret),
        repr(secret),
        f"{secret} {secret!r} {secret:>20}",
        "%s %r" % (secret, secret),  # noqa: UP031 - the way under test
        "{} {!r}".format(secret, secret),  # noqa: UP032 - the way under test
        str([secret]),
        repr(turn),
        str(turn),
        caplog.text,
    ]
    assert [way for way in ways if TEXT in way] == []
    assert secret.reveal() == TEXT


@pytest.mark.parametrize(
    "encode",
    [json.dumps, msgspec.json.encode, msgspec.msgpack.encode, msgspec.to_builtins, pickle.dumps,
     copy.deepcopy, "".join, lambda values: "" + values[0]],
)  # fmt: skip
def test_encoders_refuse_a_secret(encode: object) -> None:
    assert callable(encode)
    with pytest.raises((TypeError, NotImplementedError)) as caught:
        encode([Secret(TEXT)])
    assert TEXT not in str(caught.value)


def test_secrets_compare_by_text_and_an_empty_one_is_false() -> None:
    assert Secret("a") == Secret("a")
    assert hash(Secret("a")) == hash(Secret("a"))
    assert Secret("a") != Secret("b")
    assert Secret("a") != "a"
    assert not Secret("")
    assert Secret("ä")
