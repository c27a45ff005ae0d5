"""The doors: each view parses, calls one service, presents. No view writes SQL or decides."""
