"""What the service knows about text: folding, matching, reading, markup. No history, no policy."""
