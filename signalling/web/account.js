/** A visitor's account, from sign-up to its end: asks the hub, puts what came of it into the model. */

import { ask, isComplete } from "./asking.js";
import { plain } from "./field-rules.js";
import { fieldsOf, retype, typed } from "./forms.js";
import { nothingPast } from "./after.js";
import { nothingChosen } from "./booking.js";
import { nobody } from "./people.js";

/** @typedef {import("./model.js").Model} Model */

const TOKEN_KEY = "visitbooth.token";

/** What a session token looks like. PROTOCOL.md, `hello`. */
const TOKEN = /^[A-Za-z0-9_-]{16,128}$/;

/** A link in a mail. Behind the "#" it is sent nowhere, and it is taken out of sight at once. */
const LINK = /^#(verify|reset)=(.*)$/;

/** The session's secret: in localStorage where the browser lets us, else in memory. */
export class TokenStore {
  /** @param {() => Storage} storage  throws where the browser forbids storage */
  constructor(storage) {
    this.storage = storage;
    /** @type {string|null} */
    this.memory = null;
  }

  get() {
    try {
      const stored = this.storage().getItem(TOKEN_KEY) ?? this.memory;
      // A damaged one would only be refused as a violation, again at every try.
      return stored !== null && TOKEN.test(stored) ? stored : null;
    } catch {
      return this.memory;
    }
  }

  /** @param {string|null} token */
  set(token) {
    this.memory = token;
    try {
      if (token === null) this.storage().removeItem(TOKEN_KEY);
      else this.storage().setItem(TOKEN_KEY, token);
    } catch {
      // No storage here: the session lasts as long as the page.
    }
  }

  /**
   * Forget a token, and none that another tab has put in its place.
   *
   * @param {string|null} token  null: whichever there is
   */
  drop(token) {
    if (token === null || this.get() === token) this.set(null);
    else this.memory = null;
  }
}

export class Account {
  /**
   * The token of a link that shows whose an e-mail is, until the hub has heard of it.
   *
   * @type {string|null}
   */
  #verifying = null;
  /**
   * The token that lets a new password be set.
   *
   * @type {string|null}
   */
  #resetting = null;
  /**
   * The token of the session that the model is of: tabs share the stored one.
   *
   * @type {string|null}
   */
  #of = null;

  /**
   * @param {object} options
   * @param {Model} options.model
   * @param {import("./protocol.js").HubConnection} options.hub
   * @param {TokenStore} options.tokens
   * @param {() => void} options.onChange
   * @param {() => void} options.onLoggedOut
   * @param {() => void} options.onPressed  a press that the browser may let sound follow
   */
  constructor({ model, hub, tokens, onChange, onLoggedOut, onPressed }) {
    this.onLoggedOut = onLoggedOut;
    this.onPressed = onPressed;
    this.model = model;
    this.hub = hub;
    this.tokens = tokens;
    this.onChange = onChange;
  }

