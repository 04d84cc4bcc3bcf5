"""Fuzzing: what strangers can send, in numbers. `make fuzz`."""
