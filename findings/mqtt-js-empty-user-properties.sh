#!/bin/sh
# mqtt.js 5.16.0 (mqtt-packet 9.0.2) at MQTT 5: a message whose user properties are an empty object is never sent, and nobody is told.
#
# The packet's writer takes 0 as the length of the properties for a fault, and goes back without a byte and without an error. So publish
# neither calls back nor fails, at QoS 0 as at QoS 1, where it waits for a PUBACK for ever. A program that fills an object only
# sometimes loses just those messages that have no user property:
#
#   user properties {"a":"b"}: QoS 0 sent, QoS 1 acknowledged
#   user properties {}: QoS 0 nothing, QoS 1 nothing
#   received: 2
#
# So userProperties is left out where there are none.
set -e
export PATH="$PATH:/usr/sbin"
port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
folder=$(mktemp -d)
mosquitto -p "$port" >/dev/null 2>&1 &
broker=$!
trap 'kill $broker; rm -rf "$folder"' EXIT
cd "$folder"
npm init -y >/dev/null
npm install --no-audit --no-fund --loglevel=error mqtt@5.16.0 mqtt-packet@9.0.2 >/dev/null
cat >try.cjs <<'END'
const mqtt = require('mqtt');

const client = mqtt.connect({ host: '127.0.0.1', port: Number(process.argv[2]), protocolVersion: 5 });
let received = 0;
client.on('message', () => received++);
client.on('error', (error) => console.log('error', error));
const publish = (qos, userProperties) =>
  new Promise((resolve) => {
    const done = (error) => resolve(error ? `fails: ${error.message}` : qos === 0 ? 'sent' : 'acknowledged');
    client.publish('lamp', 'on', { qos, properties: { userProperties } }, done);
    setTimeout(resolve, 2000, 'nothing');
  });
client.on('connect', async () => {
  await client.subscribeAsync('lamp');
  for (const properties of [{ a: 'b' }, {}]) {
    const results = await Promise.all([publish(0, properties), publish(1, properties)]);
    console.log(`user properties ${JSON.stringify(properties)}: QoS 0 ${results[0]}, QoS 1 ${results[1]}`);
  }
  console.log(`received: ${received}`);
  process.exit();
});
END
node try.cjs "$port" | tee seen
grep -qx 'user properties {"a":"b"}: QoS 0 sent, QoS 1 acknowledged' seen
grep -qx 'user properties {}: QoS 0 nothing, QoS 1 nothing' seen
grep -qx 'received: 2' seen
