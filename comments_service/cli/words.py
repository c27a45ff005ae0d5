"""A site's own words from the command line, one by one or as a file."""

import re
import sys
from collections.abc import Mapping, Sequence
from typing import BinaryIO, Final

import click

from comments_service.cli.common import application, now
from comments_service.domain.errors import FieldError, InvalidFields
from comments_service.domain.verdict import Category
from comments_service.domain.words import CATEGORIES, LEVELS, SiteWord, level_of
from comments_service.services import sites
from comments_service.services import words as service
from comments_service.services.sites import SYSTEM
from comments_service.services.views import SiteRow, WordRow
from comments_service.text.terms import BadTerm, key_of, tidy_term

_SITE: Final = click.option("--site", "slug", required=True, help="Whose list it is.")
_CATEGORY: Final = click.option(
    "--category",
    type=click.Choice([c.value for c in CATEGORIES]),
    default=Category.PROFANITY.value,
    show_default=True,
    help="What kind of trouble it is.",
)
COMMENT: Final = "# "
"""How a line begins that is no entry."""
MAX_FILE: Final = 4_000_000
"""Bytes of an import: 5,000 entries with their notes are far less."""


_COMMAS: Final = re.compile(rf"[,;]\s*\"?({'|'.join(LEVELS)}|severity|[01]?\.\d+)\"?\s*(?:[,;]|$)")
"""A table of another program: its lines would be listed whole, and be found nowhere."""


class Severity(click.ParamType[float]):
    """A level's name, or a number from 0 to 1."""

    name = "severity"

    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> float:
        """The number."""
        try:
            return severity_of(str(value))
        except ValueError as problem:
            self.fail(str(problem), param, ctx)


def severity_of(written: str) -> float:
    """The number that a severity in a file or on the command line stands for.

    Raises:
        ValueError: it is neither a level nor a number from 0 to 1.
    """
    if written in LEVELS:
        return LEVELS[written]
    try:
        number = float(written)
    except ValueError:
        number = -1.0
    if not 0 <= number <= 1:
        raise ValueError(f"{written[:20]!r}: write {', '.join(LEVELS)} or a number from 0 to 1.")
    return number


_SEVERITY: Final = click.option(
    "--severity",
    type=Severity(),
    default="refuse",
    show_default=True,
    help=f"{', '.join(LEVELS)}, or a number from 0 to 1.",
)


_FORCE: Final = click.option(
    "--force", is_flag=True, help="List also what nearly every comment of a language holds."
)


@click.group()
def words() -> None:
    """Show and change the words that a site blocks, holds or calls harmless."""


@words.command("list")
@_SITE
@click.option("--search", default="", help="Only what holds this, in the term or the note.")
def list_words(slug: str, search: str) -> None:
    """List the entries, a line each: term, severity, kind, note."""
    with application():
        site, after = sites.show_site(slug), ""
        while True:
            view = service.read_page(site, search, after)
            for row in view.rows:
                click.echo(line_of(row.word))
            if view.next is None:
                return
            after = view.next


@words.command("add")
@click.argument("terms", nargs=-1, required=True)
@_SITE
@_SEVERITY
@_CATEGORY
@click.option("--note", default="", help="Why it is listed.")
@_FORCE
def add(
    terms: tuple[str, ...], slug: str, severity: float, category: str, note: str, *, force: bool
) -> None:
    """List words or phrases, or change those that are listed.

    A star at an end makes a part of a word: 'casino*' begins one, '*coin' ends one, '*bet*' stands
    anywhere in one. Severity `harmless` excuses a word, also of those that every site starts with.
    """
    wanted = [SiteWord(term, severity, Category(category), note) for term in terms]
    with application():
        site = sites.show_site(slug)
        changed = _put(site, wanted, even_so=force)
    for word in wanted:
        before = changed.get(key_of(tidy_term(word.term)))
        was = f" (was {_severity_in_words(before.word.severity)})" if before else ""
        click.echo(f"{tidy_term(word.term)}: {_severity_in_words(severity)}{was}")


def _put(
    site: SiteRow, wanted: Sequence[SiteWord], *, instead: bool = False, even_so: bool
) -> Mapping[str, WordRow]:
    try:
        changed = service.put(site, wanted, SYSTEM, now(), instead=instead, even_so=even_so)
    except service.Everyday as problem:
        hint = FieldError("words", "Nothing was listed. If that is meant, say --force.")
        raise InvalidFields([*problem.errors, hint]) from None
    for said in service.common_elsewhere(map(service.tidy_word, wanted)):
        click.echo(f"Note: {said}", err=True)
    return changed


