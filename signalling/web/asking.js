/** One request to the hub, and what a refusal of it leaves in the model. */

import { faultsOf, refusedField } from "./field-rules.js";
import { toField } from "./forms.js";
import { NoReplyError, RefusedError } from "./protocol.js";

/**
 * @typedef {object} Asker
 * @property {import("./model.js").Model} model
 * @property {import("./protocol.js").HubConnection} hub
 * @property {() => void} onChange
 */

/**
 * What the hub answered; null when it did not. A refusal stands beside the field it is about, or is
 * the model's note.
 *
 * @template {import("./messages.js").MessageIn["type"]} T
 * @param {Asker} asker
 * @param {import("./messages.js").MessageOut} message
 * @param {T} reply
 */
export async function ask({ model, hub, onChange }, message, reply) {
  const about = message.type;
  Object.assign(model, { busy: about, note: null, faults: {} });
  onChange();
  try {
    return await hub.request(message, reply);
  } catch (error) {
    if (error instanceof RefusedError) {
      model.faults = refusedField(about, error.code, error.facts["why"]);
      if (Object.keys(model.faults).length === 0) {
        model.note = { about, code: error.code, facts: error.facts };
      }
    } else if (error instanceof NoReplyError) {
      model.note = { about, code: "no-reply", facts: {} };
    } else {
      throw error;
    }
    return null;
  } finally {
    model.busy = null;
    onChange();
    toFault(model);
  }
}

/**
 * Whether the form can be sent. What is wrong is said beside the fields, and the first one is chosen.
 *
 * @param {Pick<Asker, "model"|"onChange">} asker
 * @param {Record<string, import("./field-rules.js").Kind>} kinds
 * @param {(id: string) => string} value
 */
export function isComplete({ model, onChange }, kinds, value) {
  Object.assign(model, { note: null, faults: faultsOf(kinds, value) });
  onChange();
  toFault(model);
  return Object.keys(model.faults).length === 0;
}

/** @param {import("./model.js").Model} model */
export function toFault(model) {
  const first = Object.keys(model.faults)[0];
  if (first !== undefined) toField(first);
}
