"""Django's settings, derived from `env.py`; nothing here reads the environment."""

from urllib.parse import urlsplit

import dj_database_url
import django_stubs_ext
from django.core.exceptions import ImproperlyConfigured

from perspt_site import __version__
from perspt_site.assets import fingerprint
from perspt_site.env import BASE_DIR, env
from perspt_site.secret import kept_secret_key

django_stubs_ext.monkeypatch()

VERSION = __version__
DATA = env.data
DATA.mkdir(parents=True, exist_ok=True, mode=0o700)  # sessions and what agents wrote are nobody else's

SECRET_KEY = env.secret_key or kept_secret_key(DATA)
DEBUG = env.debug

# --- who may call: the public address decides hosts, origins and cookies ---
PUBLIC_URL = env.url
_public = urlsplit(PUBLIC_URL)
ALLOWED_HOSTS = ["localhost", "127.0.0.1", "[::1]"]
CSRF_TRUSTED_ORIGINS: list[str] = []
if _public.hostname:
    ALLOWED_HOSTS.append(_public.hostname)
    CSRF_TRUSTED_ORIGINS.append(PUBLIC_URL)
if env.insecure:
    ALLOWED_HOSTS = ["*"]
SECURE = _public.scheme == "https"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = SECURE
SESSION_COOKIE_NAME = "perspt_session"
CSRF_COOKIE_NAME = "perspt_csrf"
SESSION_COOKIE_HTTPONLY = CSRF_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_AGE = 30 * 86_400
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
CSRF_FAILURE_VIEW = "dashboard.views.errors.csrf_failure"

TRUSTED_PROXIES = env.trusted_proxies
SHARED_PASSWORD = env.shared_password
OPEN = env.open
INSECURE = env.insecure
MAX_WAIT = env.max_wait
SILENT_AFTER = env.silent_after
KEEP_DAYS = env.keep_days
STORES = env.stores
FOLLOW_DEFAULT_STORE = env.follow
DEFAULT_STORE = env.default_store
RATE_LIMITS = env.rate_limits

# --- rooms ---
INSTALLED_APPS = [
    "dashboard",  # first: its runserver adds the start line to Daphne's
    "daphne",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "channels",
    "stats",
    "django_htmx",
    "ninja",
]
MIDDLEWARE = [
    "dashboard.access.middleware.RequestLog",
    "dashboard.access.middleware.TrustedProxies",
    "dashboard.access.middleware.ContentSecurityPolicy",
    "django.middleware.security.SecurityMiddleware",
    "servestatic.middleware.ServeStaticMiddleware",
    "dashboard.views.slash.Slash",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "dashboard.access.gate.Gate",
    "django_htmx.middleware.HtmxMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]
ROOT_URLCONF = "perspt_site.urls"
ASGI_APPLICATION = "perspt_site.asgi.application"
APPEND_SLASH = False  # dashboard.views.slash answers both spellings, for POST too
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "dashboard.access.context.console",
                "dashboard.views.context.shell",
            ],
        },
    },
]

# --- storage ---
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
SQLITE_OPTIONS = {
    "transaction_mode": "IMMEDIATE",
    "timeout": 20,
    "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; PRAGMA wal_autocheckpoint=8000",
}
# Requests that wait give their connection back; whoever finds none free queues for one instead of failing.
POSTGRES_POOL = {"min_size": 1, "max_size": 12, "timeout": 20}
_database: dict[str, object] = dict(dj_database_url.parse(env.database_url or f"sqlite:///{DATA / 'console.sqlite3'}"))
_options: dict[str, object] = dict(_database.get("OPTIONS") or {})  # type: ignore[call-overload]  # any mapping
if _database["ENGINE"] == "django.db.backends.sqlite3":
    _database["OPTIONS"] = SQLITE_OPTIONS | _options
    _database["TEST"] = {"NAME": DATA / "test.sqlite3"}  # a file: other threads and processes see it
elif _database["ENGINE"] == "django.db.backends.postgresql":
    _database["OPTIONS"] = {"pool": POSTGRES_POOL} | _options
else:
    raise ImproperlyConfigured("DATABASE_URL: the console keeps its data in SQLite or PostgreSQL")
_database["CONN_MAX_AGE"] = 0
DATABASES = {"default": _database}

REDIS_URL = env.redis_url
CHANNEL_LAYERS = {
    "default": {
        "BACKEND": "channels_redis.core.RedisChannelLayer",
        "CONFIG": {"hosts": [REDIS_URL], "prefix": "perspt"},
    }
    if REDIS_URL
    else {"BACKEND": "channels.layers.InMemoryChannelLayer"},
}

# --- files of the front end: ours, and what npm brought; their content is part of the address ---
STATICFILES_DIRS = [
    BASE_DIR / "static",
    ("htmx", BASE_DIR / "node_modules/htmx.org/dist"),
    ("idiomorph", BASE_DIR / "node_modules/idiomorph/dist"),
    ("dagre", BASE_DIR / "node_modules/@dagrejs/dagre/dist"),
    ("uplot", BASE_DIR / "node_modules/uplot/dist"),
]
STATIC_URL = f"/static/{fingerprint(BASE_DIR / 'static', BASE_DIR / 'package-lock.json')}/"
SERVESTATIC_USE_FINDERS = True
SERVESTATIC_AUTOREFRESH = DEBUG
SERVESTATIC_MAX_AGE = 0 if DEBUG else 31_536_000
SERVESTATIC_ALLOW_ALL_ORIGINS = False

# --- the rest ---
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator"},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
]
LOGIN_URL = "dashboard:login"
LOGIN_REDIRECT_URL = "dashboard:now"
LANGUAGE_CODE = "en"
TIME_ZONE = "UTC"
USE_I18N = False
USE_TZ = True
DATA_UPLOAD_MAX_MEMORY_SIZE = 2_621_440
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "line": {
            "class": "perspt_site.logs.LineFormatter",
            "format": "{asctime} {levelname:<7} {name}: {message}",
            "style": "{",
        },
        "json": {"()": "perspt_site.logs.JsonFormatter"},
    },
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "json" if env.log_json else "line"}},
    "root": {"handlers": ["console"], "level": env.log_level},
    "loggers": {
        "django": {"handlers": [], "level": env.log_level, "propagate": True},
        "django.request": {"level": "ERROR"},  # each request has a line of its own (access.middleware)
        "django.server": {"handlers": [], "level": "WARNING", "propagate": True},
        "django.channels.server": {"handlers": [], "level": "WARNING", "propagate": True},
        "daphne": {"level": "WARNING"},
        "asyncio": {"level": "WARNING"},
    },
}
