import { isBridgeId } from '../common/names.ts';
import type { EngineHost, EngineSession, MqttEngine } from './contract.ts';
import { Engine } from './engine.ts';
import { DEFAULT_MAX_SESSIONS, type EngineOptions } from './options.ts';
import { MqttStore } from './store/store.ts';

const DEFAULT_MAX_QUEUED = 10_000;
const DEFAULT_MAX_QUEUED_BYTES = 256 * 1024 * 1024;

/** Opens the broker, with what is on disk of earlier runs. Returns its host, which `createHost` makes for it. */
export async function openMqttEngine<S extends EngineSession, H extends EngineHost<S>>(
  options: EngineOptions,
  createHost: (engine: MqttEngine<S>) => H,
): Promise<H> {
  const engine = new Engine<S, H>(options, (index, host) => storeFor(options, index, host), createHost);
  await engine.open();
  return engine.host;
}

function storeFor(
  options: EngineOptions,
  index: MqttStoreIndex,
  host: Pick<EngineHost<EngineSession>, 'report' | 'held'>,
): MqttStore {
  const { db, writes, clock, log, retainedBudget, damaged } = options;
  return new MqttStore({
    ...{ db, writes, clock, log, index, retainedBudget },
    limits: {
      maxQueued: options.maxQueuedMessages ?? DEFAULT_MAX_QUEUED,
      maxQueuedBytes: options.maxQueuedBytes ?? DEFAULT_MAX_QUEUED_BYTES,
      maxSessions: options.maxSessions ?? DEFAULT_MAX_SESSIONS,
      maxExpiryMs: options.sessionExpiryMs || Number.POSITIVE_INFINITY,
    },
    events: {
      queueFull: (id, topic) => {
        if (isBridgeId(id)) host.report(id, 'BRIDGE_FULL', `has a full outbox: a message to ${topic} was refused`);
        else
          host.report(id, 'PEER_TOO_SLOW', `is away and there is no room in its queue: a message to ${topic} is lost`);
      },
      retainedFull: (id = 'the gateway', topic) => {
        const what = `published a message to be retained on ${topic}, for which there is no room (limits.maxRetained, limits.maxRetainedBytes, a share of them for each client and address): it is delivered but not kept, nor is what was retained there before`;
        host.report(id, 'PEER_TOO_MANY', what);
      },
      damaged,
    },
    askHeld: (topic) => host.held(topic),
  });
}

type MqttStoreIndex = ConstructorParameters<typeof MqttStore>[0]['index'];
