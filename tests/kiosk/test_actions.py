"""What is asked of the shell says in a log what it is and no secret."""

from __future__ import annotations

from kiosk.actions import Send, StartMedia, StopMedia, Tell
from kiosk.media.commands import RemoteAnswer, RemoteCandidate
from signalling.messages import Offer, SignIn


def test_a_sent_sign_in_shows_neither_number_nor_pin() -> None:
    shown = f"{[Send(SignIn(inmate_number='482017', pin='1234'))]}"
    assert "sign-in" in shown
    assert "482017" not in shown
    assert "1234" not in shown


def test_a_sent_offer_shows_no_description() -> None:
    shown = repr(Send(Offer(visit="v1", page="page-1", connection=3, sdp="a=ice-pwd:hidden")))
    assert "offer" in shown
    assert "ice-pwd" not in shown


def test_a_command_is_shown_by_its_name_alone() -> None:
    answer = Tell(RemoteAnswer(connection=3, sdp="a=ice-pwd:hidden"))
    candidate = Tell(RemoteCandidate(connection=3, candidate="candidate:1 1 udp 1 10.9.8.7 9"))
    assert f"{[answer, candidate]}" == "[Tell(RemoteAnswer), Tell(RemoteCandidate)]"


def test_actions_are_equal_by_what_they_ask() -> None:
    asked = [StopMedia(), StartMedia("v1"), Send(SignIn(inmate_number="1", pin="2"))]
    assert asked == [StopMedia(), StartMedia("v1"), Send(SignIn(inmate_number="1", pin="2"))]
    assert StartMedia("v1") != StartMedia("")
    assert asked[2] != Send(SignIn(inmate_number="1", pin="3"))
