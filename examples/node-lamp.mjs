// A Node program with the CrossComm client: prints every temperature of the device `uno`, and switches its LED on.
// Needs: npm install http://localhost:9898/crosscomm-client.tgz (of a gateway that runs; in a clone it is there)
// Run:   node node-lamp.mjs [localhost] [9898]
import { CrossCommService } from '@crosscomm/client';

const [, , ip, port] = process.argv;
const clientId = `node-lamp-${Math.random().toString(36).slice(2, 8)}`; // another for each copy of this program
const client = new CrossCommService({ clientId, ip: ip ?? 'localhost', port: Number(port ?? 9898) });
await client.login();
await client.subscribe('uno', ({ temperature }) => {
  if (temperature !== undefined) console.log(`uno: ${temperature} °C`);
});
const { accepted, reason } = await client.send('uno', { led: 1 });
console.log(accepted ? 'The LED is told to shine.' : `Nobody is told: ${reason}.`);
