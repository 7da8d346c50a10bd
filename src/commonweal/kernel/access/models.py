"""Accounts, roles as data, tokens and elevations."""

from __future__ import annotations

from typing import Any, ClassVar

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.db import models

from ..calendar.public import now
from ..schema.public import IdModel, of_account, shared


class UserManager(BaseUserManager["User"]):
    """Creates accounts that sign in by e-mail."""

    def create_user(self, email: str, password: str | None = None, **extra: Any) -> User:
        """A new account; without a password it can sign in only by passkey or OpenID Connect."""
        user = self.model(email=self.normalize_email(email).lower(), **extra)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def get_by_natural_key(self, username: str | None) -> User:
        """Sign-in names are e-mail addresses, compared without case."""
        return self.get(email=(username or "").lower())


@of_account("id")
class User(AbstractBaseUser, IdModel):
    """An account that can sign in. Names and roles live in `party`."""

    email = models.EmailField(unique=True)
    is_active = models.BooleanField(default=True)
    language = models.CharField(max_length=8, blank=True, default="")
    created_at = models.DateTimeField(default=now)

    USERNAME_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = []
    objects = UserManager()


@shared()
class Role(models.Model):
    """A named set of permissions, for the centre's people or for an agency's."""

    code = models.CharField(primary_key=True, max_length=40)
    name = models.CharField(max_length=80)
    side = models.CharField(max_length=8, choices=[("centre", "Centre"), ("agency", "Agency")])
    permissions = models.JSONField(default=list)

    class Meta:
        indexes = [models.Index(fields=["-side", "name", "code"], name="access_role_order")]


@of_account("user_id")
class ApiToken(IdModel):
    """A secret for programs: stored as a hash, with scopes and an end."""

    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="tokens")
    name = models.CharField(max_length=80)
    prefix = models.CharField(max_length=12, unique=True)
    secret_hash = models.CharField(max_length=64)
    scopes = models.JSONField(default=list)
    created_at = models.DateTimeField(default=now)
    expires_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [models.Index(fields=["user", "created_at", "id"], name="access_token_newest")]


@of_account("user_id", centre_writes=True)
class Elevation(IdModel):
    """Extra permissions of a centre person for a short time, with the reason."""

    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="elevations")
    reason = models.CharField(max_length=500)
    permissions = models.JSONField(default=list)
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()
