/**
 * The messages between page and hub: their shapes, and strict decoding of what comes in.
 *
 * Mirrors signalling/wire.py and signalling/messages.py; PROTOCOL.md is the contract and a test
 * holds the three together. Times are seconds since the epoch by the hub's clock.
 */

/** @typedef {"scheduled"|"pending"|"ready"|"in-visit"|"interrupted"|"ended"} Status */
/** @typedef {"terminal"|"visitor"|"network"|"hub"} Side */
/** @typedef {"link"|"handset"|"page"|"media"|"signed-out"} Cause */
/** @typedef {"inmate"|"visitor"|"staff"|"clock"} By */
/** @typedef {"expired"|"red-x"|"staff"|"nobody-came"|"cancelled"} EndReason */
/** @typedef {{name: string, relation: string}} Person */
/** @typedef {{side: Side, cause: Cause, since: number}} BreakView */
/** @typedef {{id: string, name: string, time_zone: string, clock_24h: boolean}} FacilityView */
/** @typedef {{urls: string[], username: string|null, credential: string|null}} IceServer */
/**
 * A visit as both screens need it: a snapshot to adopt whole, never to merge.
 *
 * @typedef {object} VisitView
 * @property {string} id
 * @property {Status} status
 * @property {string} inmate
 * @property {Person[]} visitors
 * @property {number} starts_at
 * @property {number} ends_at
 * @property {boolean} signed_in
 * @property {string|null} terminal
 * @property {boolean} visitor_here
 * @property {string|null} page  the page that has the visit
 * @property {boolean} tracks_open  the only thing that lets picture or sound leave
 * @property {boolean} private
 * @property {boolean} recorded
 * @property {boolean} watched
 * @property {number} used_s
 * @property {number} lost_s
 * @property {Partial<Record<Side, number>>} lost_by
 * @property {number} added_s
 * @property {number} owed_s
 * @property {BreakView[]} breaks
 * @property {boolean} paused
 * @property {number|null} begun_at
 * @property {number|null} ended_at
 * @property {By|null} ended_by
 * @property {EndReason|null} end_reason
 * @property {boolean} visitor_camera  what the page that has the visit says it sends
 * @property {boolean} visitor_microphone
 * @property {number|null} paused_since
 * @property {string} pause_reason
 */

