"""The second factor: an authenticator app, and the recovery codes that stand in for it."""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
import time

from django.conf import settings
from django.db import transaction
from django.db.models.functions import Now
from django_otp.oath import TOTP
from django_otp.plugins.otp_totp.models import TOTPDevice

from accounts.models import RecoveryCode, User, UserSession
from accounts.services.people import end_sign_ins
from core import audit, mail
from core.errors import InvalidFieldError, WrongStateError
from core.rest.request_info import info

APP_CODE = re.compile(r"[0-9]{6}")
RECOVERY_CODES = 10
# No letter or digit that is mistaken for another; ten of them are 48 bits.
ALPHABET = "abcdefghjkmnpqrstuvwxyz23456789"
# Codes of the step before and after are taken too: phones' clocks differ.
TOLERANCE = 1


def has_second_factor(user: User) -> bool:
    return bool(TOTPDevice.objects.filter(user=user, confirmed=True).exists())


def methods(user: User) -> list[str]:
    """What the person may prove themselves with, besides the password."""
    if not has_second_factor(user):
        return []
    return ["totp", "recovery_code"] if codes_left(user) else ["totp"]


def codes_left(user: User) -> int:
    return RecoveryCode.objects.filter(user=user, used_at=None).count()


@transaction.atomic
def verify(user: User, code: str) -> str | None:
    """Which method this code proves; None when it proves nothing. Either kind of code is used up by it."""
    typed = "".join(code.split()).lower()
    # The lock lets the same code, sent twice at once, count once.
    device = TOTPDevice.objects.select_for_update().filter(user=user, confirmed=True).order_by("pk").first()
    if device is None:
        return None
    if APP_CODE.fullmatch(typed):
        return "totp" if _spend_step(device, typed) else None
    return "recovery_code" if _spend_recovery_code(user, typed) else None


@transaction.atomic
def begin_setup(user: User) -> TOTPDevice:
    """The device that waits for its first code; the same one each time until then."""
    _lock(user)
    if has_second_factor(user):
        raise WrongStateError("A second factor is set up already.")
    waiting = TOTPDevice.objects.filter(user=user, confirmed=False).order_by("pk").first()
    return waiting or TOTPDevice.objects.create(user=user, name="Authenticator app", confirmed=False)


@transaction.atomic
def confirm_setup(user: User, code: str, *, keep: UserSession | None = None) -> list[str]:
    """Turns the waiting device on, given a code of it, ends all sign-ins but `keep`, and returns the recovery codes."""
    device = begin_setup(user)
    typed = "".join(code.split())
    if not (APP_CODE.fullmatch(typed) and _spend_step(device, typed)):
        raise InvalidFieldError(
            "That code is not right. Codes change every 30 seconds; type the newest.", field="token"
        )
    device.confirmed = True
    device.save(update_fields=["confirmed"])
    codes = _write_codes(user)
    audit.record("accounts.second_factor.set_up", user, actor=user)
    _tell(user, "A second factor was added to your account.")
    end_sign_ins(user, because="second factor set up", actor=user, keep=keep)
    return codes


@transaction.atomic
def remove(user: User, actor: User, *, keep: UserSession | None = None) -> None:
    """Takes the second factor and its recovery codes away and ends all sign-ins but `keep`."""
    _lock(user)
    removed, _ = TOTPDevice.objects.filter(user=user).delete()
    if not removed:
        raise WrongStateError("There is no second factor to remove.")
    RecoveryCode.objects.filter(user=user).delete()
    audit.record("accounts.second_factor.remove", user, actor=actor)
    _tell(user, "The second factor of your account was removed.")
    end_sign_ins(user, because="second factor removed", actor=actor, keep=keep)


@transaction.atomic
def new_recovery_codes(user: User) -> list[str]:
    """Ten fresh codes; the old ones are worth nothing from then on."""
    _lock(user)
    if not has_second_factor(user):
        raise WrongStateError("Recovery codes come with a second factor. Set one up first.")
    codes = _write_codes(user)
    audit.record("accounts.recovery_codes.renew", user, actor=user)
    _tell(user, "New recovery codes were made for your account. The old ones do not work any more.")
    return codes


def _lock(user: User) -> None:
    User.objects.select_for_update().get(pk=user.pk)


def _spend_step(device: TOTPDevice, typed: str) -> bool:
    """A step counts once: RFC 6238 wants the second use of a code refused. The device is locked by the caller."""
    totp = TOTP(device.bin_key, device.step, device.t0, device.digits)
    totp.time = time.time()
    if not totp.verify(int(typed), TOLERANCE, device.last_t + 1):
        return False
    device.last_t = totp.t()
    device.save(update_fields=["last_t"])
    return True


def _spend_recovery_code(user: User, typed: str) -> bool:
    keys = [settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS]
    hashes = [_hash(user, typed, key=key) for key in keys]
    unused = RecoveryCode.objects.filter(user=user, code_hash__in=hashes, used_at=None)
    if not unused.update(used_at=Now()):
        return False
    left = codes_left(user)
    audit.record("accounts.recovery_code.use", user, actor=user, left=left)
    _tell(user, f"A recovery code of your account was used to sign in. {left} of them are left.")
    return True


def _write_codes(user: User) -> list[str]:
    codes = ["".join(secrets.choice(ALPHABET) for _ in range(10)) for _ in range(RECOVERY_CODES)]
    RecoveryCode.objects.filter(user=user).delete()
    RecoveryCode.objects.bulk_create(
        RecoveryCode(user=user, code_hash=_hash(user, code, key=settings.SECRET_KEY)) for code in codes
    )
    return [f"{code[:5]}-{code[5:]}" for code in codes]


def _hash(user: User, code: str, *, key: str) -> str:
    """Keyed, because 48 bits could be tried through by somebody who holds the table alone."""
    message = f"recovery code {user.pk} {code.replace('-', '')}"
    return hmac.new(key.encode(), message.encode(), hashlib.sha256).hexdigest()


def _tell(user: User, what: str) -> None:
    mail.post(
        to=user.email,
        template="second_factor_changed",
        name=user.get_full_name(),
        what=what,
        address=info().address or "",
    )
