# One image for every part: `docker run IMAGE poller`, `… worker --queues deliver`, `… dashboard`.
# Without arguments it runs everything in one container, on the sample wire.

ARG PYTHON=3.13-slim-bookworm

FROM python:${PYTHON} AS build
# Where an index has no wheel for this Python, one is built here; none of this is in the image.
# hadolint ignore=DL3008
RUN apt-get update \
    && apt-get install --yes --no-install-recommends build-essential \
    && rm -rf /var/lib/apt/lists/*
WORKDIR /source
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1 PIP_ROOT_USER_ACTION=ignore

# The locked packages first: this layer lasts as long as the lock.
COPY requirements.lock ./
RUN pip wheel --require-hashes --requirement requirements.lock --wheel-dir /wheels \
    && python -m venv /opt/alliance-watch \
    && /opt/alliance-watch/bin/pip install --no-index --no-deps /wheels/*.whl

COPY pyproject.toml README.md ./
COPY rules rules
COPY deploy/sample deploy/sample
COPY worker worker
RUN /opt/alliance-watch/bin/pip wheel --no-index --no-build-isolation --no-deps --wheel-dir /own . \
    && /opt/alliance-watch/bin/pip install --no-index --no-deps /own/*.whl \
    && /opt/alliance-watch/bin/pip uninstall --yes hatchling editables pip \
    && /opt/alliance-watch/bin/alliance-watch --version


FROM python:${PYTHON}
LABEL org.opencontainers.image.title="alliance-watch" \
      org.opencontainers.image.description="Watches news feeds for changes in corporate alliances and tells the right people once" \
      org.opencontainers.image.documentation="README.md"

RUN groupadd --gid 10001 watch \
    && useradd --uid 10001 --gid watch --home-dir /data --no-create-home --shell /usr/sbin/nologin watch \
    && install --directory --owner=watch --group=watch --mode=0750 /data

COPY --from=build /opt/alliance-watch /opt/alliance-watch
# Everything that is written goes to /data (and /tmp): the root file system may be read-only.
# The dashboard listens for other containers, which takes a way to sign in.
ENV PATH=/opt/alliance-watch/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    ALLIANCE_WATCH_SERVICE__DATA_DIR=/data \
    ALLIANCE_WATCH_SERVICE__LISTEN=0.0.0.0:8765 \
    ALLIANCE_WATCH_SERVICE__PUBLIC_URL=http://127.0.0.1:8765 \
    ALLIANCE_WATCH_SERVICE__AUTH=token
WORKDIR /data
VOLUME /data
USER 10001:10001
EXPOSE 8765
STOPSIGNAL SIGTERM
# Every part writes a row every two seconds; this asks whether those of this container still do.
HEALTHCHECK --interval=30s --timeout=10s --start-period=60s --retries=3 \
    CMD ["python", "-m", "worker.alive"]
ENTRYPOINT ["alliance-watch"]
CMD ["run"]
