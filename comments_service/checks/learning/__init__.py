"""What the spam check learns with: features, the learner, what one site has taught, the prior.

Pure arithmetic on arrays, no check by itself. Everything here is exact: whole numbers, or single
operations that IEEE 754 rounds the same everywhere. So the same events in the same order give the
same bytes on every machine.
"""
