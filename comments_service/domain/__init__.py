"""The words and rules of the service: pure Python, no clock, no I/O, no framework."""