/** @typedef {Record<string, string|number|null>} Facts */
/** @typedef {{type: "welcome", now: number, name: string|null, facilities: FacilityView[], opened: string|null}} Welcome */
/** @typedef {{id: string, browser: string, created_at: number, seen_at: number, this: boolean}} SessionView */
/** @typedef {{id: string, facility: string, inmate_number: string, relation: string, private: boolean, status: "approved"|"denied"|"expired"|"pending", asked_at: number, reason: string, inmate: string|null, name: string|null, unit: string, decided_at: number|null, expires_at: number|null}} ApprovalView */
/** @typedef {{inmate: string, by_me: boolean, cancel_until: number|null, why: ""|"in-another-visit"|"lockdown"|"not-signed-in"|"paused"|"ready"|"terminal-away"|"terminal-fault", stars: number|null, at_page_of: string|null}} OwnView */
/** @typedef {{day: string, free: number, rule: string}} DayView */
/** @typedef {{starts_at: number, ends_at: number, rule: string, facts: Record<string, string|number|number|null>, next_at: number|null}} SlotView */
/** @typedef {{type: "account", name: string, email: string, new_email: string|null}} Account */
/** @typedef {{type: "account-created"}} AccountCreated */
/** @typedef {{type: "email-verified", email: string}} EmailVerified */
/** @typedef {{type: "facility-terms", facility: string, rules_version: string, rules: Record<string, string>, accepted_at: number|null, relations: string[], private_relations: string[], photo: "none"|"optional"|"required", books_online: boolean, visit_s: number, visitors_per_visit: number}} FacilityTerms */
/** @typedef {{type: "invited", visit: string}} Invited */
/** @typedef {{type: "logged-in", token: string, name: string}} LoggedIn */
/** @typedef {{type: "logged-out"}} LoggedOut */
/** @typedef {{type: "mail-sent"}} MailSent */
/** @typedef {{type: "network-check", ice_servers: IceServer[], ice_policy: string}} NetworkCheck */
/** @typedef {{type: "password-changed"}} PasswordChanged */
/** @typedef {{type: "past", visits: VisitView[], own: Record<string, OwnView>, more: boolean}} Past */
/** @typedef {{type: "people", now: number, people: ApprovalView[]}} People */
/** @typedef {{type: "photo-kept", photo: string}} PhotoKept */
/** @typedef {{type: "probed", sent: number, padding: string}} Probed */
/** @typedef {{type: "rated", visit: string, stars: number}} Rated */
/** @typedef {{type: "sessions", sessions: SessionView[]}} Sessions */
/** @typedef {{type: "slots", now: number, inmate: string, day: string|null, days: DayView[], slots: SlotView[]}} Slots */
/** @typedef {{type: "ticket", visit: string, what: string, path: string}} Ticket */
/** @typedef {{type: "visit-booked", request: string, visit: string}} VisitBooked */
/** @typedef {{type: "visit-cancelled", visit: string}} VisitCancelled */
/** @typedef {{type: "facility-opened", facility: FacilityView, until: number}} FacilityOpened */
/** @typedef {{type: "appointments", now: number, visits: VisitView[], own: Record<string, OwnView>}} Appointments */
/** @typedef {{type: "joined", visit: string, ice_servers: IceServer[], ice_policy: string}} Joined */
/** @typedef {{type: "offer", visit: string, page: string, connection: number, sdp: string}} Offer */
/** @typedef {{type: "pong", sent: number, now: number}} Pong */
/** @typedef {{type: "refused", about: string, code: string, facts: Facts}} Refused */
/** @typedef {{type: "violation", code: string, detail: string}} Violation */
/** @typedef {{type: "hub-stopping", come_back_s: number}} HubStopping */
/** @typedef {Welcome|FacilityOpened|Appointments|Joined|Offer|Ice|Pong|Refused|Violation|HubStopping|AccountCreated|LoggedIn|LoggedOut|Account|EmailVerified|MailSent|PasswordChanged|Sessions|FacilityTerms|People|PhotoKept|Invited|NetworkCheck|Past|Probed|Rated|Slots|Ticket|VisitBooked|VisitCancelled} MessageIn */

/** @typedef {{type: "hello", versions: string[], token?: string}} Hello */
/** @typedef {{type: "accept-rules", facility: string, version: string}} AcceptRules */
/** @typedef {{type: "book", request: string, inmate: string, starts_at: number, invite?: string[], moving?: string|null}} Book */
/** @typedef {{type: "cancel-visit", visit: string}} CancelVisit */
/** @typedef {{type: "change-email", password: string, email: string}} ChangeEmail */
/** @typedef {{type: "change-password", password: string, new_password: string}} ChangePassword */
/** @typedef {{type: "check-network"}} CheckNetwork */
/** @typedef {{type: "create-account", email: string, password: string, name: string, language?: string}} CreateAccount */
/** @typedef {{type: "delete-account", password: string}} DeleteAccount */
/** @typedef {{type: "end-session", session?: string|null}} EndSession */
/** @typedef {{type: "forgot-password", email: string, language?: string}} ForgotPassword */
/** @typedef {{type: "get-facility", facility: string}} GetFacility */
/** @typedef {{type: "get-ticket", visit: string, what: "calendar"|"receipt"|"receipt-page", language?: string|null}} GetTicket */
/** @typedef {{type: "invite", visit: string, email: string}} Invite */
/** @typedef {{type: "list-past", before?: number|null}} ListPast */
/** @typedef {{type: "list-sessions"}} ListSessions */
/** @typedef {{type: "list-slots", inmate: string, day?: string|null, moving?: string|null}} ListSlots */
/** @typedef {{type: "log-in", email: string, password: string}} LogIn */
/** @typedef {{type: "log-out"}} LogOut */
/** @typedef {{type: "photo-part", photo: string, part: string, last?: boolean}} PhotoPart */
/** @typedef {{type: "probe", sent: number, padding: string}} Probe */
/** @typedef {{type: "rate", visit: string, stars: number, troubles?: ("bad-picture"|"bad-sound"|"cut-off"|"late"|"no-picture"|"no-sound")[]}} Rate */
/** @typedef {{type: "request-approval", facility: string, inmate_number: string, relation: string, photo?: string|null}} RequestApproval */
/** @typedef {{type: "resend-verification", email: string, language?: string}} ResendVerification */
/** @typedef {{type: "reset-password", token: string, password: string}} ResetPassword */
/** @typedef {{type: "use-language", language: string}} UseLanguage */
/** @typedef {{type: "verify-email", token: string}} VerifyEmail */
/** @typedef {{type: "withdraw-request", request: string}} WithdrawRequest */
/** @typedef {{type: "facility-log-in", facility: string, password: string}} FacilityLogIn */
/** @typedef {{type: "join", visit: string, page: string, pressed: boolean}} Join */
/** @typedef {{type: "leave", visit: string, page: string}} Leave */
/** @typedef {{type: "press", visit: string, page: string, take_over: boolean}} Press */
/** @typedef {{type: "end", visit: string}} End */
/** @typedef {{type: "answer", visit: string, connection: number, sdp: string}} Answer */
/** @typedef {{type: "ice", visit: string, connection: number, candidate: string, sdp_mid: string|null, sdp_m_line_index: number|null}} Ice */
/** @typedef {{type: "page-state", visit: string, connection: number, receiving: boolean, camera: boolean, microphone: boolean}} PageState */
/**
 * The call as this end measures it. The hub takes finite numbers from 0 only.
 *
 * @typedef {{type: "call-stats", visit: string, connection: number, rtt_ms: number|null, video_kbps_in: number, video_kbps_out: number, fps_in: number, fps_out: number, lost_in: number, lost_out: number, jitter_ms: number, sound_delay_ms: number, concealed_ms: number, longest_gap_ms: number, dropped: number, target_kbps: number}} CallStats
 */
