"""Lists: the word lists that ship as text files, read whole or not at all.

Whoever checks with half a list passes what stood in the other half, and a file that was cut at the
end of a line looks whole. So the last line of each says how many lines stand before it.
"""

import re
from importlib.resources.abc import Traversable
from typing import Final

_DAMAGED: Final = "\ufffd"
"""What a program writes in place of what it could not read."""
_END: Final = re.compile(r"# end: (\d+) lines")


def read_list(folder: Traversable, name: str) -> list[str]:
    """The lines of a list with its comments, less the empty ones and the last.

    Raises:
        ValueError: it is cut short or damaged, holds characters that nobody writes into a list, or
            was changed without its last line.
        OSError: there is none.
    """
    *lines, last = (folder / name).read_text(encoding="utf-8").splitlines() or [""]
    lines = [line for line in lines if line]
    told = _END.fullmatch(last)
    if told is None:
        raise ValueError(f"{name} is cut short: its last line is not '# end: ... lines'.")
    for line in lines:
        if _DAMAGED in line or not line.replace("\t", "").isprintable() or line != line.strip():
            raise ValueError(f"{name} is damaged: {line!r}.")
    entries = sum(not line.startswith("#") for line in lines)
    if entries != int(told[1]):
        raise ValueError(f"{name} has {entries} lines; its last line says {told[1]}.")
    return lines
