#!/bin/sh
# mosquitto-clients 2.0.11 (Debian 12): at MQTT 5, mosquitto_sub does not come back when the broker says that it stops.
#
# mosquitto_sub connects again whenever it loses its connection, at MQTT 5 too. But MQTT 5 lets a broker say goodbye before it closes,
# with DISCONNECT and a reason such as "server shutting down" (0x8B): then mosquitto_sub takes its work as done and ends, with exit
# code 0, and so does every program that waits in mosquitto_loop_forever of its library. mosquitto itself says no goodbye:
#
#   broker closes: connected 2 times
#   broker says goodbye and closes: connected 1 times, exit code 0
#
# So whoever runs mosquitto_sub with `-V mqttv5` has it started again when it ends, also without an error.
set -e
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cat >"$folder/try.py" <<'END'
import socket
import subprocess

CONNACK = bytes([0x20, 3, 0, 0, 0])
SUBACK = bytes([0x90, 4, 0, 1, 0, 0])
SHUTTING_DOWN = bytes([0xE0, 1, 0x8B])


def serve(goodbye):
    """Lets mosquitto_sub in and subscribe, and ends the connection; how often it came, and its exit code if it ended."""
    server = socket.create_server(("127.0.0.1", 0))
    server.settimeout(5)
    command = ["mosquitto_sub", "-V", "mqttv5", "-p", str(server.getsockname()[1]), "-t", "lamp"]
    client = subprocess.Popen(command)
    came = 0
    try:
        while came < 2:
            connection, _ = server.accept()
            came += 1
            connection.recv(1000)
            connection.sendall(CONNACK)
            connection.recv(1000)
            connection.sendall(SUBACK + goodbye)
            connection.close()
    except TimeoutError:
        pass
    code = client.poll()
    client.kill()
    client.wait()
    return came, code


print("broker closes: connected %d times" % serve(b"")[0])
print("broker says goodbye and closes: connected %d times, exit code %s" % serve(SHUTTING_DOWN))
END
python3 "$folder/try.py" | tee "$folder/seen"
grep -qx 'broker closes: connected 2 times' "$folder/seen"
grep -qx 'broker says goodbye and closes: connected 1 times, exit code 0' "$folder/seen"
