"""A comment's text becomes safe HTML: once, at write; reads never render.

Two fences stand one behind the other. markdown-it makes HTML from a small subset of Markdown and
passes no markup of the reader's; nh3 then lets through an allow list and nothing else. Whatever
goes wrong on the way, the text is shown as it was typed: `render` never raises.
"""

import html
import re
from collections.abc import Sequence
from typing import Final

import ada_url
import nh3
from markdown_it import MarkdownIt
from markdown_it.rules_block import StateBlock, blockquote, fence, list_block
from markdown_it.rules_core import StateCore
from markdown_it.rules_inline import StateInline
from markdown_it.token import Token

from comments_service.domain.comment import MAX_BODY

ALLOWED_TAGS: Final = frozenset(
    ("p", "br", "strong", "em", "s", "del", "code", "pre", "blockquote", "ul", "ol", "li", "a")
)
LINK_REL: Final = "nofollow ugc noopener"
LINK_SCHEMES: Final = frozenset({"http", "https", "mailto"})
MAX_NESTING: Final = 20
"""Elements inside one another; a text that nests deeper is shown as typed."""
MAX_GROWTH: Final = 20
"""Characters of HTML per character of text; a text that grows more is shown as typed."""
MAX_STEPS: Final = 4 * MAX_BODY
"""Looks that the parser may take at a line or an inline token; prose of full length needs 1,000.
Beyond it a text is shown as typed. It bounds work, not time, so that load changes no comment."""
MAX_BARE_URL: Final = 2_000
"""Characters after `http:` that can become a link without brackets around them."""

# Off, so that what was typed stays readable: headings and rules shout, references and entities make
# typed letters vanish, four spaces before a paragraph are an accident more often than code.
_OFF: Final = (
    *("table", "html_block", "heading", "lheading", "hr", "reference", "code"),
    *("image", "html_inline", "entity"),
)
_LINK: Final = re.compile(r"https?://[^/\\?#\s]|mailto:[^?\s]", re.IGNORECASE)
# Ends at white space, brackets, quotes and full-width punctuation, which close a sentence's part.
_BARE_URL: Final = re.compile(
    r"//[^\x00-\x20\x7f<>\[\]`\"\s«»\u2018-\u201f\u3000-\u303f\uff00-\uff0f\uff1a-\uff20]"
    rf"{{1,{MAX_BARE_URL}}}"
)
_NO_END_OF_URL: Final = "?!.,:;*_~'"
_OTHER_NUMBER: Final = re.compile(r"(?!1[.)])[0-9]")
_FENCE_LINE: Final = re.compile(r"(?:`{3,}|~{3,})[ \t]*[\w+#.-]{0,20}[ \t]*(?:\n|$)")
_TAG: Final = re.compile(r"<[^>]*>")
_PARAGRAPH: Final = re.compile(r"\n{2,}")
_UNSTORABLE: Final = re.compile("[\x00\ud800-\udfff]")


def render(body: str) -> str:
    """HTML of a comment's text, safe to insert into a page; never raises.

    Only `ALLOWED_TAGS` come out, and no attribute but a link's `href` (absolute, in
    `LINK_SCHEMES`) and `rel`.
    """
    if len(body) <= MAX_BODY:
        try:
            rendered = _render_markdown(body)
        except Exception:  # noqa: BLE001 - a text no parser can take must still be readable.
            rendered = None
        if rendered is not None:
            return rendered
    return _as_typed(body)


def _render_markdown(body: str) -> str | None:
    """None where Markdown would show the text badly: too deep, too long, or not at all."""
    env: dict[str, int] = {"steps": 0}
    tokens = _MARKDOWN.parse(body, env)
    if _nests_too_deep(tokens):
        return None
    clean = _CLEANER.clean(_MARKDOWN.renderer.render(tokens, _MARKDOWN.options, env)).strip()
    if len(clean) > MAX_GROWTH * len(body) or not _TAG.sub("", clean).strip():
        return None
    return clean


def _as_typed(body: str) -> str:
    text = html.escape(_UNSTORABLE.sub("\ufffd", body.strip("\n")), quote=False)
    paragraphs = (p.replace("\n", "<br>\n") for p in _PARAGRAPH.split(text))
    return "\n".join(f"<p>{p}</p>" for p in paragraphs)


def _nests_too_deep(tokens: Sequence[Token]) -> bool:
    # At its own limit the parser drops the rest of a block without a word: stay below it.
    return any(
        token.level >= MAX_NESTING - 1 or (token.children and _nests_too_deep(token.children))
        for token in tokens
    )


class _TooMuchWork(Exception):
    """The text was made to keep a parser busy."""


class _Markdown(MarkdownIt):
    """markdown-it whose links are parsed by the URL standard, as the browser will parse them.

    The three names are the parser's own.
    """

    def normalizeLink(self, url: str) -> str:  # noqa: N802 - as above.
        """The canonical address, or "" for one that does not become a link.

        An address with user information is none: it is there to look like another host.
        """
        if not _LINK.match(url):
            return ""
        try:
            parsed = ada_url.URL(url)
        except ValueError:
            return ""
        return "" if parsed.username or parsed.password else parsed.href

    def validateLink(self, url: str) -> bool:  # noqa: N802 - as above.
        """Whether `normalizeLink` accepted it."""
        return bool(url)

    def normalizeLinkText(self, url: str) -> str:  # noqa: N802 - as above.
        """An address is shown as it was typed."""
        return url


