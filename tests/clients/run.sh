#!/usr/bin/env bash
# Real PostgreSQL clients against the server: psql, psycopg, SQLAlchemy, ADBC, and PostgreSQL's JDBC driver.
#
#   tests/clients/run.sh                  all of them
#   tests/clients/run.sh test_NAME ...    some of postgres.py's, and not JDBC
#
# Makes a virtual environment and a folder of jars under target/clients (pip and Maven fetch them once), starts
# examples/pg_demo, and ends it. Needs cargo, Python 3.10 or later with venv, psql, openssl, Java 17 and Maven; says so if
# one is missing.
set -Eeuo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
target="${CARGO_TARGET_DIR:-target}"
venv="${target}/clients/venv"
jars="${target}/clients/jars"

for tool in python3 psql openssl java mvn; do
  command -v "${tool}" >/dev/null || { echo "NOT POSSIBLE: ${tool} is missing: real clients are tested" >&2; exit 1; }
done

mkdir -p "${target}/clients"
if ! cmp -s tests/clients/requirements.txt "${venv}/requirements.txt"; then
  rm -rf "${venv}"
  python3 -m venv "${venv}" || { echo "NOT POSSIBLE: python3 makes no virtual environment" >&2; exit 1; }
  "${venv}/bin/pip" install --quiet --disable-pip-version-check -r tests/clients/requirements.txt
  cp tests/clients/requirements.txt "${venv}/requirements.txt"
fi
if ! cmp -s tests/clients/pom.xml "${jars}/pom.xml"; then
  rm -rf "${jars}"
  mvn -B -q -f tests/clients/pom.xml dependency:copy-dependencies -DincludeScope=runtime \
    -DoutputDirectory="$(realpath -m "${jars}")" >&2
  cp tests/clients/pom.xml "${jars}/pom.xml"
fi

openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=localhost -addext subjectAltName=DNS:localhost,IP:127.0.0.1 \
  -keyout "${target}/clients/server.key" -out "${target}/clients/server.crt" 2>/dev/null

# Arrow Flight SQL's driver, against its own server.
cargo build --locked --example flight_demo
FLIGHT_DEMO="${target}/debug/examples/flight_demo" CLIENTS_DIR="${target}/clients" \
  timeout --kill-after=10 600 "${venv}/bin/python" -X dev tests/clients/flight.py

cargo build --locked --example pg_demo
export PG_DEMO="${target}/debug/examples/pg_demo" CLIENTS_DIR="${target}/clients"
timeout --kill-after=10 600 "${venv}/bin/python" -X dev -W error::ResourceWarning tests/clients/postgres.py "$@"
