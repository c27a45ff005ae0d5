"""Inputs that nobody thought of, for what reads strangers' text: `make fuzz` looks for them."""