/** @typedef {{type: "ping", sent: number}} Ping */
/** @typedef {Hello|FacilityLogIn|Join|Leave|Press|End|Answer|Ice|PageState|CallStats|Ping|CreateAccount|LogIn|LogOut|ChangeEmail|ChangePassword|DeleteAccount|EndSession|ForgotPassword|ListSessions|ResendVerification|ResetPassword|UseLanguage|VerifyEmail|AcceptRules|GetFacility|PhotoPart|RequestApproval|WithdrawRequest|Book|CancelVisit|CheckNetwork|GetTicket|Invite|ListPast|ListSlots|Probe|Rate} MessageOut */

/** The protocol version spoken here. */
export const VERSION = "1";

/** Every message that may come from the hub, with its fields and their JSON types. */
export const FIELDS_IN = Object.freeze({
  welcome: { now: "number", name: "string|null", facilities: "array", opened: "string|null" },
  "facility-opened": { facility: "object", until: "number" },
  appointments: { now: "number", visits: "array", own: "object" },
  joined: { visit: "string", ice_servers: "array", ice_policy: "string" },
  offer: { visit: "string", page: "string", connection: "number", sdp: "string" },
  ice: {
    visit: "string",
    connection: "number",
    candidate: "string",
    sdp_mid: "string|null",
    sdp_m_line_index: "number|null",
  },
  account: { name: "string", email: "string", new_email: "string|null" },
  "account-created": {},
  "email-verified": { email: "string" },
  "facility-terms": {
    facility: "string",
    rules_version: "string",
    rules: "object",
    accepted_at: "number|null",
    relations: "array",
    private_relations: "array",
    photo: "string",
    books_online: "boolean",
    visit_s: "number",
    visitors_per_visit: "number",
  },
  invited: { visit: "string" },
  "logged-in": { token: "string", name: "string" },
  "logged-out": {},
  "mail-sent": {},
  "network-check": { ice_servers: "array", ice_policy: "string" },
  "password-changed": {},
  past: { visits: "array", own: "object", more: "boolean" },
  people: { now: "number", people: "array" },
  "photo-kept": { photo: "string" },
  probed: { sent: "number", padding: "string" },
  rated: { visit: "string", stars: "number" },
  sessions: { sessions: "array" },
  slots: { now: "number", inmate: "string", day: "string|null", days: "array", slots: "array" },
  ticket: { visit: "string", what: "string", path: "string" },
  "visit-booked": { request: "string", visit: "string" },
  "visit-cancelled": { visit: "string" },
  pong: { sent: "number", now: "number" },
  refused: { about: "string", code: "string", facts: "object" },
  violation: { code: "string", detail: "string" },
  "hub-stopping": { come_back_s: "number" },
});

