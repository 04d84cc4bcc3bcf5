"""What is true at this terminal, and the screen, view and actions that follow from it. Pure.

`session.py` changes these parts as things happen; here nothing happens.
"""

from __future__ import annotations

from math import floor
from typing import Final

from config.schema import NONE
from kiosk import device_rows, set_up
from kiosk.actions import Action, Keep, Send, StartMedia, Tell
from kiosk.call import Call, Wanted
from kiosk.desk import Desk
from kiosk.fault_history import FILE, FaultHistory
from kiosk.faults import LINK_PREFIXES, Faults
from kiosk.handset import Handset
from kiosk.hub_clock import HubClock
from kiosk.idle import Patience
from kiosk.media.commands import SelfTest
from kiosk.meters import MicrophoneMeter, QualityMeter
from kiosk.proving import Proving
from kiosk.sign_in import SignInPad
from kiosk.technician import Technician
from kiosk.view import (
    ChooseLanguage,
    Intent,
    ScreenName,
    SetUp,
    SignInView,
    TechnicianView,
    Touch,
    View,
)
from signalling.messages import Board, Health, TerminalState
from signalling.visit import Status
from signalling.wire import FacilityView

LANGUAGES: Final = ("en", "es")
MAX_VOLUME: Final = 8
START_VOLUME: Final = 5
LOADING_S: Final = 10.0
"""After this long without an answer the inmate may try again."""
NO_FACILITY: Final = FacilityView(id="", name="", time_zone="UTC")
APP_FAULT: Final = "APP-01"
LOST: Final = ("01", "04")
"""Ends of the codes of a camera that gives no picture; a black or frozen one is shown."""


