"""Settings, all from the environment (docs/operations.md lists it). Nothing but these values differs between a laptop and production."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

import dj_database_url
import dj_email_url
import django_stubs_ext
import structlog
from corsheaders import defaults as cors_defaults

from config.env import ROOT, env
from core.pooled import PooledConnection

# Lets classes of Django be written with their type parameters.
django_stubs_ext.monkeypatch()

HOME = env.path("REELWRIGHT_HOME", ROOT / "var")
MODE = env.choice("REELWRIGHT_MODE", "local", ("local", "production"))
PRODUCTION = MODE == "production"
DEBUG = env.flag("DEBUG", default=False)

SECRET_KEY = env.secret("SECRET_KEY", HOME)
SECRET_KEY_FALLBACKS = env.words("SECRET_KEY_FALLBACKS")
LINK_SIGNING_KEY = env.secret("LINK_SIGNING_KEY", HOME)
LINK_SIGNING_KEY_FALLBACKS = env.words("LINK_SIGNING_KEY_FALLBACKS")
AUDIT_KEY = env.secret("AUDIT_KEY", HOME)
AUDIT_KEY_FALLBACKS = env.words("AUDIT_KEY_FALLBACKS")
JWT_SIGNING_KEY = env.secret("JWT_SIGNING_KEY", HOME)
JWT_SIGNING_KEY_FALLBACKS = env.words("JWT_SIGNING_KEY_FALLBACKS")

PORT = env.number("PORT", 8000)
PUBLIC_URL = env.text("PUBLIC_URL", f"http://127.0.0.1:{PORT}").rstrip("/")
ALLOWED_HOSTS = env.words("ALLOWED_HOSTS", "" if PRODUCTION else "localhost,127.0.0.1,[::1],testserver")
CSRF_TRUSTED_ORIGINS = env.words("CSRF_TRUSTED_ORIGINS")

INSTALLED_APPS = [
    "daphne",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.postgres",
    "django.contrib.staticfiles",
    "django.forms",
    "rest_framework",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "channels",
    "corsheaders",
    "django_otp",
    "django_otp.plugins.otp_totp",
    "allauth",
    "allauth.account",
    "allauth.socialaccount",
    "allauth.socialaccount.providers.openid_connect",
    "core",
    "core.runs",
    "core.live",
    "core.mail",
    "core.rest",
    "core.storage",
    "accounts",
    "ai",
    "media_library",
    "jobs",
    "generation",
    "dubbing",
    "qc",
    "chat",
]

# Every sync-only middleware costs a thread hop under ASGI, so the list stays short.
MIDDLEWARE = [
    "core.rest.middleware.RequestIdMiddleware",
    "core.rest.middleware.FilmLimitsMiddleware",
    "corsheaders.middleware.CorsMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "core.rest.middleware.SecurityHeadersMiddleware",
    "core.rest.middleware.DoorMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "accounts.authentication.SignedInMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "core.rest.middleware.DomainErrorMiddleware",
]

ROOT_URLCONF = "config.urls"
ASGI_APPLICATION = "config.asgi.application"
APPEND_SLASH = False

TEMPLATES: list[dict[str, Any]] = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [ROOT / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
            "builtins": ["core.templatetags.ui"],
        },
    }
]

# Data. One Postgres, one Redis-protocol server; both are embedded when no URL is given (core.embedded sets these two variables).
DATABASES: dict[str, dict[str, Any]] = {"default": dict(dj_database_url.parse(env.text("DATABASE_URL")))}
DATABASES["default"] |= {"CONN_MAX_AGE": 0, "CONN_HEALTH_CHECKS": True}
if env.flag("DB_POOL", default=False):
    # Under ASGI each request has its own short thread, so persistent connections leak; a pool does not. Workers fork and go without.
    DATABASES["default"].setdefault("OPTIONS", {})["pool"] = {
        "connection_class": PooledConnection,
        "min_size": 1,
        "max_size": env.number("DB_POOL_SIZE", 8, least=1),
        "timeout": 10,
        "max_lifetime": 1800,
        "max_idle": 300,
    }
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

REDIS_URL = env.text("REDIS_URL")
CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.redis.RedisCache",
        "LOCATION": env.text("CACHE_URL", REDIS_URL),
        "KEY_PREFIX": "cache",
    }
}
CHANNEL_LAYERS = {
    "default": {
        "BACKEND": "channels_redis.pubsub.RedisPubSubChannelLayer",
        # The server's channels know no database numbers, so two studios on one server would hear each other without this.
        "CONFIG": {"hosts": [REDIS_URL], "prefix": f"live{urlsplit(REDIS_URL).path.strip('/') or 0}"},
    }
}

# Work. The broker is only a doorbell (core.runs): state lives in Postgres, so results are ignored and redelivery is harmless.
CELERY_BROKER_URL = env.text("CELERY_BROKER_URL", REDIS_URL)
CELERY_BROKER_TRANSPORT_OPTIONS = {
    "visibility_timeout": 6 * 3600,
    "global_keyprefix": "work:",
    "socket_keepalive": True,
    # A broker that hangs must not hang the request that rings the bell. Longer than a worker's own blocking read (1 s).
    "socket_connect_timeout": 3,
    "socket_timeout": 10,
}
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_DEFAULT_QUEUE = "default"
CELERY_TASK_TIME_LIMIT = 6 * 3600
CELERY_TASK_SOFT_TIME_LIMIT = 6 * 3600 - 120
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_MAX_TASKS_PER_CHILD = 200
CELERY_WORKER_SOFT_SHUTDOWN_TIMEOUT = 20
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_ACCEPT_CONTENT = ["json"]
CELERY_BEAT_SCHEDULE = {
    "core.runs.sweep": {"task": "core.runs.tasks.sweep", "schedule": 5.0},
    "core.storage.sweep": {"task": "core.storage.tasks.sweep_uploads", "schedule": 900.0},
    "core.storage.remove": {"task": "core.storage.tasks.sweep_removals", "schedule": 60.0},
    "core.rest.usage": {"task": "core.rest.tasks.keep_usage", "schedule": 5.0},
    "core.rest.sweep": {"task": "core.rest.tasks.sweep", "schedule": 3600.0},
    "core.live.trim": {"task": "core.live.tasks.trim", "schedule": 3600.0},
    "core.mail.send": {"task": "core.mail.tasks.send", "schedule": 15.0},
    "core.audit.seal": {"task": "core.tasks.seal_audit_trail", "schedule": 5.0},
    "accounts.forget_expired": {"task": "accounts.tasks.forget_expired", "schedule": 86_400.0},
    # Whatever the beat missed at eight in the morning goes out with the next look.
    "accounts.send_digests": {"task": "accounts.tasks.send_digests", "schedule": 600.0},
    "core.audit.checkpoint": {"task": "core.tasks.write_audit_checkpoint", "schedule": 3600.0},
    "core.audit.verify": {
        "task": "core.tasks.verify_audit_trail",
        "schedule": 86_400.0,
        # A long trail takes its time, and what waits in the default queue must not.
        "options": {"queue": "media"},
    },
    "core.mail.trim": {"task": "core.mail.tasks.trim", "schedule": 86_400.0},
    "jobs.purge_deliveries": {"task": "jobs.tasks.purge_deliveries", "schedule": 3600.0},
    "jobs.remind": {"task": "jobs.tasks.remind_of_deadlines", "schedule": 600.0},
    "media_library.embed_glossaries": {"task": "media_library.tasks.embed_forgotten_glossaries", "schedule": 60.0},
    "media_library.forget_intakes": {"task": "media_library.tasks.forget_intakes", "schedule": 86_400.0},
    "chat.purge_exports": {"task": "chat.tasks.purge_exports", "schedule": 900.0},
    "media_library.purge_clips": {"task": "media_library.tasks.purge_clip_files", "schedule": 3600.0},
    # What a new model has not read yet; nothing to do costs one look into an index.
    "media_library.reindex_search": {
        "task": "media_library.tasks.reindex_search",
        "schedule": 60.0,
        "options": {"queue": "media"},
    },
    "ai.close_lost_calls": {"task": "ai.tasks.close_lost_calls", "schedule": 60.0},
    "chat.deliver_webhooks": {"task": "chat.tasks.deliver_webhooks", "schedule": 15.0},
    "ai.forget_contents": {"task": "ai.tasks.forget_contents", "schedule": 3600.0},
}
RUN_LEASE_SECONDS = env.number("RUN_LEASE_SECONDS", 30, least=2)
RUN_HEARTBEAT_SECONDS = env.number("RUN_HEARTBEAT_SECONDS", 3, least=1)
# How long a request waits for its result where the answer is to hold one; then it tells where to ask.
SYNC_WAIT_SECONDS = env.number("SYNC_WAIT_SECONDS", 120, least=0)

# Files. Local disk under the state directory, or a bucket when one is named.
STORAGE_ROOT = HOME / "media"
AWS_STORAGE_BUCKET_NAME = env.text("AWS_STORAGE_BUCKET_NAME", "")
AWS_S3_ENDPOINT_URL = env.text("AWS_S3_ENDPOINT_URL", "")
AWS_S3_PUBLIC_ENDPOINT_URL = env.text("AWS_S3_PUBLIC_ENDPOINT_URL", AWS_S3_ENDPOINT_URL)
AWS_S3_REGION_NAME = env.text("AWS_S3_REGION_NAME", "us-east-1")
UPLOAD_MAX_BYTES = env.number("UPLOAD_MAX_BYTES", 10 * 2**30, least=1)
UPLOAD_DIRECT_MAX_BYTES = env.number("UPLOAD_DIRECT_MAX_BYTES", 100 * 2**20, least=1)
# What one file brought into a conversation may have; the request's body is bounded by UPLOAD_DIRECT_MAX_BYTES besides.
ATTACHMENT_MAX_BYTES = env.number("ATTACHMENT_MAX_BYTES", 25 * 2**20, least=1)
UPLOAD_LINK_SECONDS = env.number("UPLOAD_LINK_SECONDS", 3600, least=1)
# How long the studio fetches one file from an address before it gives up.
IMPORT_MAX_SECONDS = env.number("IMPORT_MAX_SECONDS", 3600, least=1)
# Bytes a person may keep in the library, by tier. What the studio makes from it costs nothing.
STORAGE_QUOTAS = {
    tier: env.number(f"STORAGE_QUOTA_{tier.upper()}", gib * 2**30, least=1)
    for tier, gib in (("free", 50), ("pro", 500), ("enterprise", 5000))
}
# What one file of a film may have, by tier; a request's body is bounded by UPLOAD_DIRECT_MAX_BYTES besides.
FILM_FILE_LIMITS = {
    tier: env.number(f"FILM_FILE_LIMIT_{tier.upper()}", mib * 2**20, least=1)
    for tier, mib in (("free", 10), ("pro", 100), ("enterprise", 1024))
}
# How many films that are not archived a person may own, by tier; the others have no limit.
FILM_COUNT_LIMITS = {"free": env.number("FILM_COUNT_FREE", 3, least=0)}
DOWNLOAD_LINK_SECONDS = env.number("DOWNLOAD_LINK_SECONDS", 900, least=1)
PREVIEW_LINK_SECONDS = env.number("PREVIEW_LINK_SECONDS", 3600, least=1)
# How long a package of finished work can be downloaded.
DELIVERY_DAYS = env.number("DELIVERY_DAYS", 7, least=1)
# A clip that nobody looked at or downloaded for so long is cut again when somebody does.
CLIP_FILE_DAYS = env.number("CLIP_FILE_DAYS", 7, least=1)
MEDIA_MAX_SECONDS = env.number("MEDIA_MAX_SECONDS", 4 * 3600, least=1)
DATA_UPLOAD_MAX_MEMORY_SIZE = 4 * 2**20

# Engines. Routing per capability is AI_<CAPABILITY>=provider:model; without any key the local engines serve.
MODELS_ROOT = env.path("REELWRIGHT_MODELS", HOME / "models")
AI_ROUTES = {
    name: env.text(f"AI_{name.upper()}", "")
    for name in (
        *("chat", "speech_to_text", "text_to_speech", "translate"),
        *("describe_image", "embed", "diarize", "summarize"),
        *("generate_image", "generate_video", "match_voice"),
    )
}
OPENAI_API_KEY = env.text("OPENAI_API_KEY", "")
OPENAI_BASE_URL = env.text("OPENAI_BASE_URL", "")
ANTHROPIC_API_KEY = env.text("ANTHROPIC_API_KEY", "")
ANTHROPIC_BASE_URL = env.text("ANTHROPIC_BASE_URL", "")
REPLICATE_API_TOKEN = env.text("REPLICATE_API_TOKEN", "")
REPLICATE_BASE_URL = env.text("REPLICATE_BASE_URL", "")
GEMINI_API_KEY = env.text("GEMINI_API_KEY", "")
GEMINI_BASE_URL = env.text("GEMINI_BASE_URL", "")
ELEVENLABS_API_KEY = env.text("ELEVENLABS_API_KEY", "")
ELEVENLABS_BASE_URL = env.text("ELEVENLABS_BASE_URL", "")
# Between two bytes of a provider's answer, and for the whole of it.
AI_CONNECT_SECONDS = env.number("AI_CONNECT_SECONDS", 5, least=1)
AI_READ_SECONDS = env.number("AI_READ_SECONDS", 60, least=1)
AI_TOTAL_SECONDS = env.number("AI_TOTAL_SECONDS", 600, least=1)
# How long a provider may take to make a picture or a clip; after that the step tries again, and asks for the same one.
AI_GENERATION_SECONDS = env.number("AI_GENERATION_SECONDS", 900, least=1)

# People.
AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = ["accounts.authentication.People"]
LOGIN_URL = "/login"
LOGIN_REDIRECT_URL = "/chat"
LOGOUT_REDIRECT_URL = "/login"
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.Argon2PasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 12}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
MFA_POLICY = env.choice("MFA_POLICY", "required" if PRODUCTION else "optional", ("required", "optional"))
OTP_TOTP_ISSUER = "Reelwright"
# The Django admin shows no secrets and no QR codes of other people.
OTP_ADMIN_HIDE_SENSITIVE_DATA = True
RATE_LIMITS = env.flag("RATE_LIMITS", default=True)
# So many in so many seconds, each by RATE_<NAME>. Who is counted (person, address, tier) is said where the group is used.
RATES = {
    name: env.rate(f"RATE_{name.upper()}", default)
    for name, default in {
        "auth": "5/60",
        "sign_in_failures": "5/900",
        "upload": "10/3600",
        "processing": "20/3600",
        "general": "100/60",
        "film_free": "100/3600",
        "film_pro": "1000/3600",
        "film_enterprise": "10000/3600",
        "register": "20/3600",
        "letters": "5/3600",
        "password_change": "10/900",
        "invitations": "20/3600",
        "shares": "30/60",
        "people_search": "30/60",
        "previews": "10/60",
        "others": "1200/60",
    }.items()
}
# A browser's sign-in ends after the first however busy it is, and after the second when nobody has used it.
SESSION_COOKIE_AGE = env.number("SESSION_SECONDS", 7 * 24 * 3600, least=60)
SESSION_IDLE_SECONDS = env.number("SESSION_IDLE_SECONDS", 12 * 3600, least=60)
ACCESS_TOKEN_SECONDS = env.number("ACCESS_TOKEN_SECONDS", 3600, least=60)
REFRESH_TOKEN_SECONDS = env.number("REFRESH_TOKEN_SECONDS", 14 * 24 * 3600, least=60)
# So long a refresh token that was just replaced gets a pair of its own: two tabs may ask at once.
REFRESH_GRACE_SECONDS = env.number("REFRESH_GRACE_SECONDS", 10)
# Who may vouch for a person's address at /api/auth/exchange: {"<issuer>": "<PEM public key, or the https address of its JWKS>"}.
EXCHANGE_ISSUERS = env.mapping("EXCHANGE_ISSUERS")
EXCHANGE_AUDIENCE = env.text("EXCHANGE_AUDIENCE", PUBLIC_URL)
# Microsoft sign-in is on when both are set. Only people of these tenants come in.
MICROSOFT_CLIENT_ID = env.text("MICROSOFT_CLIENT_ID", "")
# With a secret as well, the sign-in page offers the company's account. The server is where its discovery document lies.
MICROSOFT_CLIENT_SECRET = env.text("MICROSOFT_CLIENT_SECRET", "")
MICROSOFT_SERVER_URL = env.text("MICROSOFT_SERVER_URL", "")
# allauth speaks the protocol; who that is and what is still missing is ours to say.
SOCIALACCOUNT_ADAPTER = "accounts.pages.microsoft.Adapter"
MICROSOFT_TENANTS = env.words("MICROSOFT_TENANTS")
MICROSOFT_ISSUER = env.text("MICROSOFT_ISSUER", "https://login.microsoftonline.com/{tenant}/v2.0")
MICROSOFT_JWKS_URL = env.text("MICROSOFT_JWKS_URL", "https://login.microsoftonline.com/common/discovery/v2.0/keys")

vars().update(dj_email_url.parse(env.text("EMAIL_URL", f"file:///{(HOME / 'mail').as_posix().lstrip('/')}")))
EMAIL_TIMEOUT = 20
DEFAULT_FROM_EMAIL = env.text("DEFAULT_FROM_EMAIL", "Reelwright <studio@localhost>")

# How long an Idempotency-Key is remembered, and after which time a request that never answered no longer holds its key.
IDEMPOTENCY_SECONDS = env.number("IDEMPOTENCY_SECONDS", 24 * 3600, least=1)
IDEMPOTENCY_LEASE_SECONDS = env.number("IDEMPOTENCY_LEASE_SECONDS", 300, least=1)
REQUEST_LOG_DAYS = env.number("REQUEST_LOG_DAYS", 90, least=1)
# After so many days what was asked of a model and what it answered is emptied; the figures stay.
AI_LOG_DAYS = env.number("AI_LOG_DAYS", 90, least=1)

# The wire.
# Hosts, host:port or networks that addresses given by people may lead to although they are private; http is fine there too.
OUTBOUND_ALLOW = env.words("OUTBOUND_ALLOW")
# PEM: the certificate that content credentials are signed with, those above it, and its key. Made on first use where there is none.
CONTENT_CREDENTIALS_FILE = env.path("CONTENT_CREDENTIALS_FILE", HOME / "secrets" / "content_credentials.pem")
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "strict-origin-when-cross-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
SECURE_SSL_REDIRECT = env.flag("SECURE_SSL_REDIRECT", default=PRODUCTION)
SECURE_HSTS_SECONDS = env.number("SECURE_HSTS_SECONDS", 31_536_000 if PRODUCTION else 0)
SECURE_HSTS_INCLUDE_SUBDOMAINS = PRODUCTION
SECURE_HSTS_PRELOAD = PRODUCTION
SECURE_REDIRECT_EXEMPT = [r"^healthz$", r"^readyz$"]
# How many proxies of ours stand in front and append to X-Forwarded-For. 0: the header is anybody's and counts for nothing.
TRUSTED_PROXIES = env.number("TRUSTED_PROXIES", 0, least=0)
if env.flag("BEHIND_PROXY", default=False):
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
# Over https every cookie is Secure in any mode (SecurityHeadersMiddleware); production knows nothing else. Browsers hold a
# `__Host-` cookie to exactly this host, so that no neighbouring one can plant it.
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = PRODUCTION
SESSION_COOKIE_NAME = "__Host-session" if PRODUCTION else "sessionid"
CSRF_COOKIE_NAME = "__Host-csrf" if PRODUCTION else "csrftoken"
SESSION_COOKIE_SAMESITE = "Lax"
X_FRAME_OPTIONS = "DENY"
# Pages of other origins that may call the API with tokens. Cookies stay at home unless asked for, and "*" is no origin.
CORS_ALLOWED_ORIGINS = env.words("CORS_ALLOWED_ORIGINS")
CORS_ALLOW_CREDENTIALS = env.flag("CORS_ALLOW_CREDENTIALS", default=False)
CORS_URLS_REGEX = r"^/(api|files|uploads|openapi\.json|health)"
CORS_ALLOW_HEADERS = (
    *cors_defaults.default_headers,
    "idempotency-key",
    "if-match",
    "prefer",
    "x-request-id",
    "content-range",
    "tus-resumable",
    "upload-length",
    "upload-offset",
    "upload-metadata",
    "upload-checksum",
)
CORS_ALLOW_METHODS = (*cors_defaults.default_methods, "HEAD")
CORS_EXPOSE_HEADERS = (
    "X-Request-ID",
    "X-RateLimit-Limit",
    "X-RateLimit-Remaining",
    "X-RateLimit-Reset",
    "X-RateLimit-Tier",
    "Retry-After",
    "Idempotency-Replayed",
    "Location",
    "ETag",
    "Content-Disposition",
    "Preference-Applied",
    "Tus-Resumable",
    "Upload-Offset",
    "Upload-Length",
    "Upload-Expires",
    "Tus-Version",
    "Tus-Extension",
    "Tus-Max-Size",
    "Tus-Checksum-Algorithm",
    "X-Asset-ID",
)
CSRF_FAILURE_VIEW = "core.rest.errors.csrf_failed"

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": ["accounts.authentication.BearerOrBrowser"],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["core.rest.parsers.StrictJSONParser"],
    "DEFAULT_SCHEMA_CLASS": "core.rest.schema.StudioSchema",
    "DEFAULT_THROTTLE_CLASSES": ["core.rest.limits.SurfaceThrottle"],
    "EXCEPTION_HANDLER": "core.rest.errors.exception_handler",
    "UNAUTHENTICATED_USER": "django.contrib.auth.models.AnonymousUser",
    # `?format=` is a word of the documents: which kind of file is wanted.
    "URL_FORMAT_OVERRIDE": None,
}
SPECTACULAR_SETTINGS = {
    "TITLE": "Reelwright",
    "VERSION": "1",
    "SERVE_INCLUDE_SCHEMA": False,
    "POSTPROCESSING_HOOKS": ["core.rest.schema.with_pages"],
    # What the schema leaves out is no danger to a deployment.
    "ENABLE_DJANGO_DEPLOY_CHECK": False,
}

LANGUAGE_CODE = "en"
USE_I18N = True
USE_TZ = True
TIME_ZONE = "UTC"

STATIC_URL = "/static/"
STATIC_ROOT = env.path("STATIC_ROOT", HOME / "static")
STATICFILES_DIRS = [ROOT / "static"]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "core.static_files.HashedStaticFiles"
        if PRODUCTION
        else "django.contrib.staticfiles.storage.StaticFilesStorage"
    },
}
WHITENOISE_USE_FINDERS = WHITENOISE_AUTOREFRESH = not PRODUCTION
FORM_RENDERER = "django.forms.renderers.TemplatesSetting"

structlog.configure(
    processors=[
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,
        structlog.processors.JSONRenderer(),
    ],
    logger_factory=structlog.stdlib.LoggerFactory(),
    cache_logger_on_first_use=True,
)
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "handlers": {"console": {"class": "logging.StreamHandler"}},
    "root": {"handlers": ["console"], "level": env.text("LOG_LEVEL", "INFO")},
    "loggers": {
        "httpx": {"level": "WARNING"},
        "httpx2": {"level": "WARNING"},
        "celery": {"level": "INFO"},
        # A line for every doorbell, most of them the sweep every five seconds; core.runs logs what steps do.
        "celery.app.trace": {"level": "WARNING"},
        "celery.worker.strategy": {"level": "WARNING"},
        "celery.beat": {"level": "WARNING"},
        # core.rest logs each request once, and each failure with its id.
        "django.request": {"level": "CRITICAL"},
    },
}
