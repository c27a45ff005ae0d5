"""The widget's files as they go out: minified once, with the style inside the script.

`static/widget/` holds the source that people read and change; nothing is built and nothing made
here is written back. The text is the same in every process, so its ETag is too.
"""

import json
from collections.abc import Callable, Mapping
from functools import lru_cache
from pathlib import Path
from typing import Final

import rcssmin
import rjsmin

SOURCE: Final = Path(__file__).parent.parent / "static" / "widget"
STYLE_PLACE: Final = '"__WIDGET_CSS__"'


def _smaller_script(text: str) -> str:
    # Comments with an exclamation mark name the licence, and stay.
    return str(rjsmin.jsmin(text, keep_bang_comments=True))


def _smaller_style(text: str) -> str:
    return str(rcssmin.cssmin(text, keep_bang_comments=True))


_SMALLER: Final[Mapping[str, Callable[[str], str]]] = {
    ".js": _smaller_script,
    ".css": _smaller_style,
}


@lru_cache(maxsize=8)
def served(name: str) -> str:
    """A file of the widget as readers get it; embed.js carries its style: one request will do."""
    path = SOURCE / name
    text = _SMALLER[path.suffix](path.read_text("utf-8"))
    if STYLE_PLACE not in text:
        return text
    # Put in after minifying, which knows the style for a string and leaves it alone.
    return text.replace(STYLE_PLACE, json.dumps(served("widget.css")))
