"""Where places of a tidied text lie in the text as it was sent.

Tidying takes characters away, and makes white space of some; nothing here knows which, or why.
"""

from collections.abc import Sequence

from comments_service.domain.verdict import Span


def spans_as_sent(sent: str, tidied: str, spans: Sequence[Span]) -> tuple[Span, ...]:
    """Spans of `tidied` as spans of `sent`, from the first character kept to the last.

    Where `tidied` is more than `sent` with characters gone (its marks were composed), nothing
    smaller than the whole of it can be shown.
    """
    places = _places(sent, tidied)
    if places is None:
        return ((0, len(sent)),) if spans and sent else ()
    return tuple((places[start], places[end - 1] + 1) for start, end in spans if start < end)


def _places(sent: str, tidied: str) -> list[int] | None:
    """Where in `sent` each character of `tidied` came from; None where one came from nowhere."""
    places: list[int] = []
    at = 0
    for c in tidied:
        while at < len(sent) and sent[at] != c and not (c in " \n" and sent[at].isspace()):
            at += 1
        if at == len(sent):
            return None
        places.append(at)
        at += 1
    return places