  handlers() {
    const { model, onChange } = this;
    return {
      welcome: (/** @type {import("./messages.js").Welcome} */ { name, facilities, opened }) => {
        const token = this.tokens.get();
        // Another tab logged somebody else in: nothing of before is theirs.
        if (model.name !== null && name !== null && token !== this.#of) this.#clear();
        const gone = name === null && (model.name !== null || token !== null);
        this.#of = this.#of !== null && name === null ? this.#of : token;
        const facility = facilities.find((each) => each.id === opened) ?? null;
        Object.assign(model, { facilities, name, facility, since: this.hub.now() });
        if (gone) this.ended();
        onChange();
      },
      "facility-opened": (/** @type {import("./messages.js").FacilityOpened} */ { facility }) => {
        Object.assign(model, { facility, choosing: null, note: null, since: this.hub.now() });
        onChange();
      },
      "logged-in": (/** @type {import("./messages.js").LoggedIn} */ { token, name }) => {
        this.tokens.set(token);
        this.#of = token;
        Object.assign(model, { name, email: "", note: null });
        onChange();
      },
      "logged-out": () => {
        this.onLoggedOut();
        // Whoever did not ask for it here is told.
        const asked = model.busy === "log-out" || model.busy === "delete-account";
        if (!asked && model.name !== null) this.ended();
        else this.forget();
      },
      account: (/** @type {import("./messages.js").Account} */ account) => {
        model.account = account;
        onChange();
      },
      sessions: (/** @type {import("./messages.js").Sessions} */ { sessions }) => {
        model.sessions = sessions;
        onChange();
      },
    };
  }

  actions() {
    const { model } = this;
    return {
      ...this.#ownActions(),
      switchEntry: () => this.#show({ entry: model.entry === "log-in" ? "create-account" : "log-in" }),
      /** From the screen that says where a mail went, back to what was typed. */
      entryBack: () => {
        const retyped = model.mailFor === "reset" ? "forgot-password" : "create-account";
        this.#show({ entry: model.entry === "check-mail" ? retyped : "log-in" });
      },
      toLogIn: () => this.#show({ entry: "log-in" }),
      toForgot: () => this.#show({ entry: "forgot-password", email: typed("email") || model.email }),
      logIn: (/** @type {SubmitEvent} */ event) => void this.#logIn(fieldsOf(event)),
      createAccount: (/** @type {SubmitEvent} */ event) => void this.#create(fieldsOf(event)),
      forgotPassword: (/** @type {SubmitEvent} */ event) => {
        const value = fieldsOf(event);
        if (isComplete(this, { email: "email" }, value)) void this.#mail("reset", value("email").trim());
      },
      /** The same mail again. */
      resend: () => void this.#mail(model.entry === "check-mail" ? model.mailFor : "verify", model.email),
      resetPassword: (/** @type {SubmitEvent} */ event) => void this.#reset(fieldsOf(event)),
      chooseFacility: (/** @type {string|null} */ choosing) => this.#show({ choosing }),
      facilityLogIn: (/** @type {SubmitEvent} */ event) => {
        this.onPressed();
        void this.#openFacility(fieldsOf(event));
      },
      showPassword: () => {
        model.passwordShown = !model.passwordShown;
        this.onChange();
      },
    };
  }

  /** What is done on the account's own screen. */
  #ownActions() {
    const { model } = this;
    return {
      openAccount: () => this.#openAccount(null),
      leaveSide: () => this.#show({ side: model.side === "ask-to-visit" ? "people" : null, changing: null }),
      /** Open the form to change it, or close it. */
      toChange: (/** @type {"email"|"password"} */ what) =>
        this.#show({ changing: model.changing === what ? null : what }),
      changeEmail: (/** @type {SubmitEvent} */ event) => {
        const value = fieldsOf(event);
        if (!isComplete(this, { "new-email": "email", "email-password": "any" }, value)) return;
        const [email, password] = [value("new-email").trim(), value("email-password")];
        void this.#change({ type: "change-email", email, password }, "mail-sent", null);
      },
      changePassword: (/** @type {SubmitEvent} */ event) => {
        const value = fieldsOf(event);
        if (!isComplete(this, { "old-password": "any", "new-password": "new-password" }, value)) return;
        const [password, new_password] = [value("old-password"), value("new-password")];
        void this.#change({ type: "change-password", password, new_password }, "password-changed", "password-changed");
      },
      endSession: (/** @type {string|null} */ session) => void this.#endSession(session),
      askDelete: () => this.#show({ sheet: { kind: "delete", visit: "", until: null, since: this.hub.now() } }),
      deleteAccount: (/** @type {SubmitEvent} */ event) => void this.#delete(fieldsOf(event)),
    };
  }

  /** Take the token out of the address, if a mailed link was followed. */
  readLink() {
    const { hash, pathname, search } = window.location;
    const found = LINK.exec(hash);
    if (found === null) return;
    window.history.replaceState(window.history.state, "", pathname + search);
    const [, kind, token = ""] = found;
    if (!TOKEN.test(token)) {
      this.#show({ note: { about: "verify-email", code: "link-not-valid", facts: {} } });
    } else if (kind === "reset") {
      this.#resetting = token;
      this.#show({ entry: "new-password" });
    } else {
      this.#verifying = token;
      void this.connected();
    }
  }

  /** There is a hub to ask: a link that waited is followed. */
  async connected() {
    const token = this.#verifying;
    if (token === null || this.model.link !== "open") return;
    const done = await ask(this, { type: "verify-email", token }, "email-verified");
    const { model } = this;
    if (model.note?.code === "no-reply") return; // again when the hub is back
    this.#verifying = null;
    const note = done === null ? model.note : { about: "verify-email", code: "email-verified", facts: {} };
    this.#show({ entry: "log-in", email: done?.email ?? model.email, note });
    if (model.name !== null) this.#openAccount(note);
  }

