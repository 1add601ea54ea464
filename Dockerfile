# The console in a container; compose.yaml starts it with what it needs. Nothing is built but the environment.
FROM python:3.12-slim

WORKDIR /opt/perspt
COPY pyproject.toml requirements*.lock package.json package-lock.json .npmrc manage.py ./
COPY scripts scripts
RUN scripts/setup
COPY . .

ENV PATH=/opt/perspt/.venv/bin:$PATH PERSPT_DATA=/data PYTHONUNBUFFERED=1
RUN useradd --system perspt && mkdir /data && chown perspt /data
USER perspt
VOLUME /data
EXPOSE 8000
CMD ["uvicorn", "perspt_site.asgi:application", "--host", "0.0.0.0", "--port", "8000", "--ws", "websockets-sansio", "--ws-per-message-deflate", "false", "--no-proxy-headers", "--no-access-log", "--timeout-graceful-shutdown", "3"]