/** Types of the messages hub to page. */
export const MESSAGES_IN = Object.freeze(Object.keys(FIELDS_IN));

/** Types of the messages page to hub. */
export const MESSAGES_OUT = Object.freeze([
  "hello",
  "facility-log-in",
  "join",
  "leave",
  "press",
  "end",
  "answer",
  "ice",
  "page-state",
  "call-stats",
  "accept-rules",
  "book",
  "cancel-visit",
  "change-email",
  "change-password",
  "check-network",
  "create-account",
  "delete-account",
  "end-session",
  "forgot-password",
  "get-facility",
  "get-ticket",
  "invite",
  "list-past",
  "list-sessions",
  "list-slots",
  "log-in",
  "log-out",
  "photo-part",
  "probe",
  "rate",
  "request-approval",
  "resend-verification",
  "reset-password",
  "use-language",
  "verify-email",
  "withdraw-request",
  "ping",
]);

/** The fields of a VisitView; one too many or too few is a hub of another version. */
const VISIT_FIELDS = Object.freeze({
  id: "string",
  status: "string",
  inmate: "string",
  visitors: "array",
  starts_at: "number",
  ends_at: "number",
  signed_in: "boolean",
  terminal: "string|null",
  visitor_here: "boolean",
  page: "string|null",
  tracks_open: "boolean",
  private: "boolean",
  recorded: "boolean",
  watched: "boolean",
  used_s: "number",
  lost_s: "number",
  lost_by: "object",
  added_s: "number",
  owed_s: "number",
  breaks: "array",
  paused: "boolean",
  begun_at: "number|null",
  ended_at: "number|null",
  ended_by: "string|null",
  end_reason: "string|null",
  visitor_camera: "boolean",
  visitor_microphone: "boolean",
  paused_since: "number|null",
  pause_reason: "string",
});

/** Names of a VisitView's fields, for the test that holds them to wire.py. */
export const VISIT_VIEW = Object.freeze(Object.keys(VISIT_FIELDS));

/** The hub sent what PROTOCOL.md does not allow. `code` is one of its named errors. */
export class ProtocolViolation extends Error {
  /**
   * @param {string} code
   * @param {string} detail
   */
  constructor(code, detail) {
    super(`${code}: ${detail}`);
    this.code = code;
  }
}

/**
 * Return the message in `text`.
 *
 * @param {string} text
 * @returns {MessageIn}
 * @throws {ProtocolViolation} not-json, unknown-message, unknown-field, wrong-type
 */
export function decode(text) {
  /** @type {unknown} */
  let value;
  try {
    value = JSON.parse(text);
  } catch {
    throw new ProtocolViolation("not-json", "the frame is not JSON");
  }
  if (typeOf(value) !== "object") throw new ProtocolViolation("not-json", "not an object");
  const { type, ...fields } = /** @type {Record<string, unknown>} */ (value);
  if (typeof type !== "string" || !Object.hasOwn(FIELDS_IN, type)) {
    throw new ProtocolViolation("unknown-message", String(type));
  }
  check(type, fields, FIELDS_IN[/** @type {keyof typeof FIELDS_IN} */ (type)]);
  if (type === "appointments") {
    const visits = /** @type {Record<string, unknown>[]} */ (fields["visits"]);
    for (const visit of visits) check("visit", visit, VISIT_FIELDS);
  }
  return /** @type {MessageIn} */ (value);
}

/**
 * @param {string} what
 * @param {Record<string, unknown>} fields
 * @param {Record<string, string>} expected
 */
function check(what, fields, expected) {
  for (const name of Object.keys(fields)) {
    if (!Object.hasOwn(expected, name)) {
      throw new ProtocolViolation("unknown-field", `${what}.${name}`);
    }
  }
  for (const [name, types] of Object.entries(expected)) {
    if (!types.split("|").includes(typeOf(fields[name]))) {
      throw new ProtocolViolation("wrong-type", `${what}.${name} is no ${types}`);
    }
  }
}

/** @param {unknown} value */
function typeOf(value) {
  if (value === null) return "null";
  return Array.isArray(value) ? "array" : typeof value;
}
