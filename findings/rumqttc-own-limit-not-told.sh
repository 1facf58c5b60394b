#!/bin/sh
# rumqttc 0.25.1 (Rust) at MQTT 5: takes 10 kB at most and does not tell the broker, so that one message stops a session for good.
#
# MQTT 5 has a property for this, Maximum Packet Size in CONNECT: a broker does not send what is larger. rumqttc sends it only where
# set_max_packet_size was called, but without that call it refuses packets of over 10,240 bytes all the same: it ends the connection.
# In a session that outlives the connection, the broker sends the same message again at each reconnect, and nothing behind it arrives:
#
#   connected
#   Mqtt state: Mqtt serialization/deserialization error: Max Payload size of 10240 has been exceeded by packet of 20006 bytes
#   connected
#   Mqtt state: Mqtt serialization/deserialization error: Max Payload size of 10240 has been exceeded by packet of 20006 bytes
#   limit told: none
#   limit told: none
#
# So a program of rumqttc::v5 calls set_max_packet_size with what it can take.
set -e
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
cat >broker.py <<'END'
# Accepts a session, and sends it a message of 20,000 bytes with QoS 1 until it is acknowledged.
import socket
import sys

server = socket.create_server(("127.0.0.1", 0))
print(server.getsockname()[1], flush=True)
while True:
    connection, _ = server.accept()
    connect = connection.recv(1000)
    # Fixed header, "MQTT", version, flags and keep-alive are 12 bytes. Properties follow their length; these two kinds are 5 bytes long.
    properties = connect[13 : 13 + connect[12]]
    print("limit told:", "0x27" if 0x27 in properties[0::5] else "none", file=sys.stderr, flush=True)
    connection.sendall(bytes([0x20, 3, 1, 0, 0]))
    payload = b"\x00\x01a\x00\x01\x00" + b"x" * 20000
    connection.sendall(bytes([0x32, len(payload) % 128 | 128, len(payload) // 128 % 128 | 128, len(payload) // 16384]) + payload)
    try:
        while connection.recv(1000):
            pass
    except ConnectionResetError:
        pass
END
mkdir src
cat >Cargo.toml <<'END'
[package]
name = "try"
version = "0.1.0"
edition = "2021"

[dependencies]
rumqttc = { version = "=0.25.1", default-features = false }
tokio = { version = "1", features = ["rt", "macros", "time"] }
END
cat >src/main.rs <<'END'
use rumqttc::v5::{mqttbytes::v5::Packet, AsyncClient, Event, MqttOptions};

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let port = std::env::args().nth(1).unwrap().parse().unwrap();
    let mut options = MqttOptions::new("try", "127.0.0.1", port);
    options.set_clean_start(false);
    options.set_session_expiry_interval(Some(600));
    let (_client, mut events) = AsyncClient::new(options, 10);
    let mut refused = 0;
    while refused < 2 {
        match events.poll().await {
            Ok(Event::Incoming(Packet::ConnAck(_))) => println!("connected"),
            Ok(Event::Incoming(Packet::Publish(_))) => println!("message"),
            Ok(_) => {}
            Err(error) => {
                refused += 1;
                println!("{error}");
            }
        }
    }
}
END
cargo build --quiet
python3 broker.py >port 2>told &
broker=$!
trap 'kill $broker; rm -rf "$folder"' EXIT
until [ -s port ]; do sleep 0.1; done
target/debug/try "$(cat port)" | tee seen
cat told
[ "$(grep -c '^connected' seen)" = 2 ]
[ "$(grep -c 'Max Payload size of 10240 has been exceeded by packet of 20006 bytes' seen)" = 2 ]
! grep -q message seen
[ "$(sort -u told)" = 'limit told: none' ]
