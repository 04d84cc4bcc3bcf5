/** Has the browser keep the page, so that it opens without a network. */

/**
 * The browser's guard over addresses that scripts are loaded from. The page's policy lets one
 * policy with this name be made, and this one knows a single address.
 *
 * @typedef {{createPolicy: (name: string, rules: {createScriptURL: () => string}) => {createScriptURL: (text: string) => string}}} TrustedTypes
 */

const WORKER = "/sw.js";
const POLICY = "page-worker";

/** A hub's own bundle. Single modules, as they are in the repository, change and must not be kept. */
const BUNDLED = /\/app\.[0-9a-f]{12}\.js$/;

export class PageKeeper {
  #asked = false;

  /**
   * @param {object} world
   * @param {Navigator} world.navigator
   * @param {TrustedTypes} [world.trustedTypes]
   * @param {string} script  address of this script
   */
  constructor({ navigator, trustedTypes }, script = import.meta.url) {
    this.navigator = navigator;
    this.trustedTypes = trustedTypes;
    this.possible = BUNDLED.test(script) && "serviceWorker" in navigator;
  }

  /**
   * Register the service worker, once a load. Does nothing where a browser has none: over plain
   * http, in some private windows.
   */
  async keep() {
    if (this.#asked || !this.possible) return;
    this.#asked = true;
    try {
      const policy = this.trustedTypes?.createPolicy(POLICY, { createScriptURL: () => WORKER });
      await this.navigator.serviceWorker.register(policy?.createScriptURL(WORKER) ?? WORKER);
    } catch (error) {
      // The page works without; only where there is no network it cannot be opened.
      console.warn("This browser does not keep the page.", error);
    }
  }
}
