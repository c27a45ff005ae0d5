"""A browser that is watched: whatever runs, complains, opens or asks elsewhere is written down.

Nothing in here knows which texts are shown, nor where.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import urlsplit

from playwright.sync_api import (
    Browser,
    BrowserContext,
    ConsoleMessage,
    Dialog,
    Frame,
    Page,
    Request,
)

from tests.support.chromium import PATIENCE

NOTHING: Final = "no-such-element"
LOADED_WITHIN: Final = 180_000
"""Milliseconds for a page, which may hold forty frames, on a machine with much else to do."""
INSPECT: Final = """
({ prose, never }) => {
  const TAGS = new Set("P BR STRONG EM S DEL CODE PRE BLOCKQUOTE UL OL LI A".split(" "));
  const LINK = new Set(["href", "rel", "target", "class"]);
  const found = [];
  const note = (element, what) => found.push(`${what}: ${element.outerHTML.slice(0, 160)}`);
  const walk = (root) => {
    for (const element of root.querySelectorAll("*")) {
      if (element.shadowRoot) walk(element.shadowRoot);
      for (const { name, value } of element.attributes) {
        if (name.startsWith("on") || name === "srcdoc") note(element, name);
        if (/^(href|src|action|formaction|data|xlink:href)$/.test(name)) {
          const scheme = value.replace(/[\\x00-\\x20]/g, "").split(":")[0].toLowerCase();
          const icon = element.matches("link[rel=icon], img[class=qr], img[alt]");
          if (/^(javascript|vbscript)$/.test(scheme) || (scheme === "data" && !icon))
            note(element, name);
        }
      }
      if (element.matches("object, embed, base, applet, svg script, math, style, meta[http-equiv]"))
        note(element, "element");
      if (element.matches("script") && !element.src && element.type !== "application/json")
        note(element, "inline script");
    }
    for (const element of root.querySelectorAll(never)) note(element, "markup in a text");
    for (const box of root.querySelectorAll(prose)) {
      for (const element of box.querySelectorAll("*")) {
        if (!TAGS.has(element.tagName)) note(element, "tag");
        for (const { name, value } of element.attributes) {
          if (element.tagName !== "A" || !LINK.has(name)) note(element, `attribute ${name}`);
          if (name === "href" && !/^(https?:\\/\\/[^/]|mailto:)/.test(value)) note(element, "link");
        }
      }
    }
  };
  walk(document);
  return found;
}
"""
"""What stands in a document, shadow roots included, that could run or that no comment may hold."""

BEYOND: Final = """
() => document.documentElement.scrollWidth - document.documentElement.clientWidth
"""
"""By how many pixels a document is wider than its window."""


@dataclass
class Watched:
    """A tab, and everything that happened in it that should not have."""

    context: BrowserContext
    page: Page
    hosts: frozenset[str]
    complaints: list[str] = field(default_factory=list)
    allowed: tuple[str, ...] = ()
    """Parts of messages that the browser may write: what the test itself provokes."""
    flat: bool = False
    """Whether no page may scroll sideways."""

    def __post_init__(self) -> None:
        self.context.on("dialog", self._dialog)
        self.context.on("console", self._console)
        self.context.on("weberror", lambda error: self.note(f"error: {error.error}"))
        self.context.on("request", self._request)
        self.context.on("page", lambda page: self.note(f"another tab: {page.url}"))
        self.page.on("download", lambda download: self.note(f"download: {download.url}"))

    def note(self, what: str) -> None:
        self.complaints.append(f"{self.page.url[:100]}: {what[:300]}")

    def _dialog(self, dialog: Dialog) -> None:
        self.note(f"{dialog.type} {dialog.message!r}")
        dialog.dismiss()

    def _console(self, said: ConsoleMessage) -> None:
        if said.type in ("error", "warning") and not any(a in said.text for a in self.allowed):
            self.note(f"console: {said.text}")

    def _request(self, request: Request) -> None:
        parts = urlsplit(request.url)
        if parts.scheme not in ("data", "blob", "about") and parts.netloc not in self.hosts:
            self.note(f"request: {request.url}")

    def visit(self, url: str, prose: str = NOTHING, never: str = NOTHING) -> None:
        """Open a page and look through it and its frames.

        `prose` finds rendered comments, `never` what stands only where text became markup.
        """
        answer = self.page.goto(url)
        if answer is None or answer.status >= 500:
            self.note(f"answer: {answer and answer.status}")
        self.inspect(prose, never)
        if self.page.url != url:
            self.note(f"went away from {url[:200]}")

    def inspect(self, prose: str = NOTHING, never: str = NOTHING) -> None:
        """Look through the page and its frames as they stand."""
        for frame in self.page.frames:
            for fault in self._faults(frame, prose, never):
                self.note(fault)
            if self.flat and (beyond := frame.evaluate(BEYOND)) > 1:
                self.note(f"scrolls sideways by {beyond} pixels")

    @staticmethod
    def _faults(frame: Frame, prose: str, never: str) -> Sequence[str]:
        found: Any = frame.evaluate(INSPECT, {"prose": prose, "never": never})
        return [str(fault) for fault in found]


@contextmanager
def watched(
    chromium: Browser,
    *hosts: str,
    allowed: tuple[str, ...] = (),
    flat: bool = False,
    **device: Any,
) -> Iterator[Watched]:
    """A watched tab of a fresh profile, which may ask these hosts (with their ports) only."""
    context = chromium.new_context(reduced_motion="reduce", **device)
    context.set_default_timeout(PATIENCE)
    context.set_default_navigation_timeout(LOADED_WITHIN)
    page = context.new_page()
    yield Watched(context, page, frozenset(hosts), allowed=allowed, flat=flat)
    context.close()
