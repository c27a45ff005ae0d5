"""Sites: making them, showing them, and changing how they are moderated."""

import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from msgspec import Struct
from sqlalchemy import Connection

from comments_service import checks
from comments_service.domain.errors import FieldError, InvalidFields, InvalidUrl, NotFound, Raced
from comments_service.domain.ids import new_id
from comments_service.domain.policy import CheckPolicy, Policy, PolicyMode
from comments_service.domain.urls import host_port, normalise_origin
from comments_service.domain.verdict import Mode
from comments_service.services.addresses import make_first_key
from comments_service.storage import read, write
from comments_service.storage.queries.every_site import list_sites
from comments_service.storage.queries.sites import (
    SiteRow,
    add_site,
    change_site,
    delete_site,
    encode_policy,
    find_site,
    origin_is_known,
)
from comments_service.storage.standing import Actor, Entry, write_entry

SLUG: Final = re.compile(r"[a-z0-9][a-z0-9-]{0,62}")
MAX_SITE_NAME: Final = 100
MAX_ORIGINS: Final = 50
MAX_FORGET_DAYS: Final = 3_650
LEAST_FLOOD: Final = 3
MOST_FLOOD: Final = 10_000
SYSTEM: Final = Actor("system", "command line")


class SiteChange(Struct, frozen=True):
    """A site's settings as wanted; what is None stays."""

    name: str | None = None
    origins: Sequence[str] | None = None
    mode: PolicyMode | None = None
    check_modes: Mapping[str, Mode] | None = None
    check_settings: Mapping[str, Mapping[str, Any]] | None = None
    """What differs from now on; a value of None goes back to the check's default."""
    asks_to_reword: bool | None = None
    flood_addresses: int | None = None
    """0 for no flood breaker."""
    forget_days: int | None = None
    """0 keeps the text of what is not public."""


def create_site(slug: str, change: SiteChange, now: datetime, actor: Actor = SYSTEM) -> SiteRow:
    """A new site.

    Raises:
        InvalidFields: naming every field at fault; a slug that is taken is one.
    """
    errors: list[FieldError] = []
    if not SLUG.fullmatch(slug):
        message = "A slug has 1 to 63 lower-case letters, digits and hyphens."
        errors.append(FieldError("slug", message))
    name, origins, policy = _merged(change, "", (), Policy(), errors)
    if errors:
        raise InvalidFields(errors)
    site_id = new_id(now)
    values = {
        "id": site_id,
        "slug": slug,
        "name": name,
        "policy": encode_policy(policy),
        "version": 1,
        "created_at": now,
    }

    def work(conn: Connection) -> None:
        make_first_key(conn, now)
        add_site(conn, values, {o: host_port(o) for o in origins})
        log_site(
            conn, site_id, Entry(actor, "site_created", now, detail={"origins": list(origins)})
        )

    try:
        write(work)
    except Raced:
        raise InvalidFields.one("slug", f"There is a site {slug} already.") from None
    return show_site(slug)


def show_site(slug: str) -> SiteRow:
    """The site of that slug.

    Raises:
        NotFound
    """
    with read() as conn:
        site = find_site(conn, slug)
    if site is None:
        raise NotFound(f"site: {slug}")
    return site


def all_sites() -> list[SiteRow]:
    """Every site, in the order they were made."""
    with read() as conn:
        return list_sites(conn)


def knows_origin(origin: str) -> bool:
    """Whether any site has this origin: what a preflight request can be told."""
    with read() as conn:
        return origin_is_known(conn, origin)


def change_site_settings(site: SiteRow, change: SiteChange, actor: Actor, now: datetime) -> SiteRow:
    """Change a site's settings, as seen in `site`.

    Raises:
        InvalidFields: naming every field at fault.
        Raced: somebody changed them since `site` was read; nothing was changed.
    """
    errors: list[FieldError] = []
    name, origins, policy = _merged(change, site.name, site.origins, site.policy, errors)
    if errors:
        raise InvalidFields(errors)
    detail = _difference(site, name, origins, policy)
    if not detail:
        return site

    def work(conn: Connection) -> None:
        values = {"name": name, "policy": encode_policy(policy)}
        if not change_site(conn, site.id, site.version, values, {o: host_port(o) for o in origins}):
            raise Raced
        log_site(conn, site.id, Entry(actor, "site_settings", now, detail=detail))

    write(work)
    return show_site(site.slug)


def is_dangerous(site: SiteRow, change: SiteChange) -> bool:
    """Whether a change opens the site to other pages, or erases texts sooner than before.

    Neither can be undone by changing it back: what was let in, or erased, meanwhile stays so.

    Raises:
        InvalidFields: as `change_site_settings`.
    """
    errors: list[FieldError] = []
    _, origins, policy = _merged(change, site.name, site.origins, site.policy, errors)
    if errors:
        raise InvalidFields(errors)
    before, after = site.policy.forget_days, policy.forget_days
    return set(origins) != set(site.origins) or 0 < after < (before or after + 1)


