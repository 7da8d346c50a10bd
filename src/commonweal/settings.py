"""The one typed module of settings: every value comes from a `COMMONWEAL_*` variable.

Database: `DATABASE_APP_URL` is the role that serves and owns nothing; `DATABASE_URL` is the
owner, used for migrations only. Without either, the local database of the data folder is used.
"""

from __future__ import annotations

import contextlib
import ipaddress
import json
import os
import shlex
import stat
from datetime import timedelta
from importlib.metadata import entry_points
from importlib.resources import files
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from django.core.exceptions import ImproperlyConfigured


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


def _words(name: str) -> list[str]:
    """A command as words: a JSON list, or a line as one types it; no shell ever reads it."""
    given = os.environ.get(name, "").strip()
    try:
        words = json.loads(given) if given.startswith("[") else shlex.split(given)
    except ValueError as error:
        raise ImproperlyConfigured(
            f"{name} is no command ({error}): write it as one types it, or as a JSON list of its"
            " words. (SETTINGS-104)"
        ) from None
    return [str(word) for word in words]


def _number(name: str, unless: int) -> int:
    """A whole number above zero."""
    given = os.environ.get(name, str(unless))
    if not given.isascii() or not given.isdigit() or not int(given):
        raise ImproperlyConfigured(
            f"{name} is “{given}”: use a whole number above 0 (SETTINGS-105)"
        )
    return int(given)


def _ports(name: str, unless: str) -> list[int]:
    """Port numbers with commas."""
    given = [each.strip() for each in os.environ.get(name, unless).split(",")]
    if not all(each.isascii() and each.isdigit() and 0 < int(each) < 65536 for each in given):
        raise ImproperlyConfigured(f"{name}: use port numbers with commas, 443,8443 (SETTINGS-106)")
    return [int(each) for each in given]


def _networks(name: str) -> list[ipaddress.IPv4Network | ipaddress.IPv6Network]:
    """Networks with commas, such as 10.20.0.0/16."""
    given = [each.strip() for each in os.environ.get(name, "").split(",") if each.strip()]
    try:
        return [ipaddress.ip_network(each) for each in given]
    except ValueError as error:
        raise ImproperlyConfigured(
            f"{name}: {error}. Use networks with commas, 10.20.0.0/16 (SETTINGS-107)"
        ) from None


def _proxy(name: str) -> tuple[str, int] | None:
    """Host and port of an HTTP proxy, `http://host:port`."""
    given = os.environ.get(name, "").strip()
    if not given:
        return None
    parts = urlsplit(given)
    host, _colon, port = parts.netloc.rpartition(":")
    if parts.scheme != "http" or not host or "@" in host or not port.isdigit():
        raise ImproperlyConfigured(f"{name}: use http://host:port, without more (SETTINGS-108)")
    return host.strip("[]"), int(port)


def _given_secret(folder: Path, name: str) -> str:
    """A secret that somebody else issued: from the environment or the folder of secrets, or ""."""
    path = folder / "secrets" / name
    given = os.environ.get("COMMONWEAL_" + name.upper(), "")
    return given or (path.read_text().strip() if path.exists() else "")


def sign_in_providers(path: Path) -> dict[str, Any]:
    """The OpenID Connect providers listed in a JSON file of mode 0600 (it holds their secrets).

    Each entry: `id`, `name` (on the button), `issuer`, `client_id`, `client_secret`, `domains` (the
    addresses it may vouch for, so that one agency's directory cannot sign in another's people), and
    `trust_email` for a directory that never says whether an address is verified.
    """
    if not path.exists():
        return {}
    if stat.S_IMODE(path.stat().st_mode) & 0o077:
        raise ImproperlyConfigured(
            f"{path} holds secrets but others may read it: chmod 600 {path} (SETTINGS-101)"
        )
    try:
        listed = json.loads(path.read_text("utf-8"))
        apps = [_provider(entry) for entry in listed]
    except (ValueError, TypeError, KeyError) as error:
        raise ImproperlyConfigured(
            f"{path} is not a list of sign-in providers ({error!r}). Each needs id, name, issuer,"
            " client_id, client_secret and domains; see docs/how-to/install.md. (SETTINGS-102)"
        ) from None
    return {"openid_connect": {"OAUTH_PKCE_ENABLED": True, "APPS": apps}}


