// An MQTT program: prints every temperature of the device `uno`, and switches its LED on.
// Needs: npm install mqtt
// Run:   node mqtt-lamp.mjs [mqtt://localhost:1883]
import { connect } from 'mqtt';

// Two clients with one id disconnect each other again and again, so each copy of this program has another.
const clientId = `mqtt-lamp-${Math.random().toString(36).slice(2, 8)}`;
const client = connect(process.argv[2] ?? 'mqtt://localhost:1883', { clientId });
client.on('connect', () => {
  client.subscribe('uno');
  client.publish('uno', JSON.stringify({ led: 1 }));
});
client.on('message', (topic, payload) => {
  const { temperature } = JSON.parse(payload.toString());
  if (temperature !== undefined) console.log(`${topic}: ${temperature} °C`);
});
