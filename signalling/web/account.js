/** Log-in, sign-up and facility log-in: asks the hub and puts what came of it into the model. */

import { fieldsOf, retype } from "./forms.js";
import { NoReplyError, RefusedError } from "./protocol.js";

/** @typedef {import("./model.js").Model} Model */

const TOKEN_KEY = "visitbooth.token";

/** What a session token looks like. PROTOCOL.md, `hello`. */
const TOKEN = /^[A-Za-z0-9_-]{16,128}$/;

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
}

export class Account {
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
      "logged-in": (/** @type {import("./messages.js").LoggedIn} */ { token, name }) => {
        this.tokens.set(token);
        Object.assign(model, { name, email: "", note: null });
        onChange();
      },
      "logged-out": () => {
        this.onLoggedOut();
        this.forget();
      },
    };
  }

  actions() {
    const { model } = this;
    /** @param {Partial<Model>} what */
    const change = (what) => {
      Object.assign(model, what);
      this.onChange();
    };
    return {
      switchEntry: () =>
        change({ entry: model.entry === "log-in" ? "create-account" : "log-in", note: null }),
      logIn: (/** @type {SubmitEvent} */ event) => {
        const value = fieldsOf(event);
        void this.logIn(value("email"), value("password")).then((done) => {
          if (done) change({ passwordShown: false });
          else retype("password");
        });
      },
      createAccount: (/** @type {SubmitEvent} */ event) => {
        const value = fieldsOf(event);
        void this.create(value("email"), value("password"), value("name"));
      },
      chooseFacility: (/** @type {string|null} */ choosing) => change({ choosing, note: null }),
      facilityLogIn: (/** @type {SubmitEvent} */ event) => {
        const value = fieldsOf(event);
        this.onPressed();
        if (model.choosing === null) return;
        void this.openFacility(model.choosing, value("facility-password")).then((done) => {
          if (done) change({ passwordShown: false });
          else retype("facility-password");
        });
      },
      showPassword: () => change({ passwordShown: !model.passwordShown }),
    };
  }

  /**
   * Whether it was let in.
   *
   * @param {string} email
   * @param {string} password
   */
  async logIn(email, password) {
    return this.#ask({ type: "log-in", email, password }, "logged-in");
  }

  /**
   * @param {string} email
   * @param {string} password
   * @param {string} name
   */
  async create(email, password, name) {
    const done = await this.#ask(
      { type: "create-account", email, password, name },
      "account-created",
    );
    if (!done) return;
    this.model.email = email;
    this.model.entry = "log-in";
    this.model.note = { about: "log-in", code: "account-created", facts: {} };
    this.onChange();
  }

  /**
   * @param {string} facility
   * @param {string} password
   */
  async openFacility(facility, password) {
    return this.#ask({ type: "facility-log-in", facility, password }, "facility-opened");
  }

  /** Ends the session here even when the hub cannot be told now. */
  async logOut() {
    await this.#ask({ type: "log-out" }, "logged-out");
    this.forget();
  }

  /** The session is over: nothing of it stays on the screen. */
  forget() {
    this.tokens.set(null);
    Object.assign(this.model, {
      name: null,
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
      entry: "log-in",
    });
    this.onChange();
  }

  /**
   * Whether the hub did it. A refusal becomes the model's note.
   *
   * @param {import("./messages.js").MessageOut} message
   * @param {import("./messages.js").MessageIn["type"]} reply
   */
  async #ask(message, reply) {
    const about = message.type;
    this.model.busy = about;
    this.model.note = null;
    this.onChange();
    try {
      await this.hub.request(message, reply);
      return true;
    } catch (error) {
      if (error instanceof RefusedError) {
        this.model.note = { about, code: error.code, facts: error.facts };
      } else if (error instanceof NoReplyError) {
        this.model.note = { about, code: "no-reply", facts: {} };
      } else {
        throw error;
      }
      return false;
    } finally {
      this.model.busy = null;
      this.onChange();
    }
  }
}
