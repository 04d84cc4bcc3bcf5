/**
 * What this network carries to the hub, and whether it lets the page reach the facility's relay.
 *
 * No picture and no sound takes part, so it may be tried any day.
 */

import { NoReplyError, RefusedError } from "./protocol.js";

/** Bytes of one probe, each way; the hub takes no more. */
const PROBE_BYTES = 48_000;
/** The first probe opens the way (TCP starts slowly), the best of the others counts. */
const PROBES = 4;
const RELAY_WITHIN_MS = 8000;

/**
 * `relay`: "none" when the facility uses none.
 *
 * @typedef {{kbps: number, relay: "none"|"works"|"blocked"}} NetworkFound
 */
/** @typedef {import("./protocol.js").HubConnection} Hub */

/**
 * "failed" where the hub refused or was lost on the way: then nothing is known.
 *
 * @param {Hub} hub
 * @returns {Promise<NetworkFound|"failed">}
 */
export async function checkNetwork(hub) {
  try {
    const { ice_servers } = await hub.request({ type: "check-network" }, "network-check");
    const kbps = await carried(hub);
    return { kbps, relay: await relayOf(ice_servers) };
  } catch (error) {
    if (!(error instanceof RefusedError || error instanceof NoReplyError)) throw error;
    console.info("the network was not tried", error);
    return "failed";
  }
}

/**
 * Kilobits a second there and back together: the page sends and the hub answers one after the other.
 *
 * @param {Hub} hub
 */
async function carried(hub) {
  let best_ms = Infinity;
  for (let probe = 0; probe < PROBES; probe += 1) {
    const sent = hub.world.now_ms();
    await hub.request({ type: "probe", sent, padding: "x".repeat(PROBE_BYTES) }, "probed");
    if (probe > 0) best_ms = Math.min(best_ms, hub.world.now_ms() - sent);
  }
  return (2 * 8 * PROBE_BYTES) / best_ms;
}

/**
 * Whether the relay gives this page an address to be reached at. Nothing is sent through it: what it
 * may be used for is the facility's matter, and a page cannot know it.
 *
 * @param {import("./messages.js").IceServer[]} servers
 * @returns {Promise<NetworkFound["relay"]>}
 */
async function relayOf(servers) {
  const turn = servers.filter(({ urls }) => urls.some((each) => /^turns?:/.test(each)));
  if (turn.length === 0) return "none";
  const iceServers = turn.map(({ urls, username, credential }) => ({
    urls,
    username: username ?? "",
    credential: credential ?? "",
  }));
  const connection = new RTCPeerConnection({ iceServers, iceTransportPolicy: "relay" });
  try {
    connection.createDataChannel("check");
    const found = firstRelay(connection);
    await connection.setLocalDescription();
    return (await found) ? "works" : "blocked";
  } finally {
    connection.close();
  }
}

/**
 * @param {RTCPeerConnection} connection
 * @returns {Promise<boolean>}
 */
function firstRelay(connection) {
  return new Promise((resolve) => {
    // The end of the candidates comes as null, or as an empty one.
    connection.onicecandidate = ({ candidate }) => {
      if (candidate?.type === "relay") resolve(true);
      else if (candidate === null) resolve(false);
    };
    window.setTimeout(() => resolve(false), RELAY_WITHIN_MS);
  });
}
