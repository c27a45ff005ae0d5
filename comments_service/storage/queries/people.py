"""Moderators, their sessions, and API tokens: administration, read through the ORM.

Clarity wins over microseconds here, but for the two questions that come with every request of a
moderator or a program: whose session, and whose token, this is. These are prepared.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

from msgspec import Struct
from msgspec.structs import asdict, fields
from sqlalchemy import Connection, String, bindparam, delete, insert, select, update
from sqlalchemy.orm import Session

from comments_service.storage.models import ApiToken, Moderator, ModeratorSite, SessionRow
from comments_service.storage.prepared import Prepared
from comments_service.storage.queries.factors import HAS_FACTOR, RULE_APPLIES
from comments_service.storage.tables import api_token
from comments_service.storage.types import Moment, from_ms


class ModeratorRow(Struct, frozen=True):
    """A moderator with the sites they may moderate (`site_ids` is not read when `all_sites`)."""

    id: int
    email: str
    role: str
    all_sites: bool
    site_ids: tuple[int, ...]
    password_hash: str
    password_is_one_time: bool
    shortcuts: bool


class OpenSession(Struct, frozen=True):
    """A signed-in browser, column by column; see `models.SessionRow`."""

    token_hash: str
    created_at: datetime
    expires_at: datetime
    confirmed_at: datetime | None
    factor_due: bool
    agent: str | None


_OPEN_SESSION: Final = tuple(getattr(SessionRow, field.name) for field in fields(OpenSession))


class FoundSession(Struct, frozen=True):
    """A session, whose it is, and what is asked of them."""

    moderator: ModeratorRow
    session: OpenSession
    has_factor: bool
    rule_applies: bool
    """One of their sites asks them for a second factor."""


class TokenRow(Struct, frozen=True):
    """An API token; the secret itself is not stored."""

    id: int
    name: str
    scope: str
    site_id: int | None
    revoked: bool
    created_at: datetime


def _moderator_row(session: Session, found: Moderator) -> ModeratorRow:
    sites = select(ModeratorSite.site_id).where(ModeratorSite.moderator_id == found.id)
    return _row(found, session.scalars(sites).all())


def _row(found: Moderator, site_ids: Sequence[int]) -> ModeratorRow:
    return ModeratorRow(
        id=found.id,
        email=found.email,
        role=found.role,
        all_sites=found.all_sites,
        site_ids=() if found.all_sites else tuple(site_ids),
        password_hash=found.password_hash,
        password_is_one_time=found.password_is_one_time,
        shortcuts=found.shortcuts,
    )


def find_moderator(conn: Connection, email: str) -> ModeratorRow | None:
    """By e-mail address, which is kept in lower case."""
    with Session(conn) as session:
        found = session.scalar(select(Moderator).where(Moderator.email == email.lower()))
        return None if found is None else _moderator_row(session, found)


def list_moderators(conn: Connection) -> list[ModeratorRow]:
    """Everybody who may sign in."""
    with Session(conn) as session:
        everybody = session.scalars(select(Moderator).order_by(Moderator.email))
        return [_moderator_row(session, found) for found in everybody]


def add_moderator(conn: Connection, row: ModeratorRow, now: datetime) -> None:
    """A new moderator; the address must be new too (else `Raced`)."""
    with Session(conn) as session:
        session.add(
            Moderator(
                id=row.id,
                email=row.email.lower(),
                role=row.role,
                all_sites=row.all_sites,
                password_hash=row.password_hash,
                password_is_one_time=row.password_is_one_time,
                shortcuts=row.shortcuts,
                created_at=now,
            )
        )
        session.flush()
        session.add_all(ModeratorSite(moderator_id=row.id, site_id=s) for s in row.site_ids)
        session.flush()


def change_moderator(conn: Connection, moderator_id: int, **values: object) -> bool:
    """Set columns of a moderator; False where there is none of that id."""
    changed = conn.execute(update(Moderator).where(Moderator.id == moderator_id).values(**values))
    return changed.rowcount == 1


def lock_password(conn: Connection, moderator_id: int) -> str | None:
    """The hash of a moderator's password, which nobody else changes until the commit."""
    wanted = select(Moderator.password_hash).where(Moderator.id == moderator_id)
    return conn.scalar(wanted.with_for_update())


def delete_moderator(conn: Connection, moderator_id: int) -> None:
    """The person and their sessions; the log keeps the name."""
    conn.execute(delete(Moderator).where(Moderator.id == moderator_id))


