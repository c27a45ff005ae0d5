"""Real comments, posted over HTTP to a running service, then half of what waits is approved.

    python -m benchmarks.real_comments [--mode pre|first|post] [--database-url URL] ...

About 2,500 comments of four public sets travel as they would in life: most through the publisher's
own program with its token, a share as browsers (form token, Commenter-Key, Idempotency-Key, from
addresses of their own behind a proxy). It prints what was decided and why, and how fast; and it
fails, with status 1, on any 5xx, on a retry that stores twice, and on a count that is not what its
thread lists. At the end `verify` must agree. Only loopback is used, and only what was started here
is stopped. Without the data it says so and does nothing.
"""

import argparse
import base64
import hashlib
import json
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from benchmarks.service import Failed, Instance, Service, new_instance, running

DATA: Final = Path(__file__).parents[2] / "shared" / "data" / "moderation"
FILES: Final = ("globe-news", "fox-news", "blog-comments-spam", "youtube-spam")
SITE: Final = "bench"
ORIGIN: Final = "https://bench.example"
PAGES_OF_UNTITLED: Final = 20
"""Sets that do not say which page a comment stood on are dealt out to so many."""
READERS: Final = 200
"""Sets that do not name the author are dealt out to so many."""
BATCH: Final = 100
"""Decisions in a request: the most that the service takes."""


@dataclass(frozen=True)
class Row:
    """One real comment, with the page and the reader it is given to."""

    set: str
    id: str
    text: str
    label: int
    url: str
    author: str

    @property
    def key(self) -> str:
        """The reader's Commenter-Key: one for each author, as a browser keeps it."""
        digest = hashlib.sha256(f"{self.set} {self.author}".encode()).digest()
        return base64.urlsafe_b64encode(digest[:16]).decode().rstrip("=")

    @property
    def address(self) -> str:
        """The reader's address, of the block kept for benchmarks (RFC 2544)."""
        digest = hashlib.sha256(self.author.encode()).digest()
        return f"198.{18 + digest[0] % 2}.{digest[1]}.{digest[2]}"

    @property
    def fields(self) -> dict[str, str]:
        return {"site": SITE, "url": self.url, "author_name": self.author, "body": self.text}


def read_rows(folder: Path, limit: int | None) -> list[Row]:
    rows: list[Row] = []
    for name in FILES:
        lines = (folder / f"{name}.jsonl").read_text("utf-8").splitlines()[:limit]
        rows += [_row(name, number, json.loads(line)) for number, line in enumerate(lines)]
    return rows


def _row(name: str, number: int, said: dict[str, Any]) -> Row:
    page = said.get("article") or said.get("video") or str(number % PAGES_OF_UNTITLED)
    path = hashlib.sha256(page.encode()).hexdigest()[:12]
    author = " ".join(str(said.get("author") or "").split())[:80].strip()
    return Row(
        set=name,
        id=said["id"],
        text=said["text"],
        label=said["label"],
        url=f"{ORIGIN}/{name}/{path}",
        author=author or f"Reader {number % READERS}",
    )


@dataclass
class Posting:
    """Posts rows, each in the way of its sender."""

    service: Service
    token: str

    def as_program(self, row: Row) -> None:
        headers = {"Authorization": f"Bearer {self.token}", "Commenter-Key": row.key}
        self._post("post as program", row.fields, headers)

    def as_browser(self, row: Row, form_token: str) -> None:
        """Post, and post again as after a lost answer: nothing may be stored twice."""
        headers = {
            "Origin": ORIGIN,
            "X-Forwarded-For": row.address,
            "Commenter-Key": row.key,
            "Idempotency-Key": row.id,
        }
        fields = {**row.fields, "token": form_token}
        status, first = self._post("post as browser", fields, headers)
        if status in (201, 202):
            again, second = self._post("the same again", fields, headers)
            if (again, second["comment"]["id"]) != (status, first["comment"]["id"]):
                raise Failed(f"{row.id} was answered {status}, then {again}: {first} {second}")

    def _post(
        self, kind: str, fields: dict[str, str], headers: dict[str, str]
    ) -> tuple[int, dict[str, Any]]:
        status, said = self.service.ask(kind, "POST", "/api/v1/comments", fields, headers)
        if status not in (201, 202, 422, 429):
            raise Failed(f"A comment was answered {status}: {said}")
        return status, said


