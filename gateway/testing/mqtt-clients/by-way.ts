import { expect } from 'vitest';
import type { Agent, Client, ConnectHow } from './agent.ts';
import { mosquittoTools } from './mosquitto-tools.ts';

/** A client of some library, and how it reaches the broker. */
export interface ByWay {
  client: Client;
  /** Its own topics begin with it, and the ids of its connections. */
  id: string;
  /** How it connects, but for its id. */
  how: Omit<ConnectHow, 'id'>;
  /** Somebody else at the same broker. */
  peer: Agent;
}

/** Whether a client can do by some way what it does by TCP: QoS 1 and 2, its will, and its session. */
export async function tryByWay({ client, id, how, peer }: ByWay): Promise<void> {
  const agents: Agent[] = [];
  const join = async (name: string, more: object): Promise<Agent> => {
    const agent = client.start();
    agents.push(agent);
    await agent.connect({ ...how, id: `${id}-${name}`, ...more });
    return agent;
  };
  try {
    await peer.subscribe(`${id}/up`, 2);
    await peer.subscribe(`${id}/will`, 2);
    const agent = await join('lasting', { persistent: true });
    await agent.subscribe(`${id}/down`, 2);
    for (const qos of [1, 2] as const) {
      await agent.publish({ topic: `${id}/up`, payload: `up ${qos}`, qos });
      expect(await peer.message(`${id}/up`)).toMatchObject({ payload: `up ${qos}`, qos });
      await peer.publish({ topic: `${id}/down`, payload: `down ${qos}`, qos });
      expect(await agent.message(`${id}/down`)).toMatchObject({ payload: `down ${qos}`, qos });
    }
    await agent.disconnect();
    if (!client.readsOnlyWhatItAskedFor) {
      await peer.publish({ topic: `${id}/down`, payload: 'while it was away', qos: 2 });
      const back = await join('lasting', { persistent: true });
      // mosquitto_sub connects when it subscribes.
      if (client === mosquittoTools) await back.subscribe(`${id}/down`, 2);
      expect(await back.message(`${id}/down`)).toMatchObject({ payload: 'while it was away', qos: 2 });
    }
    const doomed = await join('doomed', { will: { topic: `${id}/will`, payload: 'gone', qos: 1 } });
    await doomed.subscribe(`${id}/rest`, 0);
    await doomed.kill();
    expect(await peer.message(`${id}/will`)).toMatchObject({ payload: 'gone', qos: 1 });
  } finally {
    await Promise.all(agents.map((each) => each.kill()));
  }
}
