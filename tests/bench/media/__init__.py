"""The terminal's call measured beside Chromium's, and what the figures mean.

Two hosts in network namespaces (../namespaces.py). On one the terminal's real media process, the
bench as its screen, and in turns with it a Chromium in its place, the peer. On the other one
Chromium, the family, which sends with the real page's own senders. The signalling is in the bench:
what the hub would carry goes from one to the other at once, to both kinds alike.

- All cameras show the same scene with a number in coarse blocks: browsers draw the wall clock when
  the picture is complete; the simulated camera draws frame numbers, and the self-view's earliest
  frames say when each is due, so that a late one counts against us. A delay ends when the decoded
  frame is read, in shared memory or from the browser's track, before anything draws it.
- A press begins in the page. At the family's side the picture is painted then. At the kiosk's side
  it is in the screen's hands for ours (a draw of 0.2 ms is to come) and painted for Chromium.
- Mouth to ear is from the sound in the air to the sample's turn to be played: with what a
  microphone's block takes, without a sound card's buffers.
- CPU is that of the media process, and of Chromium with all its processes, both without drawing;
  what the simulated devices cost is measured with no call, taken off, and told. Chromium's sound
  has no echo cancelling here, as nothing is captured; ours has all that a call has.
"""