def post_all(
    service: Service, token: str, rows: Sequence[Row], options: argparse.Namespace
) -> None:
    """Every row, as browsers and as the program at once, in the order of the data."""
    posting = Posting(service, token)
    every = round(1 / options.browsers) if options.browsers else 0
    from_browsers = {row.id for number, row in enumerate(rows) if every and number % every == 0}
    forms = _form_tokens(service, [row for row in rows if row.id in from_browsers])
    cpu, began = service.cpu_seconds(), time.perf_counter()

    def post(row: Row) -> None:
        if row.id in from_browsers:
            posting.as_browser(row, forms[row.url])
        else:
            posting.as_program(row)

    with ThreadPoolExecutor(options.clients) as clients:
        list(clients.map(post, rows))
    seconds = time.perf_counter() - began
    kinds = ("post as program", "post as browser", "the same again")
    sent = sum(len(service.timings[k].seconds) for k in kinds if k in service.timings)
    print(f"\n{len(rows)} comments, {sent} posts in {seconds:.1f} s: {sent / seconds:.0f} posts/s")
    if cpu is not None and (after := service.cpu_seconds()) is not None:
        print(f"CPU of all the server's processes: {1e6 * (after - cpu) / sent:,.0f} us a post")


def _form_tokens(service: Service, rows: Sequence[Row]) -> dict[str, str]:
    """A form token for each page that a browser will post to, old enough to be used."""
    found, wait = {}, 0
    for url in dict.fromkeys(row.url for row in rows):
        said = service.get("form token", "/api/v1/form-token", site=SITE, url=url)
        found[url], wait = said["token"], said["min_seconds"]
    time.sleep(wait)
    return found


def queue(service: Service, token: str, status: str) -> Iterator[dict[str, Any]]:
    """Every comment of a tab, page by page."""
    cursor: dict[str, str] = {}
    while True:
        path = "/api/v1/moderation/queue"
        query = {"site": SITE, "status": status, "limit": "100", **cursor}
        page = service.get("queue page", path, token, **query)
        yield from page["items"]
        if page["next"] is None:
            return
        cursor = {"cursor": page["next"]}


def print_decisions(items: Sequence[dict[str, Any]], labels: dict[str, tuple[str, int]]) -> None:
    """What was decided, by set and label, and why: a comment counts under each of its reasons."""
    by_set: dict[tuple[str, int], Counter[str]] = defaultdict(Counter)
    reasons: dict[str, Counter[str]] = defaultdict(Counter)
    for item in items:
        by_set[labels.get(item["body"], ("?", 0))][item["status"]] += 1
        for reason in {v["reason"] for v in item["verdicts"]} or {"(nothing was found)"}:
            reasons[reason][item["status"]] += 1
    statuses = ("approved", "pending", "rejected", "spam")
    print(f"\n{'set':22}{'label':>6}" + "".join(f"{s:>10}" for s in statuses))
    for (name, label), counts in sorted(by_set.items()):
        print(f"{name:22}{label:6}" + "".join(f"{counts[s]:10}" for s in statuses))
    print(f"\n{'reason':28}" + "".join(f"{s:>10}" for s in statuses))
    for reason, counts in sorted(reasons.items(), key=lambda pair: -pair[1].total()):
        print(f"{reason:28}" + "".join(f"{counts[s]:10}" for s in statuses))


def approve_half(service: Service, token: str) -> int:
    """Approve every other comment that waits; returns how many."""
    waiting = list(queue(service, token, "pending"))[::2]
    for start in range(0, len(waiting), BATCH):
        batch = waiting[start : start + BATCH]
        wishes = [
            {"comment_id": item["id"], "version": item["version"], "action": "approve"}
            for item in batch
        ]
        status, said = service.ask(
            f"decisions, {BATCH} at once",
            "POST",
            "/api/v1/moderation/decisions",
            {"decisions": wishes},
            {"Authorization": f"Bearer {token}"},
        )
        if status != 200 or any(r.get("status") != "approved" for r in said["results"]):
            raise Failed(f"Decisions were answered {status}: {said}")
    return len(waiting)


def compare_counts(service: Service, urls: Sequence[str]) -> int:
    """Three ways to count each page must agree; returns the sum."""
    total = 0
    for url in urls:
        listed = {sort: _listed(service, url, sort) for sort in ("newest", "oldest")}
        said = service.get("one count", "/api/v1/counts", site=SITE, url=url)["counts"][0]["count"]
        if set(listed.values()) != {(said, said)}:
            raise Failed(f"{url}: /counts says {said}, and (thread's count, listed) is {listed}")
        total += said
    return total


