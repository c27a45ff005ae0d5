"""Reading and showing text: folding, matching, markup. No history, no storage, no web."""
