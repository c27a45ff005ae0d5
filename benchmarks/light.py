"""What the service weighs: memory, the way to the first answer, and an article page with it.

    python -m benchmarks.light [--workers 2]

Memory is the proportional set size of the server's processes after each worker has answered and
examined something. The page is an article of another origin in Chromium, with a thread of a
thousand comments. Only loopback is used, and only what was started here is stopped.
"""

import argparse
import contextlib
import http.server
import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from statistics import median
from typing import Any, Final

from playwright.sync_api import Browser, sync_playwright

from benchmarks.reads import ORIGIN, PAGE, SITE, counts, crowded
from benchmarks.record import Record
from benchmarks.service import Failed, Instance, family, raw, running, wait_until

STARTS: Final = 5
CHROMIUM: Final = ("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run")
BARE: Final = "import flask, sqlalchemy"
MIB: Final = 1024
_ARTICLE: Final = """<!doctype html><html lang="en"><meta charset="utf-8"><title>An article</title>
<style>#comments {{ min-height: 100vh }}</style>
<div id="article"><h1>An article</h1><p>{text}</p></div>
<div id="comments" data-site="{site}" data-url="{origin}/1"></div>
<script async src="http://127.0.0.1:{port}/embed.js"></script><p>After it.</p></html>"""
_WATCH: Final = """
window.long = []; window.shifted = 0;
const isOutside = node => !document.getElementById("comments")?.contains(node);
new PerformanceObserver(l => l.getEntries().forEach(e => window.long.push(e.duration)))
    .observe({type: "longtask", buffered: true});
new PerformanceObserver(l => l.getEntries().forEach(e => {
    if (e.sources.some(s => s.node && isOutside(s.node))) window.shifted += e.value; }))
    .observe({type: "layout-shift", buffered: true});
"""
"""What stands above the widget does not move, and what stands below not where the page keeps room
for a thread, as docs/embed.md has it."""


def pss_mib(pid: int) -> float:
    """Proportional set size of one process."""
    lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    return sum(int(line.split()[1]) for line in lines if line.startswith("Pss:")) / MIB


def command_of(pid: int) -> str:
    return Path(f"/proc/{pid}/cmdline").read_text().replace("\0", " ")


def weigh(record: Record, instance: Instance, workers: int) -> None:
    """Memory by kind of process."""
    token = instance.command("token", "create", "--name", "w", "--scope", "comments:write").strip()
    with running(instance, workers) as service:
        for number in range(40):
            fields = {"site": SITE, "url": f"{ORIGIN}/{number}", "author_name": "A reader"}
            said = {**fields, "body": f"Number {number}: what a walk in the park, you clown!"}
            bearer = {"Authorization": f"Bearer {token}"}
            service.ask("post", "POST", "/api/v1/comments", said, bearer)
            raw(service.port, counts(20))
        kinds: dict[str, list[float]] = {"workers": [], "job runner": [], "what starts them": []}
        for pid in family(service.process.pid):
            told = command_of(pid)
            kind = "job runner" if " jobs " in told else "workers"
            if pid == service.process.pid or "resource_tracker" in told:
                kind = "what starts them"
            kinds[kind].append(pss_mib(pid))
    record.head("Memory", "Proportional set size in MiB, after posts were examined.")
    rows = [[kind, str(len(each)), f"{sum(each):.1f}"] for kind, each in kinds.items()]
    record.table(("processes", "how many", "MiB"), rows)
    record.bound("MiB of the workers together", sum(kinds["workers"]), 200)


def seconds_of(command: Sequence[str]) -> float:
    began = time.perf_counter()
    subprocess.run([sys.executable, *command], check=True)
    return time.perf_counter() - began