def _listed(service: Service, url: str, sort: str) -> tuple[int, int]:
    """A thread's own count, and how many comments paging through it lists."""
    cursor: dict[str, str] = {}
    ids: list[str] = []
    while True:
        query = {"site": SITE, "url": url, "sort": sort, "limit": "20", **cursor}
        page = service.get("thread page", "/api/v1/comments", **query)
        ids += [c["id"] for c in page["comments"] if not c["removed"]]
        if page["next"] is None:
            break
        cursor = {"cursor": page["next"]}
    if len(ids) != len(set(ids)):
        raise Failed(f"{url} lists a comment twice, {sort} first")
    return page["thread"]["count"], len(ids)


def print_timings(service: Service) -> None:
    print(f"\n{'request':24}{'sent':>7}{'p50 ms':>9}{'p99 ms':>9}   answered")
    for kind, timings in sorted(service.timings.items()):
        statuses = ", ".join(f"{s}: {n}" for s, n in sorted(timings.statuses.items()))
        p50, p99 = timings.quantile_ms(0.5), timings.quantile_ms(0.99)
        print(f"{kind:24}{len(timings.seconds):7}{p50:9.1f}{p99:9.1f}   {statuses}")


def print_flags(instance: Instance, rows: Sequence[Row]) -> None:
    """The same texts through `comments-service check`: what it would flag of each set."""
    lines = [json.dumps({"id": r.id, "text": r.text, "author_name": r.author}) for r in rows]
    began = time.perf_counter()
    said = instance.command("check", typed="\n".join(lines).encode()).splitlines()
    seconds = time.perf_counter() - began
    answers = {answer["id"]: answer for answer in map(json.loads, said)}
    if list(answers) != [row.id for row in rows]:
        raise Failed("`check` did not answer every line in order")
    print(f"\n`comments-service check`: {len(rows)} texts in {seconds:.1f} s with its start")
    print(f"{'set':22}{'label':>6}{'texts':>8}{'flagged':>9}")
    groups: dict[tuple[str, int], list[bool]] = defaultdict(list)
    for row in rows:
        groups[row.set, row.label].append(answers[row.id]["flag"])
    for (name, label), flags in sorted(groups.items()):
        print(f"{name:22}{label:6}{len(flags):8}{sum(flags) / len(flags):9.1%}")


def measure(instance: Instance, rows: Sequence[Row], options: argparse.Namespace) -> None:
    site = ("site", "create", SITE, "--name", "Benchmark", "--origin", ORIGIN)
    instance.command(*site, "--mode", options.mode)
    token = ("token", "create", "--site", SITE, "--name")
    writer = instance.command(*token, "writer", "--scope", "comments:write").strip()
    moderator = instance.command(*token, "moderator", "--scope", "moderate").strip()
    with running(instance, options.workers) as service:
        post_all(service, writer, rows, options)
        labels = {row.text.strip(): (row.set, row.label) for row in rows}
        print_decisions(list(queue(service, moderator, "all")), labels)
        approved = approve_half(service, moderator)
        urls = list(dict.fromkeys(row.url for row in rows))
        total = compare_counts(service, urls)
        print(f"\n{approved} of those that waited were approved, which is every other one.")
        print(f"{len(urls)} threads: every count equals what its thread lists; {total} in all.")
        print_timings(service)
    print("\n`comments-service verify`: " + instance.command("verify").strip())
    print_flags(instance, rows)


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", maxsplit=1)[0])
    parser.add_argument("--mode", choices=("pre", "first", "post"), default="first")
    parser.add_argument("--database-url", help="an empty database; default: SQLite in a new folder")
    parser.add_argument("--browsers", type=float, default=0.2, help="share posted as browsers do")
    parser.add_argument("--clients", type=int, default=8, help="connections at once")
    parser.add_argument("--workers", type=int, default=2, help="of the service")
    parser.add_argument("--limit", type=int, help="comments of each set")
    parser.add_argument("--data", type=Path, default=DATA, help="the folder of the sets")
    options = parser.parse_args(arguments)
    if missing := [n for n in FILES if not (options.data / f"{n}.jsonl").exists()]:
        print(f"Skipped: {options.data} has no {missing[0]}.jsonl.")
        return 0
    rows = read_rows(options.data, options.limit)
    kind = (options.database_url or "sqlite").partition(":")[0]
    day = datetime.now(UTC).date()
    print(
        f"{day}: mode {options.mode}, {kind}, {options.workers} workers, {options.clients} clients"
    )
    # As behind a proxy of the publisher's: each browser has an address of its own.
    with new_instance(options.database_url, COMMENTS_TRUSTED_PROXIES="127.0.0.1/32") as instance:
        try:
            measure(instance, rows, options)
        except Failed as problem:
            print(f"FAILED: {problem}")
            return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
