"""What this terminal is doing: events in, a view and actions out. Pure: no I/O, no clock.

`now` is monotonic seconds; the hub's clock is followed through the `now` of its messages. The hub
owns the truth about seats and visits: what it pushes is adopted whole, and the screen follows
from it, from the handset and from the faults:

```mermaid
stateDiagram-v2
    idle --> sign_in: touch, handset lifted
    sign_in --> idle: back, hung up with nothing typed, 30 s
    sign_in --> my_visits: seat without visit
    sign_in --> waiting: seat with visit
    my_visits --> waiting: seat with visit
    my_visits --> idle: signed out, 60 s
    waiting --> in_visit: begun
    waiting --> idle: signed out
    in_visit --> held: a break
    held --> in_visit: mended
    in_visit --> ended
    held --> ended
    waiting --> ended
    ended --> my_visits
    ended --> idle: signed out, hung up, 30 s
```

All but a begun visit is covered by out_of_order while a part of the terminal fails; waiting and a
begun visit are covered by sign_in after the handset was away so long that the PIN is asked again.
"""

from __future__ import annotations

from typing import Final

from kiosk import servicing
from kiosk.actions import Action, Send
from kiosk.desk import visit_in
from kiosk.events import (
    DeviceFault,
    DevicePlugged,
    Event,
    HealthRead,
    HookMoved,
    HookOpened,
    KeypadState,
    MediaDied,
    Tick,
)
from kiosk.fault_history import FaultHistory
from kiosk.media.commands import Report
from kiosk.reports import noticed, reported
from kiosk.sign_in import SignInPad
from kiosk.standing import LANGUAGES, MAX_VOLUME, START_VOLUME, Standing
from kiosk.technician import Technician
from kiosk.view import (
    AskEnd,
    AskSignOut,
    AskTechnician,
    Back,
    ChooseLanguage,
    Confirm,
    Dismiss,
    GetReady,
    Intent,
    Key,
    ScreenName,
    ShowMyVisits,
    Touch,
    TryAgain,
    View,
    VolumeStep,
)
from signalling.link_events import LinkDown, LinkUp
from signalling.messages import (
    Answer,
    Board,
    Choose,
    End,
    Ice,
    Message,
    Ping,
    Pong,
    Refused,
    SeatMessage,
    SignIn,
    SignOut,
)
from signalling.visit import Status
from signalling.wire import Seat

TIMED_OUT_FOR_S: Final = 60.0
"""For so long whoever left a sign-in alone may come back and type on."""
BACK_GRACE_S: Final = 4.0
"""How much later than it said a hub may be back before the screen says that it is away."""
HUB_AWAY_END_S: Final = 2.0
"""How long after its end an unreachable hub may still have extended a visit."""