@words.command("remove")
@click.argument("terms", nargs=-1, required=True)
@_SITE
def remove(terms: tuple[str, ...], slug: str) -> None:
    """Take entries off the list."""
    with application():
        site = sites.show_site(slug)
        gone = service.remove(site, {k for t in terms for k in _keys(t)}, SYSTEM, now())
    for word in gone:
        click.echo(f"{word.term} is gone.")
    if len(gone) < len(terms):
        click.echo("Not every one of them was on the list.", err=True)
        sys.exit(1)


def _keys(term: str) -> set[str]:
    """What the term may be known by; lists moved from older releases kept their spelling."""
    try:
        return {key_of(tidy_term(term)), term.strip().lower()}
    except BadTerm:
        return {term.strip().lower()}


@words.command("import")
@click.argument("file", type=click.File("rb"))
@_SITE
@_SEVERITY
@_CATEGORY
@click.option("--replace", is_flag=True, help="Take away what the file does not name.")
@_FORCE
def import_words(
    file: BinaryIO, slug: str, severity: float, category: str, *, replace: bool, force: bool
) -> None:
    """List what a file names, all of it or nothing; `-` reads standard input.

    One entry a line: the term alone, as in better-profanity's lists, or term, severity, kind and
    note with tabs between, as `export` writes them. Lines that begin with '# ' are comments.
    """
    wanted = read_lines(file, SiteWord("", severity, Category(category)))
    with application():
        site = sites.show_site(slug)
        changed = _put(site, wanted, instead=replace, even_so=force)
    click.echo(f"{len(wanted)} entries are listed; {len(changed)} changed or went.")


@words.command("export")
@_SITE
@click.option("--terms", is_flag=True, help="Only what is refused or held, as bare words.")
def export(slug: str, *, terms: bool) -> None:
    """Write the list to standard output, as `import` reads it."""
    with application():
        for word in service.read_all(sites.show_site(slug)):
            if not terms:
                click.echo(line_of(word))
            elif word.severity >= LEVELS["hold"]:
                click.echo(_beginning(word.term))


def line_of(word: SiteWord) -> str:
    """An entry as a line of a file."""
    severity = _severity_in_words(word.severity)
    return f"{_beginning(word.term)}\t{severity}\t{word.category.value}\t{word.note}".rstrip("\t")


def _beginning(term: str) -> str:
    """A term at the beginning of a line, where it must not be taken for a comment."""
    return f" {term}" if term.startswith(COMMENT) else term


def _severity_in_words(severity: float) -> str:
    """A level's name where it is just that, else the number: 0.5 is no "mild"."""
    level = level_of(severity)
    return level if LEVELS[level] == severity else f"{severity:g}"


def read_lines(file: BinaryIO, otherwise: SiteWord) -> list[SiteWord]:
    """The entries of a file; what a line leaves out is as in `otherwise`.

    Raises:
        InvalidFields: naming the lines at fault, the first twenty of them.
    """
    raw = file.read(MAX_FILE + 1)
    if len(raw) > MAX_FILE:
        raise InvalidFields.one("file", f"It has more than {MAX_FILE:,} bytes.")
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as problem:
        where = raw[: problem.start].count(b"\n") + 1
        raise InvalidFields.one(f"line {where}", "It is not written in UTF-8.") from None
    found: list[SiteWord] = []
    faults: list[FieldError] = []
    for number, line in enumerate(text.split("\n"), start=1):
        if line.strip() and not line.startswith(COMMENT):
            try:
                found.append(service.tidy_word(_read_line(line.rstrip("\r"), otherwise)))
            except InvalidFields as problem:
                faults += [FieldError(f"line {number}", e.message) for e in problem.errors]
            except ValueError as problem:
                faults.append(FieldError(f"line {number}", str(problem)))
    if faults:
        more = len(faults) - service.MAX_FAULTS
        rest = [FieldError("file", f"And {more} more.")] if more > 0 else []
        raise InvalidFields([*faults[: service.MAX_FAULTS], *rest])
    return found


def _read_line(line: str, otherwise: SiteWord) -> SiteWord:
    if "\t" not in line and _COMMAS.search(line):
        raise ValueError("Commas stand between the columns; it takes tabs, or the term alone.")
    term, severity, category, note, *_ = [*line.split("\t"), "", "", ""]
    if category and category not in [c.value for c in CATEGORIES]:
        kinds = ", ".join(c.value for c in CATEGORIES)
        raise ValueError(f"{category[:20]!r} is no kind; there are {kinds}.")
    return SiteWord(
        term,
        severity_of(severity) if severity else otherwise.severity,
        Category(category) if category else otherwise.category,
        note,
    )
