#!/usr/bin/env bash
# Real PostgreSQL clients against the server: psql, psycopg, SQLAlchemy, ADBC.
#
#   tests/clients/run.sh
#
# Makes a virtual environment under target/clients (pip asks PyPI), starts examples/pg_demo, and ends it. Needs cargo,
# Python 3.10 or later, psql and openssl; says so if one is missing.
set -Eeuo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
target="${CARGO_TARGET_DIR:-target}"
venv="${target}/clients/venv"

for tool in python3 psql openssl; do
  command -v "${tool}" >/dev/null || { echo "NOT POSSIBLE: ${tool} is missing: real clients are tested" >&2; exit 1; }
done

mkdir -p "${target}/clients"
[[ -x "${venv}/bin/python" ]] || python3 -m venv "${venv}"
"${venv}/bin/pip" install --quiet --disable-pip-version-check -r tests/clients/requirements.txt

openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=localhost -addext subjectAltName=DNS:localhost,IP:127.0.0.1 \
  -keyout "${target}/clients/server.key" -out "${target}/clients/server.crt" 2>/dev/null

# Arrow Flight SQL's driver, against its own server.
cargo build --locked --example flight_demo
FLIGHT_DEMO="${target}/debug/examples/flight_demo" CLIENTS_DIR="${target}/clients" \
  timeout --kill-after=10 600 "${venv}/bin/python" -X dev tests/clients/flight.py

cargo build --locked --example pg_demo
PG_DEMO="${target}/debug/examples/pg_demo" CLIENTS_DIR="${target}/clients" \
  timeout --kill-after=10 600 "${venv}/bin/python" -X dev -W error::ResourceWarning tests/clients/postgres.py "$@"
