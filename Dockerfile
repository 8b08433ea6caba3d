# The studio as one image. Which part of it a container runs is its command: see compose.yaml.
FROM python:3.11-slim-bookworm AS packages
COPY requirements.txt /build/
RUN python -m venv /opt/venv \
    && /opt/venv/bin/pip install --no-cache-dir --disable-pip-version-check --require-hashes --no-deps -r /build/requirements.txt

FROM python:3.11-slim-bookworm
RUN apt-get update \
    && apt-get install -y --no-install-recommends \
        espeak-ng apertium apertium-eng-spa apertium-fr-es apertium-spa-ita apertium-es-pt apertium-eng-cat apertium-fra-cat \
    && rm -rf /var/lib/apt/lists/* \
    && useradd --system --uid 10001 --home-dir /state --shell /usr/sbin/nologin reelwright \
    && install -d -o reelwright -g reelwright /state
COPY --from=packages /opt/venv /opt/venv
WORKDIR /app
COPY . .
ENV PATH=/opt/venv/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    REELWRIGHT_MODE=production \
    REELWRIGHT_HOME=/state \
    STATIC_ROOT=/app/staticfiles
# Values that only this step sees: it reads the settings and connects to nothing.
RUN SECRET_KEY=build LINK_SIGNING_KEY=build DATABASE_URL=postgresql://build.invalid/build REDIS_URL=redis://build.invalid/0 \
    ALLOWED_HOSTS=localhost PUBLIC_URL=https://localhost REELWRIGHT_HOME=/tmp/build \
    python manage.py collectstatic --no-input \
    && rm -rf /tmp/build \
    && python -m compileall -q -j 0 /app
USER reelwright
VOLUME /state
EXPOSE 8000
# For the web container; the others switch it off in compose.yaml.
HEALTHCHECK --interval=15s --timeout=6s --start-period=30s --retries=4 \
    CMD ["python", "-m", "core.embedded.health", "http://127.0.0.1:8000/healthz"]
CMD ["uvicorn", "config.asgi:application", "--host", "0.0.0.0", "--port", "8000", "--lifespan", "off", "--no-server-header", "--no-proxy-headers", "--no-access-log", "--timeout-graceful-shutdown", "5"]
