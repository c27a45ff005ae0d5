"""The abuse model: a logistic regression over pieces of a text and what the lexicon finds in it.

`features.py` says what goes in, `weights.py` holds what `training/` made of the labelled sets. What
a probability means for a comment is no question of this room.
"""
