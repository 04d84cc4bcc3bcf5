"""The terminal's devices measured, each thing in a file of its own.

A file has one function, `measure(bench, seconds)`, which adds its rows and curves, and is named in
`__main__.MEASURES`.

Sound runs over PulseAudio's null sinks (tests/hardware/sound_server.py), which keep real time but
have no buffer in hardware: a real card adds its own.
"""