class Session:
    """One terminal's mind. Call `receive` with every event, then show `view`.

    `volume` is the one of whoever sat here when the kiosk ended; `technician` brings the PIN's
    lock, `history` what failed before.
    """

    def __init__(
        self,
        *,
        language: str,
        clock_offset_s: float,
        volume: int = START_VOLUME,
        technician: Technician | None = None,
        history: FaultHistory | None = None,
    ) -> None:
        self._s = Standing(
            language=language,
            clock_offset_s=clock_offset_s,
            volume=volume,
            technician=technician,
            history=history,
        )

    def view(self, now: float) -> View:
        """Return everything the screen shows at `now`."""
        return self._s.view(now)

    def clock(self, now: float) -> float:
        """Return the hub's time at monotonic `now`."""
        return self._s.clock.at(now)

    # -- events ---------------------------------------------------------------------------------

    def receive(self, event: Event, now: float) -> list[Action]:
        """Take one event; return what has to be done because of it."""
        actions = self._handle(event, now)
        actions += self._time(now)
        actions += self._s.settle(now)
        self._s.patience.shows(self._s.patient_screen(), now)
        return actions

    def _handle(self, event: Event, now: float) -> list[Action]:
        match event:
            case Tick():
                return []
            case Intent():
                return self._pressed(self._s.meant(event), now)
            case Report():
                return reported(self._s, event, now)
            case HookMoved(up=up):
                return self._hook_moved(up, now)
            case HookOpened(up=up):
                self._s.handset.moved(up, now)
            case Message():
                return self._told(event, now)
            case LinkUp():
                return self._link_up(event, now)
            case LinkDown():
                self._link_down(event, now)
            case DevicePlugged() | HealthRead() | DeviceFault() | KeypadState():
                noticed(self._s, event, now)
            case MediaDied():
                self._s.call.died(now)
                self._s.faults.media_started()
        return []

    def _link_up(self, event: LinkUp, now: float) -> list[Action]:
        welcome = event.welcome
        self._s.clock.heard(welcome.now, now)
        self._s.label, self._s.unit, self._s.facility = (
            welcome.label,
            welcome.unit,
            welcome.facility,
        )
        self._s.linked, self._s.fresh = True, False
        self._s.back_by = float("-inf")
        self._s.told_state = self._s.told_faults = None
        self._s.faults.link_up()
        actions: list[Action] = []
        # The end first: the hub takes it only from the terminal that its inmate sits at.
        if self._s.ending is not None:
            actions.append(Send(End(visit=self._s.ending)))
        if self._s.desk.leaving:
            actions.append(Send(SignOut()))
        return actions

    def _link_down(self, down: LinkDown, now: float) -> None:
        self._s.linked = self._s.fresh = False
        self._s.proof_pending = None
        self._s.choosing = None
        self._s.call.link_lost()
        self._s.technician.link_lost()
        if self._s.pad is not None:
            self._s.pad.failed("not-connected")
        self._s.technician.link_down = down.reason
        if down.back_in_s is not None:
            self._s.back_by = now + down.back_in_s + BACK_GRACE_S
        if down.code is not None:
            self._s.faults.raised(down.code, self._s.clock.at(now), down.reason)

    def _told(self, message: Message, now: float) -> list[Action]:
        match message:
            case SeatMessage(now=hub_now, seat=seat):
                self._s.clock.heard(hub_now, now)
                self._seat_pushed(seat)
            case Board(now=hub_now):
                self._s.clock.heard(hub_now, now)
                self._s.board = message
            case Answer():
                return self._s.call.answer(message)
            case Ice():
                return self._s.call.ice(message)
            case Refused():
                self._refused(message)
            case Pong(sent=sent) if sent == self._s.proof_pending:
                # The hub answers in order: no refusal came before this, so the PIN was right.
                self._s.proof_pending = None
                self._s.pad = None
                self._s.handset.unlock()
            case Pong(sent=sent):
                self._s.technician.answered(sent, now)
        return []

    def _seat_pushed(self, seat: Seat | None) -> None:
        was_seated = self._s.desk.seat is not None
        self._s.fresh = self._s.linked
        self._s.desk.adopt(seat)
        if self._s.desk.seat is None:
            if not was_seated:
                self._s.volume = START_VOLUME  # whoever left it remembered has gone
            elif self._s.desk.finished is None:
                self._to_idle()
        elif not self._s.handset.locked:
            self._s.pad = None
        if self._s.desk.visit is not None:
            self._s.choosing = None
        # In the hub's seat, not the desk's: whoever signed out here before meant it too.
        ending = visit_in(seat, self._s.ending)
        if ending is None or ending.status is Status.ENDED:
            self._s.ending = None

    def _refused(self, refused: Refused) -> None:
        match refused.about:
            case "sign-in" if self._s.pad is not None:
                self._s.proof_pending = None
                self._s.pad.refused(refused)
            case "choose":
                self._s.choosing = None
            case "end":
                self._s.ending = None
            case "offer":
                self._s.call.link_lost()
            case "device-report":
                self._s.technician.report_ended("refused")

    # -- people ---------------------------------------------------------------------------------

    def _hook_moved(self, up: bool, now: float) -> list[Action]:
        self._s.patience.touch(now)
        self._s.proving.somebody_came(self._s.faults, now)
        self._s.handset.moved(up, now)
        screen = self._s.screen
        if up and screen is ScreenName.IDLE:
            self._s.pad = self._new_pad(now)
        elif not up and (screen is ScreenName.ENDED or self._s.sign_in_is_empty):
            return self._leave()
        return []

    def _pressed(self, intent: Intent, now: float) -> list[Action]:
        self._s.patience.touch(now)
        self._s.proving.somebody_came(self._s.faults, now)
        screen = self._s.screen
        match intent:
            case ChooseLanguage(language=language) if language in LANGUAGES:
                self._s.language = language
            case VolumeStep(step=step):
                self._s.volume = max(0, min(MAX_VOLUME, self._s.volume + step))
            case Dismiss():
                self._s.patience.close()
            case Confirm():
                return self._confirmed(now)
            case _ if self._s.technician.is_here:
                return servicing.pressed(self._s, intent, now)
            case AskTechnician():
                servicing.asked(self._s)
            case Touch() | Key() if screen is ScreenName.IDLE:
                self._s.pad = self._new_pad(now)
                types = isinstance(intent, Key) and self._s.pad.error is None
                return self._pressed(intent, now) if types else []
            case Key(key=key) if screen is ScreenName.SIGN_IN and self._s.pad is not None:
                return self._typed(self._s.pad.key(key, now), now)
            case Back() if screen is ScreenName.SIGN_IN:
                return self._back_from_sign_in()
            case Back() | ShowMyVisits() if screen is ScreenName.ENDED:
                return self._seen_the_end()
            case GetReady(visit=visit) if screen is ScreenName.MY_VISITS:
                return self._choose(visit, now)
            case TryAgain() if screen is ScreenName.MY_VISITS and self._s.choosing is not None:
                return self._choose(self._s.choosing[0], now)
            case AskSignOut() if screen in (ScreenName.MY_VISITS, ScreenName.ENDED):
                return self._leave()
            case AskSignOut() if screen is ScreenName.WAITING:
                self._s.patience.ask("confirm-sign-out", now)
            case AskEnd() if screen in (ScreenName.IN_VISIT, ScreenName.HELD):
                if not self._s.is_ending:
                    self._s.patience.ask("confirm-end", now)
        return []

    def _new_pad(self, now: float) -> SignInPad:
        soon = now - self._s.timed_out_at < TIMED_OUT_FOR_S
        return SignInPad.after_time_out() if soon else SignInPad()

    def _back_from_sign_in(self) -> list[Action]:
        visit = self._s.desk.visit
        if visit is None:
            self._s.pad = None
        elif visit.begun_at is None:
            return self._leave()
        return []  # a begun visit is held for its inmate, whoever stands here

    def _typed(self, sign_in: SignIn | None, now: float) -> list[Action]:
        if sign_in is None:
            return []
        if not self._s.linked and self._s.pad is not None:
            self._s.pad.failed("not-connected")
            return []
        self._s.number = sign_in.inmate_number
        self._s.desk.leaving = False
        actions: list[Action] = [Send(sign_in)]
        if self._s.handset.locked:
            # A seat is pushed for many reasons and proves nothing; this is answered after it.
            self._s.proof_pending = now
            actions.append(Send(Ping(sent=now)))
        return actions

    def _choose(self, visit: str, now: float) -> list[Action]:
        if not self._s.linked:
            return []
        self._s.choosing = (visit, now)
        return [Send(Choose(visit=visit))]

    def _confirmed(self, now: float) -> list[Action]:
        visit = self._s.desk.visit
        match self._s.patience.confirmed(now):
            case "confirm-end" if visit is not None:
                self._s.ending = visit.id
                return [Send(End(visit=visit.id))]
            case "confirm-restart":
                return servicing.restart(self._s)
            case "confirm-sign-out" | "still-there":
                return self._leave()
        return []

    def _seen_the_end(self) -> list[Action]:
        self._s.desk.dismiss()
        return self._leave() if self._s.desk.seat is None else []

    def _leave(self) -> list[Action]:
        actions: list[Action] = [Send(SignOut())] if self._s.desk.seat is not None else []
        self._s.desk.leave()
        self._s.technician.leave()
        self._to_idle()
        return actions

    def _to_idle(self) -> None:
        self._s.pad = self._s.proof_pending = self._s.choosing = None
        self._s.number = ""
        self._s.language = self._s.default_language
        self._s.volume = START_VOLUME
        self._s.quality.reset()
        self._s.handset.unlock()

    # -- time -----------------------------------------------------------------------------------

    def _time(self, now: float) -> list[Action]:
        self._s.patience.shows(self._s.patient_screen(), now)
        self._s.patience.tick(now)
        self._end_by_clock(now)
        actions = servicing.tick(self._s, now)
        visit, touched_at = self._s.desk.visit, self._s.patience.touched_at
        self._s.handset.watch(now, touched_at, waits=visit is not None)
        if self._s.handset.locked and self._s.pad is None:
            self._s.pad = SignInPad.for_pin(self._s.number)
        if self._s.pad is not None:
            self._s.pad.tick(now)
        due = self._s.handset.sign_out_in_s(now, touched_at) == 0
        if visit is not None and visit.begun_at is None and due:
            return actions + self._leave()
        left_s = self._s.patience.left_s(now)
        if left_s is None or left_s > 0:
            return actions
        if self._s.pad is not None:
            self._s.timed_out_at = now
        return actions + self._leave()

    def _end_by_clock(self, now: float) -> None:
        visit = self._s.desk.visit
        if visit is None or self._s.linked:
            return  # a hub that can be heard says itself when a visit ends
        if self._s.clock.at(now) >= visit.ends_at + HUB_AWAY_END_S:
            self._s.desk.end_by_clock(self._s.clock.at(now))