def policy_after(site: SiteRow, change: SiteChange) -> Policy:
    """The policy that a change would leave; nothing is changed.

    Raises:
        InvalidFields: naming every field at fault.
    """
    errors: list[FieldError] = []
    _, _, policy = _merged(change, site.name, site.origins, site.policy, errors)
    if errors:
        raise InvalidFields(errors)
    return policy


def remove_site(slug: str) -> None:
    """Delete a site with all its threads, comments and log.

    Raises:
        NotFound
    """
    site = show_site(slug)
    write(lambda conn: delete_site(conn, site.id))


def log_site(conn: Connection, site_id: int, entry: Entry) -> None:
    """An entry about a site itself, no page and no comment of it."""
    write_entry(
        conn,
        entry,
        site_id=site_id,
        thread_id=None,
        comment_id=None,
        old_status=None,
        new_status=None,
        version=None,
    )


def _merged(
    change: SiteChange,
    name: str,
    origins: Sequence[str],
    policy: Policy,
    errors: list[FieldError],
) -> tuple[str, tuple[str, ...], Policy]:
    name = " ".join((change.name if change.name is not None else name).split())
    if not 0 < len(name) <= MAX_SITE_NAME:
        errors.append(FieldError("name", f"A name has 1 to {MAX_SITE_NAME} characters."))
    elif not name.isprintable():
        errors.append(FieldError("name", "A name cannot hold control or invisible characters."))
    wanted = change.origins if change.origins is not None else origins
    return name, _read_origins(wanted, errors), _read_policy(change, policy, errors)


def _read_origins(wanted: Sequence[str], errors: list[FieldError]) -> tuple[str, ...]:
    found: list[str] = []
    for text in wanted:
        try:
            found.append(normalise_origin(text))
        except InvalidUrl as problem:
            errors.append(FieldError("origins", f"{text!r}: {problem}"))
    if not found and not wanted:
        errors.append(FieldError("origins", "A site needs at least one origin."))
    if len(found) > MAX_ORIGINS:
        errors.append(FieldError("origins", f"A site has at most {MAX_ORIGINS} origins."))
    return tuple(sorted(dict.fromkeys(found)))


def _read_policy(change: SiteChange, policy: Policy, errors: list[FieldError]) -> Policy:
    known = checks.discover()
    used = dict(policy.checks)
    for name, mode in (change.check_modes or {}).items():
        if name not in known:
            errors.append(FieldError("checks", f"There is no check {name!r}."))
            continue
        used[name] = CheckPolicy(mode, used.get(name, CheckPolicy()).settings)
    settings = {n: dict(s) for n, s in (change.check_settings or {}).items()}
    for name, values in settings.items():
        if name not in known:
            errors.append(FieldError("checks", f"There is no check {name!r}."))
            continue
        before = used.get(name, CheckPolicy())
        merged = {n: v for n, v in {**before.settings, **values}.items() if v is not None}
        try:
            checks.validate_settings(name, merged)
        except InvalidFields as problem:
            errors += [FieldError(f"{name}.{e.field}", e.message) for e in problem.errors]
            continue
        used[name] = CheckPolicy(before.mode, merged)
    asks = policy.asks_to_reword if change.asks_to_reword is None else change.asks_to_reword
    days = policy.forget_days if change.forget_days is None else change.forget_days
    if not 0 <= days <= MAX_FORGET_DAYS:
        message = f"A number of days from 1 to {MAX_FORGET_DAYS:,}, or 0 to keep it."
        errors.append(FieldError("forget_days", message))
    most = policy.flood_addresses if change.flood_addresses is None else change.flood_addresses
    if most != 0 and not LEAST_FLOOD <= most <= MOST_FLOOD:
        message = f"A number from {LEAST_FLOOD} to {MOST_FLOOD:,}, or 0 for never."
        errors.append(FieldError("flood_addresses", message))
    return Policy(change.mode or policy.mode, used, asks, most, days)


def _plain_settings(name: str, origins: Sequence[str], policy: Policy) -> dict[str, Any]:
    return {
        "name": name,
        "origins": list(origins),
        "mode": policy.mode.value,
        "asks_to_reword": policy.asks_to_reword,
        "flood_addresses": policy.flood_addresses,
        "forget_days": policy.forget_days,
    }


def _difference(site: SiteRow, name: str, origins: Sequence[str], policy: Policy) -> dict[str, Any]:
    """What a change was and became, for the log; empty when nothing changes."""
    before = _plain_settings(site.name, site.origins, site.policy)
    after = _plain_settings(name, origins, policy)
    for check in sorted(set(site.policy.checks) | set(policy.checks)):
        for said, which in ((before, site.policy), (after, policy)):
            used = which.of(check)
            said[check] = {"mode": used.mode.value, **used.settings}
    return {k: [before[k], after[k]] for k in after if before[k] != after[k]}
