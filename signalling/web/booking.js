/** Booking, moving and cancelling visits: asks the hub, keeps what it says. */

/** @typedef {import("./messages.js").Slots} Slots */
/**
 * @typedef {object} BookingState
 * @property {Slots|null} slots  the newest answer
 * @property {string|null} early  visit whose telephone was pressed before it was green
 */

/** @returns {BookingState} */
export function newBooking() {
  return { slots: null, early: null };
}

export class Booking {
  /**
   * @param {object} options
   * @param {import("./model.js").Model} options.model
   * @param {import("./protocol.js").HubConnection} options.hub
   * @param {() => void} options.onChange
   */
  constructor({ model, hub, onChange }) {
    this.model = model;
    this.hub = hub;
    this.onChange = onChange;
  }

  handlers() {
    const { model, onChange } = this;
    return {
      slots: (/** @type {Slots} */ slots) => {
        model.booking.slots = slots;
        onChange();
      },
      "visit-booked": onChange,
      "visit-cancelled": onChange,
      invited: onChange,
    };
  }

  actions() {
    return {
      early: (/** @type {string} */ visit) => {
        this.model.booking.early = visit;
        this.onChange();
      },
    };
  }
}
