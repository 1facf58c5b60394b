import { afterAll, beforeAll, describe, it } from 'vitest';
import type { Client } from './agent.ts';
import { type Broker, startBroker } from './brokers.ts';
import { CASES, keepSessions, Stage } from './cases.ts';

/** What further tests of a file have: the broker of all, and a stage for each client by its name. */
export interface Tested {
  readonly broker: Broker;
  stage(client: Client): Stage;
}

/** Declares the cases as tests of these clients, with one broker for all, and starts it before the first. */
export function testClients(clients: readonly Client[]): Tested {
  let broker: Broker;
  const stages = new Map<Client, Stage>();

  function stage(client: Client): Stage {
    const found = stages.get(client);
    if (!found) throw new Error(`${client.name} is none of the clients`);
    return found;
  }

  beforeAll(async () => {
    broker = await startBroker();
    for (const [index, client] of clients.entries()) stages.set(client, new Stage(client, broker, `client${index}`));
  });
  afterAll(async () => {
    await Promise.all([...stages.values()].map((one) => one.close()));
    await broker?.stop();
  });

  describe.each(clients)('$name at MQTT 5', (client) => {
    it.each(Object.entries(CASES))('%s', async (_, run) => {
      await run(stage(client));
    });
  });

  it('all keep their sessions over a restart of the broker', async () => {
    await keepSessions([...stages.values()], broker);
  });

  return {
    get broker() {
      return broker;
    },
    stage,
  };
}
