/** Everything the page knows, and how it begins. */

import { nothingPast } from "./after.js";
import { nothingChosen } from "./booking.js";
import { nobody } from "./people.js";
import { FULL } from "./visit-controls.js";

/** @typedef {import("./messages.js").VisitView} VisitView */
/** @typedef {import("./messages.js").FacilityView} FacilityView */
/** @typedef {import("./messages.js").Facts} Facts */
/** @typedef {"good"|"fair"|"weak"|"sound-only"} Quality */
/** @typedef {"denied"|"denied-system"|"muted"|"in-use"|"none"|"insecure"|"failed"} DeviceFault */
/** @typedef {"loading"|"offline"|"outdated"|Entry|Side|"rules"|"facility"|"check"|"schedule"|"appointments"|"in-visit"|"held"|"ended"} Screen */
/** @typedef {"log-in"|"create-account"|"check-mail"|"forgot-password"|"new-password"} Entry */
/** @typedef {"account"|"people"|"ask-to-visit"} Side */
/** @typedef {ReturnType<import("./devices.js").Devices["state"]>} DeviceState */
/** @typedef {"appointments"|"schedule"|"check"} Tab */
/** @typedef {{about: string, code: string, facts: Facts}} Note */
/**
 * A question over the screen. "end" goes away at `until`; it is there `since`, seconds by the
 * hub's clock. `visit` is empty where it is about none.
 *
 * @typedef {{kind: "end"|"take-over"|"delete"|"cancel", visit: string, until: number|null, since: number}} Sheet
 */
/**
 * Everything the page knows. Only controllers change it; screens read it.
 *
 * @typedef {object} Model
 * @property {string} page  this page's own id, new at every load
 * @property {import("./protocol.js").LinkState} link
 * @property {number} linkSince  when `link` became so
 * @property {string|null} name  of the visitor; null: not logged in
 * @property {import("./messages.js").Account|null} account  null until the hub has told
 * @property {import("./messages.js").SessionView[]|null} sessions  null until the hub has told
 * @property {Side|null} side  screen beside the tabs
 * @property {"email"|"password"|null} changing  what of the account is typed anew
 * @property {import("./messages.js").ApprovalView[]|null} people  whom they may visit or asked to
 * @property {Record<string, import("./messages.js").FacilityTerms>} terms  by facility
 * @property {import("./people.js").Asked} asked  chosen in the form that asks to visit somebody
 * @property {number|null} photoSent  percent of the photo; null while none is sent
 * @property {FacilityView[]|null} facilities  null before the first welcome
 * @property {FacilityView|null} facility  the open one
 * @property {string|null} choosing  facility whose password is asked
 * @property {VisitView[]|null} visits  null until the first push
 * @property {import("./next-visits.js").NextVisit[]} next  kept for when there is no network
 * @property {Record<string, import("./messages.js").OwnView>} own  what may be done with each visit
 * @property {import("./booking.js").Choice} booking
 * @property {string|null} details  visit whose card is open
 * @property {ReturnType<typeof nothingPast>["past"]} past  visits of before; null until asked for
 * @property {import("./after.js").Rating|null} rating  how a visit was, as chosen here
 * @property {string|null} early  visit whose telephone was pressed before it was green
 * @property {"untried"|"trying"|"failed"|import("./network-check.js").NetworkFound} network
 * @property {number} since  when the page began to wait for what it shows as loading
 * @property {Entry} entry  the screen of whoever is not logged in
 * @property {string} email  of whoever is not logged in yet: typed, or shown by a link to be theirs
 * @property {"verify"|"reset"} mailFor  what the mail is for that the screen says to look for
 * @property {boolean} passwordShown
 * @property {Tab} tab
 * @property {Tab|null} tabBefore  where the browser's Back goes
 * @property {boolean} checked  device check done or skipped
 * @property {string|null} mine  visit whose telephone was pressed here
 * @property {number} pressedAt  when that was, by the hub's clock
 * @property {string|null} ending  visit whose end was confirmed here; the hub has not ended it yet
 * @property {string|null} taken  visit that another page took from here
 * @property {string|null} leftEnd  ended visit whose end was read
 * @property {string|null} busy  type of the request under way
 * @property {Note|null} note  the last refusal or good news, shown above the button
 * @property {import("./field-rules.js").Faults} faults  what is wrong with which field
 * @property {Sheet|null} sheet
 * @property {DeviceState} devices
 * @property {boolean} receiving  media of the jail arrives
 * @property {Quality} quality
 * @property {string|null} controlsOf  visit that `muted` and `cameraOff` were set in
 * @property {number} volume  of the jail's sound, 0 to 1
 * @property {boolean} fullscreen
 * @property {number} cameras  how many this device has
 * @property {boolean} muted
 * @property {boolean} cameraOff
 * @property {number} level  microphone meter, 0 to METER_BLOCKS
 * @property {"unheard"|"asked"|"yes"|"no"} bell
 * @property {number|null} rtt_ms  to the hub
 */

/**
 * @param {string} page
 * @param {number} now
 * @returns {Model}
 */
export function newModel(page, now) {
  return {
    page,
    link: "connecting",
    linkSince: now,
    name: null,
    account: null,
    ...nobody(),
    ...nothingChosen(),
    ...nothingPast(),
    sessions: null,
    side: null,
    changing: null,
    facilities: null,
    facility: null,
    choosing: null,
    visits: null,
    next: [],
    own: {},
    early: null,
    network: "untried",
    since: now,
    entry: "log-in",
    email: "",
    mailFor: "verify",
    passwordShown: false,
    tab: "appointments",
    tabBefore: null,
    checked: false,
    mine: null,
    pressedAt: 0,
    ending: null,
    taken: null,
    leftEnd: null,
    busy: null,
    note: null,
    faults: {},
    sheet: null,
    devices: {
      camera: null,
      microphone: null,
      asked: false,
      lists: { camera: [], microphone: [] },
      used: { camera: null, microphone: null },
    },
    receiving: false,
    quality: "good",
    controlsOf: null,
    volume: FULL,
    fullscreen: false,
    cameras: 0,
    muted: false,
    cameraOff: false,
    level: 0,
    bell: "unheard",
    rtt_ms: null,
  };
}