def add_session(conn: Connection, moderator_id: int, opened: OpenSession) -> None:
    """A browser has signed in."""
    conn.execute(insert(SessionRow).values(moderator_id=moderator_id, **asdict(opened)))


def change_session(conn: Connection, token_hash: str, **values: object) -> None:
    """Set columns of one session; nothing happens where it has ended."""
    conn.execute(update(SessionRow).where(SessionRow.token_hash == token_hash).values(**values))


def list_sessions(conn: Connection, moderator_id: int, now: datetime) -> Sequence[OpenSession]:
    """A moderator's sessions that have not ended, the newest first."""
    wanted = (
        select(*_OPEN_SESSION)
        .where(SessionRow.moderator_id == moderator_id, SessionRow.expires_at > now)
        .order_by(SessionRow.created_at.desc())
    )
    return [OpenSession(*row) for row in conn.execute(wanted)]


_SESSION: Final = (
    select(Moderator, ModeratorSite.site_id, HAS_FACTOR, RULE_APPLIES, *_OPEN_SESSION)
    .join(SessionRow, SessionRow.moderator_id == Moderator.id)
    .outerjoin(ModeratorSite, ModeratorSite.moderator_id == Moderator.id)
    .where(
        SessionRow.token_hash == bindparam("token_hash", type_=String),
        SessionRow.expires_at > bindparam("now", type_=Moment),
    )
)


def find_session(conn: Connection, token_hash: str, now: datetime) -> FoundSession | None:
    """Whose session this is, unless it has ended; one statement, for every page asks."""
    with Session(conn) as session:
        rows = session.execute(_SESSION, {"token_hash": token_hash, "now": now}).all()
        if not rows:
            return None
        found, _, has_factor, rule_applies, *opened = rows[0]
        # The outer join gives None for a moderator without any site; no id is 0.
        site_ids = list(filter(None, (row[1] for row in rows)))
        return FoundSession(_row(found, site_ids), OpenSession(*opened), has_factor, rule_applies)


def end_sessions(
    conn: Connection, moderator_id: int, *, but: str | None = None, only: str | None = None
) -> int:
    """End a moderator's sessions: all, all but one, or only one (by token hash); how many."""
    statement = delete(SessionRow).where(SessionRow.moderator_id == moderator_id)
    if but is not None:
        statement = statement.where(SessionRow.token_hash != but)
    if only is not None:
        statement = statement.where(SessionRow.token_hash == only)
    return conn.execute(statement).rowcount


def forget_ended_sessions(conn: Connection, now: datetime) -> int:
    """Delete sessions past their end; returns how many."""
    return conn.execute(delete(SessionRow).where(SessionRow.expires_at <= now)).rowcount


def add_token(conn: Connection, row: TokenRow, token_hash: str) -> None:
    """A new API token."""
    with Session(conn) as session:
        session.add(
            ApiToken(
                id=row.id,
                name=row.name,
                token_hash=token_hash,
                scope=row.scope,
                site_id=row.site_id,
                revoked=row.revoked,
                created_at=row.created_at,
            )
        )
        session.flush()


def _token_row(found: Any) -> TokenRow:
    return TokenRow(
        found.id, found.name, found.scope, found.site_id, found.revoked, found.created_at
    )


_TOKEN: Final = Prepared(
    select(
        api_token.c.id,
        api_token.c.name,
        api_token.c.scope,
        api_token.c.site_id,
        api_token.c.created_at,
    ).where(
        api_token.c.token_hash == bindparam("token_hash", type_=String),
        api_token.c.revoked.is_(False),
    )
)


def find_token(conn: Connection, token_hash: str) -> TokenRow | None:
    """The token of that hash, unless it was revoked."""
    for number, name, scope, site_id, created_at in _TOKEN.rows(conn, {"token_hash": token_hash}):
        return TokenRow(number, name, scope, site_id, False, from_ms(created_at))
    return None


def list_tokens(conn: Connection) -> Sequence[TokenRow]:
    """Every token, revoked ones too, in the order they were made."""
    with Session(conn) as session:
        return [
            _token_row(found) for found in session.scalars(select(ApiToken).order_by(ApiToken.id))
        ]


def revoke_token(conn: Connection, token_id: int) -> bool:
    """End a token for good; False where there is none of that id."""
    done = update(ApiToken).where(ApiToken.id == token_id).values(revoked=True)
    return conn.execute(done).rowcount == 1
