import type { FrameClient } from '@crosscomm/protocol';
import { EventQueue, type LineEvent } from '@crosscomm/testing/json-lines';
import { connectAsync, type MqttClient } from 'mqtt';
import { sendByFrames } from './frame-client.ts';
import { LIMITS } from './settings.ts';

/** A number that the subject said aloud; `start` counts the board's starts. */
export interface Counted {
  n: number;
  start: number;
}

/** What the subject's book says of the messages that came: see hil-tests/sketches/subject. */
export interface Book {
  count: number;
  bad: number;
  last: number;
  sum: number;
}

/**
 * An MQTT client beside a board with the sketch `subject`. The gateway keeps its session on disk, so it misses nothing while
 * the gateway is away.
 */
export class Ear {
  readonly id: string;
  readonly #mqtt: MqttClient;
  readonly #events: EventQueue;
  readonly #packets = new Set<string>();
  #heard = 0;
  /** What came by the board's channel of numbers, in the order in which it came. */
  readonly counted: Counted[] = [];

  private constructor(mqtt: MqttClient, id: string) {
    this.#mqtt = mqtt;
    this.id = id;
    this.#events = new EventQueue(`the ear beside ${id}`);
    mqtt.on('message', (topic, payload, { messageId }) => this.#hear(topic, payload.toString(), messageId));
    // It tries again until the gateway is back.
    mqtt.on('error', () => {});
  }

  /** Listens to the board that will join as `id`. */
  static async open(port: number, id: string): Promise<Ear> {
    const clientId = `ear-${id}`;
    const mqtt = await connectAsync(`mqtt://127.0.0.1:${port}`, { clientId, clean: false, reconnectPeriod: 100 });
    const ear = new Ear(mqtt, id);
    await mqtt.subscribeAsync([`${id}/says`, `${id}/numbers`, `$presence/${id}`], { qos: 1 });
    return ear;
  }

  /** Tells the board; resolves when the gateway has it. */
  async tell(data: Record<string, unknown>): Promise<void> {
    await this.#mqtt.publishAsync(this.id, JSON.stringify(data), { qos: 1 });
  }

  /** What the board says next, from now on, that has this key. */
  said(key: string): Promise<LineEvent> {
    return this.#next(key, (event) => event.event === 'says' && key in event);
  }

  /** Waits until it is told, from now on, that the board is online or offline. */
  async presence(status: 'online' | 'offline'): Promise<void> {
    await this.#next(status, (event) => event.event === 'presence' && event.status === status);
  }

  /** Waits until the board has said a number in another start than the last one. */
  async startOfBoard(): Promise<void> {
    const before = this.counted.at(-1)?.start;
    await this.#next('number of another start', (event) => event.event === 'number' && event.start !== before);
  }

  /** Waits until the board has said a number that it had not said before, and that is `n` at least. */
  async number(n: number): Promise<void> {
    await this.#next(`number ${n}`, (event) => event.event === 'number' && Number(event.n) >= n);
  }

  /**
   * What the board's book says when it has read all that it was told before. A frame client asks, as it learns whether the
   * question found room among what waits for the board.
   */
  async book(asker: FrameClient): Promise<Book> {
    const book = this.said('count');
    for (;;) {
      const reading = this.said('temperature');
      const { delivered } = await sendByFrames(asker, this.id, { report: 1 });
      if (delivered === 1) return (await book) as LineEvent & Book;
      await reading;
    }
  }

  /** Waits until the board has told all that it has to tell by now: whatever it repeats has come, too. */
  async settled(): Promise<void> {
    const answer = this.said('led');
    await this.tell({ led: 0 });
    await answer;
  }

  async close(): Promise<void> {
    await this.#mqtt.endAsync(true);
  }

  #hear(topic: string, text: string, packetId: number | undefined): void {
    const data = JSON.parse(text) as Record<string, unknown>;
    if (topic.startsWith('$presence/')) this.#push('presence', data);
    else if (topic.endsWith('/says')) this.#push('says', data);
    else {
      // A broker that was killed may not know that a packet was acknowledged; then it sends the same packet again.
      const packet = `${packetId} ${text}`;
      if (this.#packets.has(packet)) return;
      this.#packets.add(packet);
      this.counted.push({ n: Number(data.n), start: Number(data.start) });
      this.#push('number', data);
    }
  }

  #push(event: string, data: Record<string, unknown>): void {
    this.#events.push({ ...data, event, at: ++this.#heard });
  }

  #next(what: string, matches: (event: LineEvent) => boolean): Promise<LineEvent> {
    const now = this.#heard;
    const next = this.#events.take(what, (event) => Number(event.at) > now && matches(event), LIMITS.event);
    // A test that waits for it later may have failed before; whoever awaits it is told all the same.
    next.catch(() => {});
    return next;
  }
}