def start(record: Record, instance: Instance) -> None:
    """From the command to the first answer, beside importing Flask and SQLAlchemy."""
    ours, bare = [], []
    for _ in range(STARTS):
        bare.append(seconds_of(["-c", BARE]))
        began = time.perf_counter()
        with running(instance, 1):
            ours.append(time.perf_counter() - began)
    times = median(ours) / median(bare)
    record.head("Start", "One worker, seconds, medians taken in turn.")
    rows = [["importing Flask and SQLAlchemy", f"{median(bare):.2f}"]]
    record.table(("what", "s"), [*rows, ["from `run` to its first answer", f"{median(ours):.2f}"]])
    record.bound("start, in imports of Flask and SQLAlchemy", times, 2.5)


@contextlib.contextmanager
def article(port: int) -> Iterator[str]:
    """An article page of another origin."""
    text = "Words of an article. " * 200
    body = _ARTICLE.format(text=text, site=SITE, origin=ORIGIN, port=port).encode()

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Type", "text/html; charset=utf-8")
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: Any) -> None:
            """Say nothing."""

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://localhost:{server.server_address[1]}/"
    server.shutdown()


def look(record: Record, browser: Browser, port: int) -> None:
    """What the browser fetched and felt."""
    page = browser.new_page()
    page.add_init_script(_WATCH)
    sizes: list[int] = []
    page.on(
        "requestfinished",
        lambda request: (
            sizes.append(
                sum(request.sizes()[part] for part in ("responseBodySize", "responseHeadersSize"))
            )
            if f":{port}/" in request.url
            else None
        ),
    )
    with article(port) as address:
        page.goto(address)
        host = page.locator("#comments")
        shown = host.locator("article, li")
        shown.first.wait_for()
        wait_until(lambda: shown.count() >= 50, "the thread")
        page.wait_for_timeout(500)
        fetched, weight = len(sizes), sum(sizes) / 1000
        blocking = page.evaluate(
            "performance.getEntriesByType('resource')"
            ".filter(r => r.renderBlockingStatus === 'blocking').length"
        )
        record.head("An article page", "A thread of thousands; what is sent until fifty show.")
        record.bound("requests to the service", fetched, 3)
        record.bound("KB sent, headers included", weight, 20)
        record.bound("resources that block rendering", blocking, 0)
        record.bound(
            "layout shift outside the widget",
            page.evaluate("window.shifted"),
            0,
        )
        scroll(record, page)
    page.close()


def _is_more(shown: Any, before: int) -> bool:
    return int(shown.count()) > before


def scroll(record: Record, page: Any) -> None:
    """A thousand comments shown, then scrolled through."""
    more = page.locator("#comments").get_by_role("button", name="More")
    shown = page.locator("#comments").locator("article, li")
    while shown.count() < 1_000 and more.count():
        before = shown.count()
        more.first.click()
        wait_until(partial(_is_more, shown, before), "more comments")
    page.evaluate("window.long.length = 0")
    for _ in range(60):
        page.mouse.wheel(0, 1_500)
        page.wait_for_timeout(30)
    longest = page.evaluate("Math.max(0, ...window.long)")
    record.bound(f"longest task while scrolling {shown.count()} comments, ms", longest, 50)


def measure(record: Record, options: argparse.Namespace) -> None:
    """Everything of this part."""
    with crowded() as instance:
        weigh(record, instance, options.workers)
        start(record, instance)
        program = os.environ.get("COMMENTS_TEST_CHROMIUM", "/usr/bin/chromium")
        if not Path(program).exists():
            record.head("An article page", "There is no Chromium here; nothing was measured.")
            return
        with running(instance, options.workers) as service, sync_playwright() as playwright:
            raw(service.port, PAGE)
            browser = playwright.chromium.launch(executable_path=program, args=list(CHROMIUM))
            try:
                look(record, browser, service.port)
            finally:
                browser.close()


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", maxsplit=1)[0])
    parser.add_argument("--workers", type=int, default=2)
    try:
        measure(Record(datetime.now(UTC)), parser.parse_args(arguments))
    except Failed as problem:
        print(f"FAILED: {problem}")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