def _bare_url(state: StateInline, silent: bool) -> bool:
    """Turn `http://` and `https://` addresses into links; the colon is where the parser stops."""
    _count_step(state)
    scheme = _scheme_before(state)
    if scheme is None or state.linkLevel > 0:
        return False
    found = _BARE_URL.match(state.src, state.pos + 1, state.posMax)
    if found is None:
        return False
    rest = _without_trailing_punctuation(found.group())
    typed = f"{scheme}:{rest}"
    href = state.md.normalizeLink(typed)
    if not href:
        return False
    if not silent:
        state.pending = state.pending[: -len(scheme)]
        state.push("link_open", "a", 1).attrs = {"href": href}
        state.push("text", "", 0).content = typed
        state.push("link_close", "a", -1)
    state.pos += 1 + len(rest)
    return True


def _scheme_before(state: StateInline) -> str | None:
    if state.src[state.pos] != ":":
        return None
    for length in (5, 4):
        start = state.pos - length
        scheme = state.src[max(0, start) : state.pos]
        if scheme.lower() in ("http", "https"):
            stands_alone = start == 0 or not state.src[start - 1].isalnum()
            return scheme if stands_alone else None
    return None


def _without_trailing_punctuation(url: str) -> str:
    """A sentence's full stop and the bracket around an address are not part of the address."""
    end = len(url)
    unopened = url.count(")") - url.count("(")
    while end:
        if url[end - 1] == ")" and unopened > 0:
            unopened -= 1
        elif url[end - 1] not in _NO_END_OF_URL:
            break
        end -= 1
    return url[:end]


def _unlink_empty(state: StateCore) -> None:
    """`[text]()` leads nowhere: its text stays, the link goes."""
    for block in state.tokens:
        if block.children:
            block.children = _without_empty_links(block.children)


def _without_empty_links(tokens: Sequence[Token]) -> list[Token]:
    kept: list[Token] = []
    leads_nowhere = False
    for token in tokens:
        if token.type == "link_open":
            leads_nowhere = not token.attrGet("href")
        if token.type not in ("link_open", "link_close") or not leads_nowhere:
            kept.append(token)
    return kept


def _quote_of_marked_lines(state: StateBlock, start_line: int, end_line: int, silent: bool) -> bool:
    """A quote, which ends where the lines that begin with `>` end.

    Markdown draws the unmarked line below into the quote, and people answer there. It also looks
    for that line's end again and again, in quadratic time.
    """
    _count_step(state)
    if silent or not _is_quoted(state, start_line):
        return blockquote(state, start_line, end_line, silent)
    end = start_line + 1
    while end < end_line and _is_quoted(state, end):
        end += 1
    line_max, state.lineMax = state.lineMax, end
    found = blockquote(state, start_line, end, silent)
    state.lineMax = line_max
    return found


def _is_quoted(state: StateBlock, line: int) -> bool:
    return state.src.startswith(">", _first_of_line(state, line))


def _count_step(state: StateBlock | StateInline) -> None:
    state.env["steps"] += 1
    if state.env["steps"] > MAX_STEPS:
        raise _TooMuchWork


def _list_from_one(state: StateBlock, start_line: int, end_line: int, silent: bool) -> bool:
    """A list, unless it begins with another number: "2026. A good year" stays a sentence."""
    follows_item = silent and state.sCount[start_line] < state.blkIndent
    if not follows_item and _OTHER_NUMBER.match(state.src, _first_of_line(state, start_line)):
        return False
    return list_block(state, start_line, end_line, silent)


def _fence_of_code(state: StateBlock, start_line: int, end_line: int, silent: bool) -> bool:
    """A code fence, unless its line says more than a language, which nobody would get to see."""
    if not _FENCE_LINE.match(state.src, _first_of_line(state, start_line)):
        return False
    return fence(state, start_line, end_line, silent)


def _first_of_line(state: StateBlock, line: int) -> int:
    return state.bMarks[line] + state.tShift[line]


def _make_markdown() -> _Markdown:
    markdown = _Markdown("js-default", {"maxNesting": MAX_NESTING, "html": False, "breaks": True})
    markdown.disable(_OFF)
    # `alt` names what the rule may interrupt, as in the parser's own table.
    markdown.block.ruler.at("fence", _fence_of_code, {"alt": ["paragraph", "blockquote", "list"]})
    markdown.block.ruler.at(
        "blockquote", _quote_of_marked_lines, {"alt": ["paragraph", "blockquote", "list"]}
    )
    markdown.block.ruler.at("list", _list_from_one, {"alt": ["paragraph", "blockquote"]})
    markdown.inline.ruler.after("text", "bare_url", _bare_url)
    markdown.core.ruler.after("inline", "unlink_empty", _unlink_empty)
    return markdown


_MARKDOWN: Final = _make_markdown()
_CLEANER: Final = nh3.Cleaner(
    tags=set(ALLOWED_TAGS),
    # Unless told otherwise every element may carry `title` and `lang`.
    attributes={"*": set(), "a": {"href"}},
    url_schemes=set(LINK_SCHEMES),
    url_relative="deny",
    link_rel=LINK_REL,
)