def _provider(entry: dict[str, Any]) -> dict[str, Any]:
    domains = [str(domain).lower() for domain in entry["domains"]]
    if not domains or isinstance(entry["domains"], str):
        raise ValueError(f"domains of {entry['id']} is no list of domains")
    return {
        "provider_id": str(entry["id"]),
        "name": str(entry["name"]),
        "client_id": str(entry["client_id"]),
        "secret": str(entry["client_secret"]),
        "settings": {
            "server_url": str(entry["issuer"]).rstrip("/"),
            "domains": domains,
            "trust_email": entry.get("trust_email", False) is True,
        },
    }


DATA_DIR = Path(os.environ.get("COMMONWEAL_DATA", ".commonweal")).resolve()
DEBUG = _flag("COMMONWEAL_DEBUG")
SECRET_KEY = _secret(DATA_DIR, "secret_key")
_hosts = "127.0.0.1,localhost,[::1],testserver"
ALLOWED_HOSTS = os.environ.get("COMMONWEAL_HOSTS", _hosts).split(",")
HTTPS = _flag("COMMONWEAL_HTTPS")
BASE_URL = os.environ.get("COMMONWEAL_URL", "http://127.0.0.1:8000").rstrip("/")

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
    "measures",
    "ledger",
    "casework",
)
PRACTICES = ("charging", "consolidation")
SERVICES = ("helpdesk", "citizen")
_root = Path(__file__).parent
MODULES = [
    *(f"commonweal.kernel.{m}" for m in KERNEL if (_root / "kernel" / m).is_dir()),
    *(f"commonweal.practices.{m}" for m in PRACTICES if (_root / "practices" / m).is_dir()),
    *(f"commonweal.services.{m}" for m in SERVICES if (_root / "services" / m).is_dir()),
]
PLUGINS = sorted({point.value for point in entry_points(group="commonweal.apps")})
"""The Django apps of plug-ins, by entry point: their tables, manifest, templates and words."""
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
    *PLUGINS,
    "commonweal.interfaces.web",
    "commonweal.interfaces.mail",
    "commonweal.interfaces.payments",
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
        "DIRS": [
            _web / "look" / "templates",
            *sorted(_web.glob("*/templates")),
            _root / "interfaces" / "payments" / "templates",
            _root / "interfaces" / "open311" / "templates",
            *(files(app).joinpath("templates") for app in PLUGINS),
        ],
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
STATIC_ROOT = None  # served where they lie, by the finders
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
ACCOUNT_EMAIL_UNKNOWN_ACCOUNTS = False  # nobody can have us write to a stranger
ACCOUNT_ADAPTER = "commonweal.interfaces.web.account.adapter.AccountAdapter"
SOCIALACCOUNT_ADAPTER = "commonweal.interfaces.web.account.adapter.SocialAdapter"
SOCIALACCOUNT_PROVIDERS = sign_in_providers(
    Path(os.environ.get("COMMONWEAL_SIGN_IN_FILE", DATA_DIR / "secrets" / "sign_in.json"))
)
# How many reverse proxies stand before us; each adds one address to X-Forwarded-For.
PROXIES = int(os.environ.get("COMMONWEAL_PROXIES", "0"))
ALLAUTH_TRUSTED_PROXY_COUNT = PROXIES
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if PROXIES else None
# An account is guarded against guessing; an address (a whole agency's) only against floods.
ACCOUNT_RATE_LIMITS = {"login": "300/m/ip", "login_failed": "100/m/ip,5/5m/key"}
CACHES = {  # counters of failed sign-ins hold across processes and restarts
    "default": {
        "BACKEND": "django.core.cache.backends.filebased.FileBasedCache",
        "LOCATION": os.environ.get("COMMONWEAL_CACHE", DATA_DIR / "cache"),
        "OPTIONS": {"MAX_ENTRIES": 5000},  # past them counters are dropped at random
    }
}
MFA_ADAPTER = "commonweal.interfaces.web.account.adapter.SecondFactors"
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN = not HTTPS
LOGIN_URL = "/sign-in/"
LOGIN_REDIRECT_URL = "/home/"
ACCOUNT_LOGOUT_REDIRECT_URL = "/"

# Without a server of its own, mail is written into a folder: right for the demo and for tests.
EMAIL_HOST = os.environ.get("COMMONWEAL_SMTP_HOST", "")
EMAIL_BACKEND = f"django.core.mail.backends.{'smtp' if EMAIL_HOST else 'filebased'}.EmailBackend"
EMAIL_FILE_PATH = DATA_DIR / "mail"
_smtp_security = os.environ.get("COMMONWEAL_SMTP_SECURITY", "starttls")
if _smtp_security not in {"starttls", "tls", "none"}:
    raise ImproperlyConfigured(
        f"COMMONWEAL_SMTP_SECURITY is “{_smtp_security}”: use starttls, tls or none (SETTINGS-103)"
    )