class Standing:
    """The parts of a terminal's mind. `now` is monotonic seconds."""

    def __init__(
        self,
        *,
        language: str,
        clock_offset_s: float,
        volume: int = START_VOLUME,
        technician: Technician | None = None,
        history: FaultHistory | None = None,
    ) -> None:
        self.default_language = self.language = language
        self.clock = HubClock(clock_offset_s)
        self.linked = False
        self.back_by = float("-inf")  # until then no link is nothing to speak of: see LinkDown
        self.fresh = False
        """Linked, and the seat was pushed since: only now is it known whom to speak for."""
        self.label = self.unit = ""
        self.facility = NO_FACILITY
        self.board: Board | None = None
        self.desk = Desk()
        self.pad: SignInPad | None = None
        self.number = ""
        """Who signed in, for asking the PIN again."""
        self.timed_out_at = float("-inf")
        """When a sign-in was left alone for too long."""
        self.proof_pending: float | None = None
        self.choosing: tuple[str, float] | None = None
        self.ending: str | None = None
        """The visit whose end was confirmed here, until the hub has ended it."""
        self.handset = Handset()
        self.patience = Patience()
        self.faults = Faults()
        self.history = history or FaultHistory()
        self.proving = Proving()
        self.technician = technician or Technician()
        self.call = Call()
        self.meter = MicrophoneMeter()
        self.quality = QualityMeter()
        self.volume = volume
        self.told_state: TerminalState | None = None
        self.told_faults: tuple[str, ...] | None = None

    # -- what follows ---------------------------------------------------------------------------

    def wanted(self) -> Wanted:
        visit, seat = self.desk.visit, self.desk.seat
        probes = self.faults.need_media or self.proving.runs or self.technician.works
        probe = "" if probes else None
        return Wanted(
            key=probe if visit is None else visit.id,
            gate_open=self._gate_may_open(),
            volume=self.volume,
            seat=seat,
            visit=visit,
            linked=self.fresh,
            handset_up=self.handset.up,
        )

    def _gate_may_open(self) -> bool:
        visit = self.desk.visit
        return (
            visit is not None
            and visit.tracks_open
            and visit.signed_in
            and self.handset.ready
            and not self.is_ending
        )

    @property
    def is_ending(self) -> bool:
        """Whether the red X was confirmed for the visit that is here."""
        visit = self.desk.visit
        return visit is not None and visit.id == self.ending

    def settle(self, now: float) -> list[Action]:
        # Once: said again, it would count as seen by the process that is to show it mended.
        if self.call.failing and APP_FAULT not in self.faults.codes:
            self.faults.raised(APP_FAULT, self.clock.at(now))
        self._settle_proof(now)
        self.faults.settle(now)
        actions = self.call.settle(self.wanted(), now, self.clock.at(now))
        if any(isinstance(each, StartMedia) for each in actions):
            self.faults.media_started()
            self.meter = MicrophoneMeter()
        if self.proving.may_test(now, is_open=self.call.key == "" and self.call.state == "open"):
            actions.append(Tell(SelfTest()))
        if self.history.settle(self.faults, self.clock.at(now)):
            actions.append(Keep(FILE, self.history.encode()))
        return actions + self._settle_told()

    def _settle_proof(self, now: float) -> None:
        idle = self.screen_below() is ScreenName.IDLE
        self.proving.settle(
            self.faults,
            now,
            self.clock.at(now),
            free=idle or self.technician.works,
            here=self.desk.visit is None,
        )

    def _settle_told(self) -> list[Action]:
        actions: list[Action] = []
        visit = self.desk.visit
        if self.linked and self.faults.codes != self.told_faults:
            self.told_faults = self.faults.codes
            actions.append(Send(Health(faults=list(self.told_faults))))
        if visit is None or not self.fresh:
            self.told_state = None
            return actions
        state = TerminalState(
            visit=visit.id,
            connection=self.call.connection,
            handset_up=self.handset.ready,
            receiving=self.call.receiving,
        )
        if state != self.told_state:
            self.told_state = state
            actions.append(Send(state))
        return actions

    def meant(self, intent: Intent) -> Intent:
        """Return what a press means: on the first screen the chosen language is no choice, and the
        place to start like any other."""
        chosen = self.screen is ScreenName.IDLE and intent == ChooseLanguage(self.language)
        return Touch() if chosen else intent

    @property
    def sign_in_is_empty(self) -> bool:
        """Whether somebody is to sign in for whom no visit is held, and has typed nothing."""
        asked = self.screen is ScreenName.SIGN_IN and self.desk.visit is None
        return asked and self.pad is not None and self.pad.is_empty

    # -- the view -------------------------------------------------------------------------------

    @property
    def screen(self) -> ScreenName:
        """Which screen is shown."""
        visit = self.desk.visit
        begun = visit is not None and visit.begun_at is not None
        served = self.technician.is_here
        if self.technician.new is not None and not self.label and not served:
            return ScreenName.SET_UP
        if self.faults.codes and not begun and self.desk.finished is None and not served:
            return ScreenName.OUT_OF_ORDER
        return self.screen_below()

    def screen_below(self) -> ScreenName:
        """Return the screen that a fault may cover."""
        visit = self.desk.visit
        if self.desk.finished is not None:
            return ScreenName.ENDED
        if self.desk.seat is None and self.technician.works:
            return ScreenName.TECHNICIAN
        if self.desk.seat is None and self.technician.is_here:
            return ScreenName.TECHNICIAN_PIN
        if self.desk.seat is None:
            return ScreenName.IDLE if self.pad is None else ScreenName.SIGN_IN
        if visit is None:
            return ScreenName.MY_VISITS
        if self.handset.locked and self.handset.up:
            return ScreenName.SIGN_IN
        if visit.begun_at is None:
            return ScreenName.WAITING
        cut_off = not self.linked and not self.call.receiving
        held = visit.status is Status.INTERRUPTED or not self.handset.ready or cut_off
        return ScreenName.HELD if held else ScreenName.IN_VISIT

    def patient_screen(self) -> ScreenName:
        """Return the screen whose idle limit holds: asking the PIN again has its own."""
        return ScreenName.WAITING if self.handset.locked else self.screen_below()

    def view(self, now: float) -> View:
        """Return everything the screen shows at `now`."""
        screen, seat, visit = self.screen, self.desk.seat, self.desk.visit
        waiting = screen is ScreenName.WAITING
        away_s = self.handset.sign_out_in_s(now, self.patience.touched_at)
        loading = self.choosing is not None and now - self.choosing[1] < LOADING_S
        return View(
            screen=screen,
            now=floor(self.clock.at(now)),
            language=self.language,
            label=self.label,
            unit=self.unit,
            facility=self.facility,
            connected=self.linked or now < self.back_by,
            languages=LANGUAGES,
            next_start_at=self.board.next_start_at if self.board else None,
            inmate=seat.inmate if seat else None,
            visits=seat.visits if seat else (),
            visit=visit or self.desk.finished,
            loading=loading,
            sign_in=self._sign_in_view(now),
            sheet=None if screen is ScreenName.OUT_OF_ORDER else self.patience.sheet(now),
            handset_up=self.handset.up,
            has_hook=self.technician.word("hook") != NONE,
            level=self.meter.level if waiting else 0,
            silent=waiting and self.handset.up and self.meter.silent,
            ending=self.is_ending,
            volume=self.volume,
            quality=self.quality.word if screen is ScreenName.IN_VISIT else "good",
            sign_out_in_s=away_s if visit is not None and visit.begun_at is None else None,
            faults=self.faults.codes,
            fault_since=self.faults.since,
            free_terminal=self.board.free_terminal if self.board else None,
            technician=self._technician_view(),
            set_up=self._set_up(screen),
        )

    def _set_up(self, screen: ScreenName) -> SetUp | None:
        new, why = self.technician.new, self.technician.link_down
        if screen is ScreenName.SET_UP and new is not None:
            return set_up.of_hub(new.terminal, new.hub, why)
        refused = any(code.startswith(LINK_PREFIXES) for code in self.faults.codes)
        # Since its start no hub has taken it: who stands before it has come to mend it.
        if screen is ScreenName.OUT_OF_ORDER and refused and not self.label:
            return set_up.of_hub("", "", why)
        return None

    def _sign_in_view(self, now: float) -> SignInView:
        technician = self.technician
        if technician.pad is not None:
            return technician.pad.view(technician.lock, now, self.clock.at(now))
        return self.pad.view() if self.pad else SignInView()

    def seen(self) -> device_rows.Seen:
        """Return what is known of the devices."""
        return device_rows.Seen(
            faults=self.faults.codes,
            findings=self.proving.findings,
            found_at=self.proving.found_at,
            testing=self.proving.runs,
            handset_up=self.handset.up,
            linked=self.linked,
            media_open=self.call.state == "open",
            details={code: detail for code, _, detail in self.faults.open},
        )

    def _has_picture(self) -> bool:
        """Whether the media process that runs shows its camera's picture."""
        opened = self.technician.opened
        lost = any(code.startswith("CAM") and code[-2:] in LOST for code in self.faults.codes)
        return self.call.state == "open" and opened is not None and opened.width > 0 and not lost

    def _technician_view(self) -> TechnicianView:
        technician = self.technician
        if not technician.works:
            return TechnicianView()
        return TechnicianView(
            rows=device_rows.rows(self.seen(), technician),
            facts=device_rows.facts(technician),
            level=self.meter.level,
            live=self._has_picture(),
            shown=technician.row,
            past=device_rows.past_of(technician.row, self.history),
            testing=self.proving.runs,
            report=technician.report,
        )
