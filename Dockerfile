# syntax=docker/dockerfile:1
# The image of every service that we build: the locked environment, and a user without rights.
# What it runs as, and how its health is asked, is said by docker-compose.yml.

FROM python:3.13-slim AS build
# The same uv as scripts/bootstrap.sh has.
COPY --from=ghcr.io/astral-sh/uv:0.13.9 /uv /usr/local/bin/uv
ENV UV_PROJECT_ENVIRONMENT=/opt/overheard \
    UV_PYTHON_DOWNLOADS=never \
    UV_COMPILE_BYTECODE=1 \
    UV_LINK_MODE=copy \
    UV_CACHE_DIR=/uv-cache
WORKDIR /src

# The dependencies change seldom and have a layer of their own. Without the extra `embedded`:
# PostgreSQL and Valkey are services here.
COPY pyproject.toml uv.lock ./
# Extras, separated by spaces: `speech` for the image of workers that transcribe audio,
# `opentelemetry` and `sentry` for traces and error reports.
ARG EXTRA=""
RUN --mount=type=cache,target=/uv-cache \
    uv sync --frozen --no-default-groups --no-install-project $(for each in $EXTRA; do echo --extra $each; done)
COPY README.md LICENSE ./
COPY models models
COPY tasks tasks
COPY workers workers
COPY web web
# Built anew each time: uv's cache takes a wheel of ours for current as long as pyproject.toml is.
RUN --mount=type=cache,target=/uv-cache \
    uv sync --frozen --no-default-groups --no-editable --reinstall-package overheard \
        $(for each in $EXTRA; do echo --extra $each; done)
# What compilers, type checkers, shells and the tests of others need, no process does.
RUN find /opt/overheard -type f \( -name '*.py[ix]' -o -name '*.px[di]' -o -name '*.[ch]' \) -delete \
    && find /opt/overheard -depth -type d -path '*/site-packages/*' \( -name tests -o -name testing \) \
        -exec rm -r {} + \
    && rm -f /opt/overheard/bin/activate* /opt/overheard/bin/*.bat

FROM python:3.13-slim
RUN useradd --uid 10001 --no-create-home --home-dir /nonexistent --shell /usr/sbin/nologin overheard \
    && install --directory --owner 10001 --group 10001 /search /speech
COPY --from=build /opt/overheard /opt/overheard
ENV PATH=/opt/overheard/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    OVERHEARD_LOG_FORMAT=json
# By number, so that an orchestrator can see that it is not root.
USER 10001:10001
WORKDIR /tmp
STOPSIGNAL SIGTERM
CMD ["overheard", "--help"]
