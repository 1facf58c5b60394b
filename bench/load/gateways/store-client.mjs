import { Objm } from '@nats-io/obj';
import { connect } from '@nats-io/transport-node';

/** A client of NATS that reads an object of its Object Store, in a process of its own, whenever it is told to. */

const [url, role, bytes] = process.argv.slice(2);
const connection = await connect({ servers: [url] });
const store = await new Objm(connection).create('bench');
if (role === 'from') await store.putBlob({ name: 'object' }, Buffer.alloc(Number(bytes), 7));

process.on('message', async (/** @type {{ do: string }} */ message) => {
  if (message.do === 'exit') {
    await connection.close();
    process.exit(0);
  }
  let read = 0;
  const found = await store.get('object');
  const reader = found?.data.getReader();
  for (;;) {
    const { done, value } = (await reader?.read()) ?? { done: true, value: undefined };
    if (done) break;
    read += value?.length ?? 0;
  }
  process.send?.({ read });
});
process.send?.({ ready: true });
