"""The hub under load, beside what one would use instead, in one run on one machine.

Hub, peers and the load client are processes of their own. ours: `visit-hub serve`, with its checks,
limits and committed log; its terminals prove their keys, its pages come with session tokens. limit:
`relay.py`, the least one can write on the same library (JSON decoded and encoded). peer: PeerJS'
server from npm. All three carry messages of the same size on the same timetable.
"""
