/** The page without a network: what is next, as the hub last told it. */

import { h, icon } from "./dom.js";
import { stillNext } from "./next-visits.js";
import { button, note } from "./parts.js";
import { JailTimes } from "./times.js";

/** @typedef {import("./parts.js").Scene} Scene */
/** @typedef {import("./next-visits.js").NextVisit} NextVisit */

/** @param {Scene} scene */
export function offline(scene) {
  const { model, now, t, act } = scene;
  const visits = stillNext(model.next, now);
  const again = button("plain", { id: "retry", onclick: act.retry }, t("try-again"));
  const broken = note("no-wifi", t("offline"), t("offline-more"), { id: "offline", role: "status" });
  if (visits.length === 0) {
    return h("div", { class: "column", key: "offline" }, h("h1", { tabindex: "-1", class: "heard" }, t("offline")), broken, again);
  }
  return h(
    "div",
    { class: "page", key: "next-visits" },
    h("div", { class: "title" }, h("h1", { tabindex: "-1" }, t("next-visits"))),
    broken,
    h("p", { class: "stone aged" }, t("next-visits-more")),
    h("ul", { class: "visits" }, ...visits.map((visit) => card(scene, visit))),
    // Whoever holds the phone can erase what is kept in it, here too.
    h("div", { class: "ways" }, again, button("link", { id: "log-out-here", onclick: act.logOut }, t("log-out"))),
  );
}

/**
 * @param {Scene} scene
 * @param {NextVisit} visit
 */
function card({ t, locale }, { starts_at, ends_at, inmate, facility, time_zone }) {
  const times = new JailTimes({ time_zone }, locale, t);
  const own = times.ownClock(starts_at);
  return h(
    "li",
    { class: "card", key: `${facility} ${starts_at} ${inmate}`, "data-next": String(starts_at) },
    h("h2", null, h("bdi", null, inmate)),
    // The date and never "today": the phone's clock may be wrong, and no hub puts it right.
    h("p", { class: "soon" }, times.span(starts_at, ends_at, 0)),
    own !== "" && h("p", null, t("own-time", { time: own })),
    h("p", { class: "who" }, icon("home"), facility),
  );
}
