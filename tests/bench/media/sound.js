/** The bench page's microphone and ear. */
"use strict";

/**
 * A microphone that hears a steady tone (not the terminal's: to a canceller the same sound both ways
 * is an echo), or the chirp at each whole second of the wall clock.
 *
 * @param {number[]} chirp samples at 48 kHz
 * @param {number} amplitude of the tone
 */
async function stampedMicrophone(chirp, amplitude) {
  const context = new AudioContext({ sampleRate: 48000 });
  await context.audioWorklet.addModule("chirp.js");
  const chirps = new GainNode(context, { gain: 0 });
  const tone = new GainNode(context, { gain: amplitude });
  const out = new MediaStreamAudioDestinationNode(context, { channelCount: 1 });
  new AudioWorkletNode(context, "chirps",
    { numberOfInputs: 0, outputChannelCount: [1], processorOptions: { chirp } }).connect(chirps);
  const pitch = new OscillatorNode(context, { frequency: 440 });
  pitch.connect(tone);
  chirps.connect(out);
  tone.connect(out);
  pitch.start();
  const say = (chirping) => {
    chirps.gain.value = chirping ? 1 : 0;
    tone.gain.value = chirping ? 0 : amplitude;
  };
  return { track: out.stream.getAudioTracks()[0], say };
}

/** Keep the sound of a track as it is pulled from the call: [wall ms, samples] each. */
async function readSound(track, heard) {
  const reader = new MediaStreamTrackProcessor({ track }).readable.getReader();
  for (;;) {
    const { value: data, done } = await reader.read();
    if (done) return;
    const at = wall_ms();
    const samples = new Float32Array(data.numberOfFrames);
    data.copyTo(samples, { planeIndex: 0, format: "f32-planar" });
    heard.push([at, Int16Array.from(samples, (each) => each * 32767), data.sampleRate]);
    data.close();
  }
}

/** Take what was heard: one run of 16-bit samples, and when each block of it was pulled. */
function takeSound(heard) {
  const blocks = heard.splice(0);
  const bytes = new Uint8Array(blocks.reduce((sum, [, samples]) => sum + samples.byteLength, 0));
  let at = 0;
  const pulled = blocks.map(([wall, samples]) => {
    bytes.set(new Uint8Array(samples.buffer), at);
    at += samples.byteLength;
    return [wall, samples.length];
  });
  let text = "";
  for (let from = 0; from < bytes.length; from += 8192) {
    text += String.fromCharCode(...bytes.subarray(from, from + 8192));
  }
  return { rate: blocks[0]?.[2] ?? 48000, pulled, samples: btoa(text) };
}
