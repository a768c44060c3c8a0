# One image for web, worker, beat and migrate; docker-compose.yml says which command each runs.

FROM python:3.11-slim-bookworm AS packages
RUN python -m venv /opt/venv
COPY requirements/base.txt .
RUN /opt/venv/bin/pip install --no-cache-dir --disable-pip-version-check --require-hashes -r base.txt

FROM python:3.11-slim-bookworm
ENV PATH=/opt/venv/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1
# /app/beat is where beat keeps its timetable; a volume mounted there takes over its owner.
RUN useradd --system --uid 10001 --home-dir /app --shell /usr/sbin/nologin ivig_care \
    && install -d -o ivig_care -g ivig_care /app /app/beat
WORKDIR /app
COPY --from=packages /opt/venv /opt/venv
COPY . .
RUN pybabel --quiet compile --domain django --directory locale
# The static files are those of a real site, so the settings of one are given; nothing connects to them.
RUN DATABASE_URL=postgres://unused@127.0.0.1/unused REDIS_URL=redis://127.0.0.1 PUBLIC_URL=https://unused.example \
    SECRET_KEY="$(python -c 'import secrets; print(secrets.token_hex(32))')" \
    python manage.py collectstatic --no-input --verbosity 0
USER ivig_care
EXPOSE 8000
CMD ["gunicorn", "ivig_care.wsgi", "--bind", "0.0.0.0:8000", "--workers", "2", "--worker-class", "gthread", \
     "--threads", "8", "--limit-request-fields", "60", "--worker-tmp-dir", "/dev/shm", "--no-control-socket", "--access-logfile", "-"]
