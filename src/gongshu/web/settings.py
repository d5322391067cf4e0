"""Django settings. Everything that differs between installations comes from ``gongshu.home`` or the environment."""

from __future__ import annotations

import os
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from gongshu import home as installation
from gongshu import rules
from gongshu.errors import EnvironmentFault

HOME = installation.open_home()
BASE_DIR = Path(__file__).resolve().parent

rules.configure(HOME.city)


def database_from_url(url: str) -> dict[str, Any]:
    """Django's database settings for ``postgresql://user:password@host:port/name`` or, without a URL, SQLite."""
    if not url:
        return {
            "ENGINE": "django.db.backends.sqlite3",
            "NAME": str(HOME.control_database),
            "OPTIONS": {
                # Writers queue up instead of failing half-way; a commit that was answered is on the disk.
                "transaction_mode": "IMMEDIATE",
                "timeout": 20,
                "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA foreign_keys=ON;",
            },
        }
    parts = urlsplit(url)
    if parts.scheme not in {"postgres", "postgresql"}:
        raise EnvironmentFault(
            "home.database_url",
            "GONGSHU_DATABASE_URL 须以 postgresql:// 开头。",
            "GONGSHU_DATABASE_URL must begin with postgresql://.",
        )
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": unquote(parts.path.lstrip("/")),
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": parts.hostname or "",
        "PORT": str(parts.port or ""),
        "CONN_MAX_AGE": 60,
        "CONN_HEALTH_CHECKS": True,
        "OPTIONS": dict(parse_qsl(parts.query)),
    }


def _secret_key() -> str:
    """The key that signs sessions: a file made by ``gongshu init``; without one, a key that dies with the process."""
    file = HOME.secrets / "session.key"
    if file.is_file():
        return file.read_text(encoding="ascii").strip()
    return os.environ.get("GONGSHU_SESSION_KEY") or os.urandom(32).hex()


SECRET_KEY = _secret_key()
DEBUG = False
ALLOWED_HOSTS = [h for h in os.environ.get("GONGSHU_HOSTS", "127.0.0.1,localhost,[::1]").split(",") if h]

DATABASES = {"default": database_from_url(HOME.database_url)}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
AUTH_USER_MODEL = "identity.Person"

INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django_htmx",
    "axes",
    "gongshu.ledger",
    "gongshu.identity",
    "gongshu.notifications",
    "gongshu.duties",
    "gongshu.filings",
    "gongshu.catalog",
    "gongshu.grants",
    "gongshu.spaces",
    "gongshu.libraries",
    "gongshu.tracing",
    "gongshu.quality",
    "gongshu.matters",
    "gongshu.collection",
    "gongshu.sharing",
    "gongshu.opening",
    "gongshu.operation",
    "gongshu.supervision",
    "gongshu.web",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "csp.middleware.CSPMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "gongshu.web.language.LanguageMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "gongshu.web.failures.FailureMiddleware",
    "gongshu.web.permissions.PermissionMiddleware",
    "axes.middleware.AxesMiddleware",
]

ROOT_URLCONF = "gongshu.web.urls"
WSGI_APPLICATION = "gongshu.web.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": False,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "gongshu.web.context.page",
            ],
            "builtins": ["gongshu.web.templatetags.gongshu"],
        },
    }
]

AUTHENTICATION_BACKENDS = [
    "axes.backends.AxesStandaloneBackend",
    "django.contrib.auth.backends.ModelBackend",
]
LOGIN_URL = "/sign-in/"
LOGIN_REDIRECT_URL = "/console/"

# Five wrong passwords lock the account for that address for a quarter of an hour (GB/T 22239 8.1.4.1).
AXES_FAILURE_LIMIT = 5
AXES_COOLOFF_TIME = timedelta(minutes=15)
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_LOCKOUT_CALLABLE = "gongshu.web.account.locked"
AXES_RESET_ON_SUCCESS = True
AXES_VERBOSE = False

PASSWORD_HASHERS = ["django.contrib.auth.hashers.ScryptPasswordHasher"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 10}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]


def _mail_password() -> str:
    """The password of the mail account: a file that nobody but its owner may read, or the environment."""
    if not HOME.mail.password_file:
        return os.environ.get("GONGSHU_MAIL_PASSWORD", "")
    file = HOME.root / HOME.mail.password_file
    try:
        shared = file.stat().st_mode & 0o077
        text = file.read_text(encoding="utf-8").strip()
    except OSError as error:
        raise EnvironmentFault(
            "home.mail_password",
            f"邮件密码文件无法读取：{file}。请检查 gongshu.toml 的 [mail]。",
            f"The mail password file cannot be read: {file}. Check [mail] in gongshu.toml.",
        ) from error
    if shared:
        raise EnvironmentFault(
            "home.mail_password_shared",
            f"邮件密码文件可被他人读取：{file}。请执行 chmod 600。",
            f"Others can read the mail password file {file}. Run chmod 600 on it.",
        )
    return text


# Notices by e-mail are off until a host is named; the worker sends them, never a page.
EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
EMAIL_HOST, EMAIL_PORT, EMAIL_HOST_USER = HOME.mail.host, HOME.mail.port, HOME.mail.user
EMAIL_HOST_PASSWORD = _mail_password()
EMAIL_USE_TLS, EMAIL_USE_SSL = HOME.mail.tls == "starttls", HOME.mail.tls == "tls"
EMAIL_TIMEOUT = 15
DEFAULT_FROM_EMAIL = HOME.mail.sender or HOME.mail.user or "gongshu@localhost"

LANGUAGE_CODE = "zh-hans"
USE_I18N = True
USE_TZ = True
TIME_ZONE = "Asia/Shanghai"

STATIC_URL = "/static/"
STATICFILES_DIRS = [BASE_DIR / "static"]
# The build gives every file a hash in its name and a .br and .gz twin; whitenoise serves them from where they are.
WHITENOISE_USE_FINDERS = True
WHITENOISE_IMMUTABLE_FILE_TEST = r"^/static/dist/[\w.]+-[0-9a-f]{10}\.\w+$"

# Nothing inline, nothing from another host. Pictures inside our style sheets are data: addresses.
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": ["'self'"],
        "img-src": ["'self'", "data:"],
        "object-src": ["'none'"],
        "base-uri": ["'none'"],
        "form-action": ["'self'"],
        "frame-ancestors": ["'none'"],
    }
}
HTTPS = os.environ.get("GONGSHU_HTTPS", "") == "1"  # set where a proxy ends TLS before us
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = HTTPS
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if HTTPS else None
SECURE_HSTS_SECONDS = 31_536_000 if HTTPS else 0
CSRF_TRUSTED_ORIGINS = [o for o in os.environ.get("GONGSHU_ORIGINS", "").split(",") if o]
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_AGE = 8 * 3600  # one working day
SESSION_EXPIRE_AT_BROWSER_CLOSE = True
CSRF_FAILURE_VIEW = "gongshu.web.failures.csrf_failure"
X_FRAME_OPTIONS = "DENY"
MESSAGE_STORAGE = "django.contrib.messages.storage.session.SessionStorage"
DATA_UPLOAD_MAX_MEMORY_SIZE = 2_621_440
FILE_UPLOAD_MAX_MEMORY_SIZE = 2_621_440
DATA_UPLOAD_MAX_NUMBER_FIELDS = 10_000  # an entry of 500 items is a form of 5,000 fields
