"""The one typed module of settings: every value comes from a `COMMONWEAL_*` variable.

Database: `DATABASE_APP_URL` is the role that serves and owns nothing; `DATABASE_URL` is the
owner, used for migrations only. Without either, the local database of the data folder is used.
"""

from __future__ import annotations

import contextlib
import os
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit


def _flag(name: str, default: bool = False) -> bool:
    return os.environ.get(name, str(int(default))).lower() in {"1", "true", "yes", "on"}


def database_from_url(url: str) -> dict[str, Any]:
    """Django's connection settings for `postgresql://user:password@host:port/name?host=/socket`."""
    parts = urlsplit(url)
    query = {key: values[-1] for key, values in parse_qs(parts.query).items()}
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": parts.path.lstrip("/") or "commonweal",
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": query.pop("host", parts.hostname or ""),
        "PORT": str(parts.port or query.pop("port", "")),
        "OPTIONS": {"application_name": "commonweal", **query},
        "CONN_MAX_AGE": 60,
        "CONN_HEALTH_CHECKS": True,
        "ATOMIC_REQUESTS": False,
    }


def _secret(folder: Path, name: str) -> str:
    """A secret generated once into a file of mode 0600, or taken from the environment."""
    given = os.environ.get("COMMONWEAL_" + name.upper())
    if given:
        return given
    path = folder / "secrets" / name
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        draft = path.with_name(f"{name}.{os.getpid()}")
        handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(handle, "w") as stream:
            stream.write(os.urandom(48).hex())
        with contextlib.suppress(FileExistsError):
            os.link(draft, path)  # whole or not at all, also when two processes start at once
        draft.unlink()
    return path.read_text().strip()


DATA_DIR = Path(os.environ.get("COMMONWEAL_DATA", ".commonweal")).resolve()
DEMO = _flag("COMMONWEAL_DEMO")
DEBUG = _flag("COMMONWEAL_DEBUG")
SECRET_KEY = _secret(DATA_DIR, "secret_key")
_hosts = "127.0.0.1,localhost,[::1],testserver"
ALLOWED_HOSTS = os.environ.get("COMMONWEAL_HOSTS", _hosts).split(",")
HTTPS = _flag("COMMONWEAL_HTTPS")
BASE_URL = os.environ.get("COMMONWEAL_URL", "http://127.0.0.1:8000")

_app_url = os.environ.get("DATABASE_APP_URL") or os.environ.get("DATABASE_URL", "postgresql:///")
_owner_url = os.environ.get("DATABASE_URL") or _app_url
DATABASES = {"default": database_from_url(_app_url), "owner": database_from_url(_owner_url)}
DATABASES["owner"]["CONN_MAX_AGE"] = 0
DATABASES["owner"]["TEST"] = {"MIRROR": "default"}
DATABASE_ROUTERS: list[str] = []
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

KERNEL = (
    "schema",
    "audit",
    "jobs",
    "access",
    "party",
    "authority",
    "documents",
    "notices",
    "catalogue",
    "metering",
    "ledger",
)
PRACTICES = ("charging",)
_root = Path(__file__).parent
MODULES = [
    *(f"commonweal.kernel.{m}" for m in KERNEL if (_root / "kernel" / m).is_dir()),
    *(f"commonweal.practices.{m}" for m in PRACTICES if (_root / "practices" / m).is_dir()),
]
INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.socialaccount",
    "allauth.socialaccount.providers.openid_connect",
    *MODULES,
    "commonweal.interfaces.web",
]
AUTH_USER_MODEL = "access.User"

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "commonweal.interfaces.web.middleware.ScopeMiddleware",
]
ROOT_URLCONF = "commonweal.interfaces.web.urls"
WSGI_APPLICATION = "commonweal.interfaces.web.wsgi.application"

_web = _root / "interfaces" / "web"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.jinja2.Jinja2",
        "DIRS": [_web / "look" / "templates", *sorted(_web.glob("*/templates"))],
        "APP_DIRS": False,
        "OPTIONS": {
            "environment": "commonweal.interfaces.web.look.jinja.environment",
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.messages.context_processors.messages",
                "commonweal.interfaces.web.context.page",
            ],
        },
    },
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {"context_processors": ["django.template.context_processors.request"]},
    },
]
STATIC_URL = "/static/"
STATICFILES_DIRS = [_web / "look" / "static"]
STATIC_ROOT = DATA_DIR / "static"
WHITENOISE_USE_FINDERS = True
WHITENOISE_AUTOREFRESH = DEBUG

LANGUAGE_CODE = "en-us"
LANGUAGES = [("en-us", "English (US)"), ("en-gb", "English (UK)"), ("es", "Español")]
LOCALE_PATHS = [_root / "locale"]
USE_I18N = True
USE_TZ = True
TIME_ZONE = "UTC"

PASSWORD_HASHERS = ["django.contrib.auth.hashers.Argon2PasswordHasher"]
AUTH_PASSWORD_VALIDATORS = [
    {
        "NAME": "django.contrib.auth.password_validation.MinimumLengthValidator",
        "OPTIONS": {"min_length": 12},
    },
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*", "password2*"]
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_ADAPTER = "commonweal.interfaces.web.account.adapter.AccountAdapter"
SOCIALACCOUNT_ADAPTER = "commonweal.interfaces.web.account.adapter.SocialAdapter"
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN = not HTTPS
LOGIN_URL = "/sign-in/"
LOGIN_REDIRECT_URL = "/home/"
ACCOUNT_LOGOUT_REDIRECT_URL = "/"

EMAIL_BACKEND = os.environ.get(
    "COMMONWEAL_EMAIL_BACKEND", "django.core.mail.backends.filebased.EmailBackend"
)
EMAIL_FILE_PATH = DATA_DIR / "mail"
EMAIL_HOST = os.environ.get("COMMONWEAL_SMTP_HOST", "localhost")
DEFAULT_FROM_EMAIL = os.environ.get("COMMONWEAL_MAIL_FROM", "centre@meridian.example")

SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = HTTPS
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = "Lax"
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
SECURE_SSL_REDIRECT = HTTPS
SECURE_HSTS_SECONDS = 31536000 if HTTPS else 0
X_FRAME_OPTIONS = "DENY"
DATA_UPLOAD_MAX_MEMORY_SIZE = 64 * 1024 * 1024
FILE_UPLOAD_PERMISSIONS = 0o600

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "%(asctime)s %(levelname)s %(name)s %(message)s"}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["stderr"], "level": os.environ.get("COMMONWEAL_LOG", "WARNING")},
}