  /** @param {(id: string) => string} value */
  async #logIn(value) {
    const { model } = this;
    model.email = value("email").trim();
    if (!isComplete(this, { email: "email", password: "any" }, value)) return;
    const { email } = model;
    const done = await ask(this, { type: "log-in", email, password: value("password") }, "logged-in");
    if (done === null) {
      retype("password");
      return;
    }
    this.#show({});
    this.useLanguage();
  }

  /** @param {(id: string) => string} value */
  async #create(value) {
    if (!isComplete(this, { name: "name", email: "email", password: "new-password" }, value)) return;
    const [name, email, password] = [plain(value("name")), value("email").trim(), value("password")];
    const done = await ask(
      this,
      { type: "create-account", email, password, name, language: language() },
      "account-created",
    );
    if (done !== null) this.#show({ entry: "check-mail", mailFor: "verify", email });
  }

  /**
   * @param {Model["mailFor"]} mailFor
   * @param {string} email
   */
  async #mail(mailFor, email) {
    const again = this.model.entry === "check-mail";
    const type = mailFor === "reset" ? "forgot-password" : "resend-verification";
    if ((await ask(this, { type, email, language: language() }, "mail-sent")) === null) return;
    const note = again ? { about: type, code: "mail-sent", facts: {} } : null;
    this.#show({ entry: "check-mail", mailFor, email, note });
  }

  /** @param {(id: string) => string} value */
  async #reset(value) {
    const token = this.#resetting;
    if (token === null || !isComplete(this, { "new-password": "new-password" }, value)) return;
    const password = value("new-password");
    if ((await ask(this, { type: "reset-password", token, password }, "password-changed")) === null) return;
    this.#resetting = null;
    if (this.model.name !== null) this.forget();
    this.#show({ entry: "log-in", note: { about: "log-in", code: "password-changed", facts: {} } });
  }

  /** @param {(id: string) => string} value */
  async #openFacility(value) {
    const facility = this.model.choosing;
    if (facility === null || !isComplete(this, { "facility-password": "any" }, value)) return;
    const password = value("facility-password");
    const opened = await ask(this, { type: "facility-log-in", facility, password }, "facility-opened");
    if (opened === null) retype("facility-password");
    else this.#show({});
  }

  /** @param {import("./model.js").Note|null} note */
  #openAccount(note) {
    this.#show({ side: "account", changing: null, note });
    this.hub.send({ type: "list-sessions" });
  }

  /**
   * Ask for the change; where it was made, close its form and say so.
   *
   * @param {import("./messages.js").MessageOut} message
   * @param {"mail-sent"|"password-changed"} reply
   * @param {string|null} code  of what is said; null where the account itself tells
   */
  async #change(message, reply, code) {
    if ((await ask(this, message, reply)) === null) return;
    this.#openAccount(code === null ? null : { about: message.type, code, facts: {} });
  }

  /** @param {string|null} session */
  async #endSession(session) {
    const done = await ask(this, { type: "end-session", session }, "sessions");
    if (done === null) this.hub.send({ type: "list-sessions" }); // it may have ended already
  }

  /** @param {(id: string) => string} value */
  async #delete(value) {
    if (!isComplete(this, { "delete-password": "any" }, value)) return;
    const password = value("delete-password");
    if ((await ask(this, { type: "delete-account", password }, "logged-out")) === null) return;
    this.#show({ note: { about: "log-in", code: "account-deleted", facts: {} } });
  }

  /** Mails from now on are in the language that the page is shown in. */
  useLanguage() {
    if (this.model.name !== null) this.hub.send({ type: "use-language", language: language() });
  }

  /** Ends the session here even when the hub cannot be told now. */
  async logOut() {
    await ask(this, { type: "log-out" }, "logged-out");
    this.forget();
  }

  /** The session is over, and nobody asked for that here. */
  ended() {
    this.forget();
    this.#show({ note: { about: "log-in", code: "not-logged-in", facts: {} } });
  }

  /** The session is over: nothing of it stays on the screen. */
  forget() {
    this.tokens.drop(this.#of);
    this.#of = null;
    this.#clear();
  }

  /** Nothing of whoever was logged in stays on the screen, nor what is kept for offline. */
  #clear() {
    const { model } = this;
    Object.assign(model, {
      name: null,
      account: null,
      ...nobody(),
      ...nothingChosen(),
      ...nothingPast(),
      sessions: null,
      side: null,
      changing: null,
      email: "",
      facility: null,
      choosing: null,
      visits: null,
      own: {},
      early: null,
      mine: null,
      ending: null,
      taken: null,
      checked: false,
      tab: "appointments",
      tabBefore: null,
      sheet: null,
      faults: {},
      passwordShown: false,
      entry: model.entry === "new-password" ? model.entry : "log-in",
    });
    this.onChange();
  }

  /**
   * Another screen, without what was said on the one before.
   *
   * @param {Partial<Model>} what
   */
  #show(what) {
    Object.assign(this.model, { note: null, faults: {}, passwordShown: false, ...what });
    this.onChange();
  }
}

/** The language that the page is shown in. */
function language() {
  return document.documentElement.lang;
}
