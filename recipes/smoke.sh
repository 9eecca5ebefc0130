#!/bin/sh
# A test with nothing but curl: does the login survive a busy Hub?
set -eu

port=${HUB_PORT:-5000}
hub=http://127.0.0.1:$port
hub-v1 serve --ephemeral --control --port "$port" --log-level warn --exit-with-parent &
trap 'kill $!' EXIT
curl -fsS --retry 30 --retry-delay 1 --retry-connrefused "$hub/_hub/health"; echo

curl -fsS -d '{"username": "jamtur01", "password": "secret"}' "$hub/_hub/users"; echo
curl -fsS -d '{"match": {"path": "/v1/users/"}, "times": 1, "then": {"status": 503, "retryAfter": 1}}' "$hub/_hub/faults"; echo

# curl waits as long as Retry-After says, and tries again.
answer=$(curl -fsS --retry 3 --user jamtur01:secret "$hub/v1/users/")
test "$answer" = '"OK"'

# What the Hub saw, in its own words.
curl -fsS "$hub/_hub/requests?path=/v1/users/" | grep -oE '"sentence":"([^"\\]|\\.)*"'
