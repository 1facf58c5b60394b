#!/bin/sh
# mosquitto-clients 2.0.11 (Debian 12): Ctrl-C ends mosquitto_sub without its will at MQTT 3.1.1, and with its will at MQTT 5.
#
# A client that ends as MQTT wants it sends DISCONNECT, and its will is dropped: so it is when mosquitto_sub gets a signal and speaks
# MQTT 3.1.1, its default. With `-V mqttv5` the same tool, ended in the same way, sends DISCONNECT with reason code 4, "disconnect with
# will message", and the broker publishes the will. The manual does not say so:
#
#   mqttv311: no will
#   mqttv5: will
#
# So a script that watches with `-V mqttv5` and a will reports a failure each time that it is stopped as planned.
set -e
export PATH="$PATH:/usr/sbin"
port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
folder=$(mktemp -d)
mosquitto -p "$port" >/dev/null 2>&1 &
broker=$!
trap 'kill $broker; rm -rf "$folder"' EXIT
until mosquitto_pub -p "$port" -t ready -m '' 2>/dev/null; do sleep 0.1; done

try() {
  # Hears the will, or what is published after the client has gone.
  mosquitto_sub -p "$port" -t state -C 1 >"$folder/heard" &
  hearing=$!
  stdbuf -oL mosquitto_sub -d -p "$port" -V "$1" -t lamp --will-topic state --will-payload will >"$folder/said" &
  watching=$!
  until grep -q SUBACK "$folder/said"; do sleep 0.1; done
  # As Ctrl-C: a shell that is no terminal has its background programs ignore that.
  kill -TERM "$watching"
  wait "$watching" || true
  mosquitto_pub -p "$port" -t state -m 'no will'
  wait "$hearing"
  echo "$1: $(cat "$folder/heard")"
}

(try mqttv311; try mqttv5) | tee "$folder/seen"
grep -qx 'mqttv311: no will' "$folder/seen"
grep -qx 'mqttv5: will' "$folder/seen"
