import type { Clock } from '../../common/clock.ts';
import type { ErrorCode } from '../../common/errors.ts';
import type { Log } from '../../common/log.ts';
import type { Counter, Metrics } from '../../common/metrics.ts';
import { bridgeId } from '../../common/names.ts';
import type { BridgeConfig } from '../../config/bridges.ts';
import { PROPERTY } from '../../mqtt-engine/codec/property-ids.ts';
import { PropertyWriter } from '../../mqtt-engine/codec/property-writer.ts';
import type { BridgePort } from '../../protocols/bridge-port.ts';
import { Bridge, type BridgeNote, type BridgeState } from './bridge.ts';
import type { LinkCounts } from './link.ts';

export interface BridgesParts {
  readonly config: readonly BridgeConfig[];
  readonly port: BridgePort;
  /** The longest packet that MQTT takes here. */
  readonly maxPacketBytes: number;
  readonly clock: Clock;
  readonly log: Log;
  readonly metrics: Metrics;
  readonly random: () => number;
  /** What is remembered on disk, as texts by key. */
  readonly notes: { get(key: string): Promise<string | undefined>; put(key: string, text: string): Promise<void> };
  /** The password of a bridge. */
  password(config: BridgeConfig): Promise<string | undefined>;
  report(incident: { door: string; who: string; code: ErrorCode; message: string }): void;
}

/** The user property that says which gateways a message has been sent by. */
const MARK = 'crosscomm-bridge';
/** The key of this gateway's number; no bridge has this name. */
const OWN = '$gateway';
const DIGITS = 8;

/** All bridges of this gateway to other brokers. */
export class Bridges {
  readonly #parts: BridgesParts;
  #bridges: readonly Bridge[] = [];

  constructor(parts: BridgesParts) {
    this.#parts = parts;
  }

  get states(): BridgeState[] {
    return this.#bridges.map(({ state }) => state);
  }

  /** From then on, what is to go to other brokers is kept. To be called before clients come. */
  async begin(): Promise<void> {
    const { config, port, metrics } = this.#parts;
    const own = await this.#ownNumber();
    const mark = new PropertyWriter();
    mark.pair(PROPERTY.userProperty, [MARK, own]);
    const ids = new Set(config.map(({ name }) => bridgeId(name)));
    for (const id of port.sessionIds()) if (!ids.has(id)) port.endSession(id);
    const counts = countsOf(metrics);
    this.#bridges = config.map((each) => this.#bridge(each, own, mark.toBuffer(), counts(each.name)));
    for (const bridge of this.#bridges) await bridge.begin();
    const up = { name: 'crosscomm_bridge_up', help: 'How many bridges to other brokers are connected.' };
    metrics.gauge(up, () => this.states.filter(({ isUp }) => isUp).length);
    const waiting = { name: 'crosscomm_bridge_waiting_bytes', help: 'Bytes that wait on disk for other brokers.' };
    metrics.gauge({ ...waiting, unit: 'bytes' }, () =>
      this.states.reduce((sum, state) => sum + state.waiting.bytes, 0),
    );
  }

  /** Begins to seek the other brokers. */
  start(): void {
    for (const bridge of this.#bridges) bridge.start();
  }

  stop(): void {
    for (const bridge of this.#bridges) bridge.stop();
  }

  #bridge(config: BridgeConfig, own: string, mark: Buffer, counts: LinkCounts): Bridge {
    const { notes, password, report } = this.#parts;
    const id = bridgeId(config.name);
    return new Bridge({
      ...this.#parts,
      ...{ config, id, mark, counts },
      clientId: config.clientId ?? `crosscomm-${config.name}-${own}`,
      password: () => password(config),
      note: {
        get: async () => readNote(await notes.get(config.name)),
        put: (note) => notes.put(config.name, JSON.stringify(note)),
      },
      report: (code, message) => report({ door: 'bridge', who: config.name, code, message }),
    });
  }

  async #ownNumber(): Promise<string> {
    const { notes, random } = this.#parts;
    const known = await notes.get(OWN);
    if (known !== undefined) return known;
    const made = Math.floor(random() * 36 ** DIGITS)
      .toString(36)
      .padStart(DIGITS, '0');
    await notes.put(OWN, made);
    return made;
  }
}

function readNote(text: string | undefined): BridgeNote | undefined {
  try {
    const note = JSON.parse(text ?? '') as BridgeNote;
    return Array.isArray(note.filters) ? note : undefined;
  } catch {
    return undefined;
  }
}

function countsOf(metrics: Metrics): (bridge: string) => LinkCounts {
  const counters = metrics.counters({
    name: 'crosscomm_bridge_messages_total',
    help: 'Messages to and from other brokers; refused: the other broker did not take them; dropped: they were none of those that are to pass.',
    labels: ['bridge', 'way'],
  });
  return (bridge) => {
    const of = (way: string): Counter => counters.of({ bridge, way });
    return { sent: of('sent'), received: of('received'), refused: of('refused'), dropped: of('dropped') };
  };
}
