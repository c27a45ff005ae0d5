"""A publisher's article page with the widget on it, and the few things a reader does there."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from playwright.sync_api import Locator, Page

from tests.e2e.fake_service import FakeService, fake_service, publisher

_PAGE = """<!doctype html><html lang="en"><head><meta charset="utf-8"><title>The night bus</title>
<meta name="viewport" content="width=device-width, initial-scale=1">{head}
<script async src="{service}/{script}"></script></head>
<body><main><h1>The night bus</h1>{body}</main></body></html>"""
HOLDER = '<div id="comments" data-site="gazette"></div>'


@dataclass
class Stage:
    """A fake service and a publisher in front of one reader's tab."""

    service: FakeService
    page: Page
    origin: str = ""
    pages: dict[str, tuple[str, str]] = field(default_factory=dict)

    def write(
        self,
        body: str = HOLDER,
        *,
        path: str = "/article",
        head: str = "",
        script: str = "embed.js",
        policy: str = "",
    ) -> None:
        """Publish a page."""
        html = _PAGE.format(head=head, body=body, service=self.service.url, script=script)
        self.pages[path] = (html, policy)

    def visit(self, path: str = "/article") -> None:
        """Open a page and wait until the widget has drawn its thread."""
        self.page.goto(self.origin + path)
        self.page.get_by_role("heading", name="Comment (").wait_for()

    def reload(self) -> None:
        self.page.reload()
        self.page.get_by_role("heading", name="Comment (").wait_for()

    @property
    def name(self) -> Locator:
        return self.page.get_by_label("Comment As").first

    @property
    def text(self) -> Locator:
        return self.page.get_by_label("Your comment")

    @property
    def send(self) -> Locator:
        return self.page.get_by_role("button", name="Comment", exact=True)

    @property
    def heading(self) -> Locator:
        return self.page.get_by_role("heading", level=2)

    def row(self, text: str) -> Locator:
        """The comment that holds a text."""
        return self.page.get_by_role("article").filter(has_text=text)

    def post(self, text: str, name: str = "Ida") -> None:
        """Fill the form and press the button."""
        self.name.fill(name)
        self.text.fill(text)
        self.send.click()

    def asked(self, call: str) -> int:
        """How many requests of one kind arrived."""
        return len(self.service.asked(call))


@contextmanager
def staged(page: Page) -> Iterator[Stage]:
    """A stage with an article at `/article`."""
    with fake_service() as service:
        stage = Stage(service, page)
        with publisher(stage.pages) as stage.origin:
            stage.write()
            yield stage
            page.close()