EMAIL_USE_TLS = _smtp_security == "starttls"
EMAIL_USE_SSL = _smtp_security == "tls"
EMAIL_PORT = int(
    os.environ.get(
        "COMMONWEAL_SMTP_PORT", {"starttls": 587, "tls": 465, "none": 25}[_smtp_security]
    )
)
EMAIL_HOST_USER = os.environ.get("COMMONWEAL_SMTP_USER", "")
EMAIL_HOST_PASSWORD = _given_secret(DATA_DIR, "smtp_password")
EMAIL_TIMEOUT = 20
# Who mail comes from; unset, notices come from the centre's own contact address.
MAIL_FROM = os.environ.get("COMMONWEAL_MAIL_FROM", "")
DEFAULT_FROM_EMAIL = MAIL_FROM or f"commonweal@{urlsplit(BASE_URL).hostname}"

# Mail that comes in. The keys sign the ids of our messages: the first signs, all of them verify.
MAIL_THREAD_KEYS = [
    _secret(DATA_DIR, "mail_thread_key"),
    *_given_secret(DATA_DIR, "mail_thread_keys_old").split(),
]
MAIL_SIZE = _number("COMMONWEAL_MAIL_SIZE", 40) * 1024 * 1024
MAIL_TRUSTED = os.environ.get("COMMONWEAL_MAIL_TRUSTED", "")
MAIL_IMAP = os.environ.get("COMMONWEAL_MAIL_IMAP", "")
MAIL_IMAP_MOVE = os.environ.get("COMMONWEAL_MAIL_IMAP_MOVE", "")
MAIL_DESK = os.environ.get("COMMONWEAL_MAIL_DESK", "")
# The country of telephone numbers written without one: two letters; unset, the centre's own.
PHONE_REGION = os.environ.get("COMMONWEAL_PHONE_REGION", "").strip().upper()
MAIL_IMAP_PASSWORD_FILE = DATA_DIR / "secrets" / "imap_password"

# Files that strangers send: how large, and which virus scanner looks at them.
UPLOAD_LIMIT = _number("COMMONWEAL_UPLOAD_LIMIT", 25) * 1024 * 1024
SCAN_COMMAND = _words("COMMONWEAL_SCAN_COMMAND")
SCAN_SECONDS = _number("COMMONWEAL_SCAN_SECONDS", 30)
CLAMD_SOCKET = os.environ.get("COMMONWEAL_CLAMD_SOCKET", "")
# Who takes fees online: the name of an entry point of the group `commonweal.payments`. The test
# provider is there for the demo, or where it is asked for; never where real people pay (HTTPS).
PAYMENT_TEST = not HTTPS and _flag("COMMONWEAL_PAYMENT_TEST", (DATA_DIR / "demo.json").is_file())
PAYMENT_PROVIDER = os.environ.get("COMMONWEAL_PAYMENT_PROVIDER", "test" if PAYMENT_TEST else "")

# Webhooks: where events may be sent, what signs them, how long their deliveries are kept.
WEBHOOK_SECRET = _secret(DATA_DIR, "webhook_secret")
WEBHOOK_PORTS = _ports("COMMONWEAL_WEBHOOK_PORTS", "443")
WEBHOOK_HTTP = _flag("COMMONWEAL_WEBHOOK_HTTP")
WEBHOOK_NETWORKS = _networks("COMMONWEAL_WEBHOOK_NETWORKS")
WEBHOOK_PROXY = _proxy("COMMONWEAL_WEBHOOK_PROXY")
WEBHOOK_KEPT = timedelta(days=_number("COMMONWEAL_WEBHOOK_DAYS", 30))

SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = HTTPS
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = "Lax"
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
SECURE_SSL_REDIRECT = HTTPS
SECURE_HSTS_SECONDS = 31536000 if HTTPS else 0
X_FRAME_OPTIONS = "DENY"
DATA_UPLOAD_MAX_MEMORY_SIZE = 64 * 1024 * 1024
DATA_UPLOAD_MAX_NUMBER_FIELDS = 5_000  # a kind of case with many questions and moves is one form
FILE_UPLOAD_PERMISSIONS = 0o600

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "%(asctime)s %(levelname)s %(name)s %(message)s"}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["stderr"], "level": os.environ.get("COMMONWEAL_LOG", "WARNING")},
}
