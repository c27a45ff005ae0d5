"""Second factors: one-time codes, passkeys, recovery codes, and which sites ask for them."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

from msgspec import Struct
from sqlalchemy import Connection, delete, exists, func, insert, or_, select, update

from comments_service.storage.models import Moderator, ModeratorSite, Passkey, RecoveryCode, Site

OWNERS: Final = "owners"
EVERYONE: Final = "everyone"

HAS_FACTOR: Final = or_(
    Moderator.totp_secret.is_not(None),
    exists().where(Passkey.moderator_id == Moderator.id).correlate(Moderator),
)
"""Of a statement about moderators: whether this one has a second factor."""
RULE_APPLIES: Final = (
    exists()
    .where(
        or_(
            Site.second_factor == EVERYONE,
            (Site.second_factor == OWNERS) & (Moderator.role == "owner"),
        ),
        or_(
            Moderator.all_sites,
            Site.id.in_(
                select(ModeratorSite.site_id)
                .where(ModeratorSite.moderator_id == Moderator.id)
                .correlate(Moderator)
            ),
        ),
    )
    .correlate(Moderator)
)
"""Of a statement about moderators: whether a site of theirs asks this one for a second factor."""


class PasskeyRow(Struct, frozen=True):
    """The public half of a device's key."""

    id: int
    moderator_id: int
    credential_id: str
    public_key: str
    sign_count: int
    name: str
    created_at: datetime
    used_at: datetime | None


class TotpRow(Struct, frozen=True):
    """A moderator's one-time codes: the encrypted secret and the last time step that was used."""

    secret: str | None
    step: int | None


_PASSKEY: Final = (
    Passkey.id,
    Passkey.moderator_id,
    Passkey.credential_id,
    Passkey.public_key,
    Passkey.sign_count,
    Passkey.name,
    Passkey.created_at,
    Passkey.used_at,
)


def has_factor(conn: Connection, moderator_id: int) -> bool:
    """Whether a moderator has a second factor."""
    return bool(conn.scalar(select(HAS_FACTOR).where(Moderator.id == moderator_id)))


def rule_applies(conn: Connection, moderator_id: int) -> bool:
    """Whether a site of theirs asks a moderator for a second factor."""
    return bool(conn.scalar(select(RULE_APPLIES).where(Moderator.id == moderator_id)))


def find_totp(conn: Connection, moderator_id: int) -> TotpRow:
    """A moderator's one-time codes; without a secret where there are none."""
    wanted = select(Moderator.totp_secret, Moderator.totp_step).where(Moderator.id == moderator_id)
    row = conn.execute(wanted).one_or_none()
    return TotpRow(*row) if row else TotpRow(None, None)


def use_step(conn: Connection, moderator_id: int, step: int) -> bool:
    """Take a code's time step, once; False where it, or a later one, was used before."""
    unused = or_(Moderator.totp_step.is_(None), Moderator.totp_step < step)
    done = update(Moderator).where(Moderator.id == moderator_id, unused).values(totp_step=step)
    return conn.execute(done).rowcount == 1


def list_passkeys(conn: Connection, moderator_id: int) -> Sequence[PasskeyRow]:
    """A moderator's passkeys, the oldest first."""
    wanted = select(*_PASSKEY).where(Passkey.moderator_id == moderator_id).order_by(Passkey.id)
    return [PasskeyRow(*row) for row in conn.execute(wanted)]


def find_passkey(conn: Connection, credential_id: str) -> PasskeyRow | None:
    """The passkey that a device names so."""
    wanted = select(*_PASSKEY).where(Passkey.credential_id == credential_id)
    row = conn.execute(wanted).one_or_none()
    return None if row is None else PasskeyRow(*row)


def add_passkey(conn: Connection, values: dict[str, Any]) -> None:
    """A new passkey; its credential must be new too (else `Raced`)."""
    conn.execute(insert(Passkey).values(**values))


def use_passkey(conn: Connection, passkey: PasskeyRow, sign_count: int, now: datetime) -> bool:
    """Note a use; False where another use of the same count came first."""
    done = (
        update(Passkey)
        .where(Passkey.id == passkey.id, Passkey.sign_count == passkey.sign_count)
        .values(sign_count=sign_count, used_at=now)
    )
    return conn.execute(done).rowcount == 1


def delete_passkey(conn: Connection, moderator_id: int, passkey_id: int) -> bool:
    """Take a passkey away; False where the moderator has none of that id."""
    done = delete(Passkey).where(Passkey.id == passkey_id, Passkey.moderator_id == moderator_id)
    return conn.execute(done).rowcount == 1


def delete_factors(conn: Connection, moderator_id: int) -> None:
    """Everything that a moderator proves with, but the password."""
    conn.execute(delete(Passkey).where(Passkey.moderator_id == moderator_id))
    conn.execute(delete(RecoveryCode).where(RecoveryCode.moderator_id == moderator_id))
    conn.execute(
        update(Moderator)
        .where(Moderator.id == moderator_id)
        .values(totp_secret=None, totp_step=None)
    )


def renew_recovery_codes(conn: Connection, moderator_id: int, hashes: Sequence[str]) -> None:
    """These codes, and none that were there before."""
    conn.execute(delete(RecoveryCode).where(RecoveryCode.moderator_id == moderator_id))
    rows = [{"moderator_id": moderator_id, "code_hash": h} for h in hashes]
    if rows:
        conn.execute(insert(RecoveryCode), rows)


def use_recovery_code(conn: Connection, moderator_id: int, code_hash: str) -> bool:
    """Spend a code; False where the moderator has no such code, or not any more."""
    done = delete(RecoveryCode).where(
        RecoveryCode.moderator_id == moderator_id, RecoveryCode.code_hash == code_hash
    )
    return conn.execute(done).rowcount == 1


def count_recovery_codes(conn: Connection, moderator_id: int) -> int:
    """How many codes are left."""
    wanted = select(func.count()).where(RecoveryCode.moderator_id == moderator_id)
    return conn.scalar(wanted) or 0


def second_factor_rule(conn: Connection, site_id: int) -> str:
    """Whom a site asks for a second factor."""
    return conn.scalar(select(Site.second_factor).where(Site.id == site_id)) or "optional"


def set_second_factor_rule(conn: Connection, site_id: int, rule: str) -> None:
    """Whom a site asks for a second factor from now on."""
    conn.execute(update(Site).where(Site.id == site_id).values(second_factor=rule))
