#!/usr/bin/env bash
# Tables in an object store, tried against a server that speaks as Amazon S3 does (moto, in Python): no cloud is at hand here.
#
#   tests/cloud/run.sh
#
# Makes a virtual environment under target/cloud (pip fetches it once), starts the server on a free port of loopback with a
# bucket, runs tests/cli/cloud.rs, and ends it. Needs cargo and Python 3.10 or later with venv; says so if they are missing.
set -Eeuo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
venv="${CARGO_TARGET_DIR:-target}/cloud/venv"

command -v python3 >/dev/null || { echo "NOT POSSIBLE: python3 is missing: an object store is tested" >&2; exit 1; }
if ! cmp -s tests/cloud/requirements.txt "${venv}/requirements.txt"; then
  rm -rf "${venv}"
  python3 -m venv "${venv}" || { echo "NOT POSSIBLE: python3 makes no virtual environment" >&2; exit 1; }
  "${venv}/bin/pip" install --quiet --disable-pip-version-check -r tests/cloud/requirements.txt
  cp tests/cloud/requirements.txt "${venv}/requirements.txt"
fi

port=$("${venv}/bin/python" -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
"${venv}/bin/moto_server" -H 127.0.0.1 -p "${port}" >/dev/null 2>&1 &
server=$!
trap 'kill "${server}" 2>/dev/null || true' EXIT
endpoint="http://127.0.0.1:${port}"
"${venv}/bin/python" - "${endpoint}" <<'EOF'
import sys, time, urllib.error, urllib.request
for _ in range(100):
    try:
        # The first request loads all of the server: where nothing of it is in memory yet, that takes longer than seconds.
        urllib.request.urlopen(urllib.request.Request(sys.argv[1] + "/locard", method="PUT"), timeout=60)
        sys.exit(0)
    except urllib.error.HTTPError as error:
        # Made by a request of ours that was given up.
        sys.exit(0 if error.code == 409 else str(error))
    except (urllib.error.URLError, TimeoutError):
        time.sleep(0.2)
sys.exit("the server does not answer")
EOF

# Made up for this server.
export AWS_ENDPOINT="${endpoint}" AWS_ALLOW_HTTP=true AWS_REGION=us-east-1 AWS_ACCESS_KEY_ID=made-up AWS_SECRET_ACCESS_KEY=made-up
export LOCARD_TEST_OBJECT_STORE=s3://locard
timeout --kill-after=10 600 cargo test --locked --test cli cloud:: -- --nocapture
