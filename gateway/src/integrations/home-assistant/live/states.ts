import type { ErrorCode } from '../../../common/errors.ts';
import type { Counter, Metrics } from '../../../common/metrics.ts';
import type { HomeAssistantConfig } from '../../../config/home-assistant.ts';
import type { Message } from '../../../hub/message.ts';
import { saidBy } from '../talk/said.ts';
import { payloadOf, stateAfter } from '../talk/state.ts';
import type { Topics } from '../topics.ts';
import type { Part } from './entry.ts';
import type { Speaker } from './speaker.ts';

interface StatesParts {
  readonly config: HomeAssistantConfig;
  readonly metrics: Metrics;
  readonly topics: Topics;
  readonly speaker: Speaker;
  read(message: Message, maxBytes: number): Promise<Uint8Array | undefined>;
  report(code: ErrorCode, who: string, message: string): void;
}

/** Of what a person or a command sets, the state stays on disk; sensors say theirs again soon, and would wear out an SD card. */
const RETAINED: ReadonlySet<string> = new Set(['switch', 'light', 'number', 'text', 'binary_sensor']);
/** How many bytes of images are kept for a Home Assistant that starts again. */
const MOST_IMAGE_BYTES = 32 * 1024 * 1024;

/** Tells Home Assistant what devices say. */
export class States {
  readonly #parts: StatesParts;
  readonly #sent: Counter;
  /** With an image in memory, the one that came last at the end. */
  readonly #withImage = new Set<Part>();
  #imageBytes = 0;
  /** Whose image is being read, and the message of a newer one. */
  readonly #reading = new Map<Part, Message | undefined>();
  #isOver = false;

  constructor(parts: StatesParts) {
    this.#parts = parts;
    const help = 'States and images of devices that Home Assistant was told.';
    this.#sent = parts.metrics.counter({ name: 'crosscomm_home_assistant_states_total', help });
  }

  /** Takes what a message on its channel says of a part. */
  take(part: Part, message: Message): void {
    const { component, entry } = part;
    if (component.type === 'image' || component.type === 'camera') {
      this.#takeImage(part, message);
      return;
    }
    const said = saidBy(message);
    if (said === undefined) return;
    if (component.type === 'event') {
      // The same may happen again.
      part.state = stateAfter({}, component, said);
      const payload = payloadOf(component, part.state);
      if (payload !== undefined) this.#say(this.#parts.topics.state(entry.id, component.name), payload);
      return;
    }
    const after = stateAfter(part.state, component, said);
    if (after === part.state) return;
    part.state = after;
    this.#change(part);
  }

  /** Tells all of a part that is known, to a Home Assistant that has come. */
  show(part: Part): void {
    const { image, component } = part;
    const topic = this.#parts.topics.state(part.entry.id, component.name);
    if (image !== undefined) this.#say(topic, image);
    if (component.type === 'event') return;
    part.shown = undefined;
    this.#change(part);
  }

  /** Tells the state of a part that was asked to become something, also where it is as it was. */
  echo(part: Part, fields: Readonly<Record<string, unknown>>): void {
    part.state = stateAfter(part.state, part.component, { fields });
    part.shown = undefined;
    this.#change(part);
  }

  /** Ends what is kept of a part. */
  clear(part: Part): void {
    const { name, type } = part.component;
    this.#forget(part);
    if (RETAINED.has(type)) this.#parts.speaker.clear(this.#parts.topics.state(part.entry.id, name));
  }

  stop(): void {
    this.#isOver = true;
  }

  #change(part: Part): void {
    const { component, entry, state } = part;
    const payload = payloadOf(component, state);
    if (payload === undefined || payload === part.shown) return;
    part.shown = payload;
    const topic = this.#parts.topics.state(entry.id, component.name);
    if (RETAINED.has(component.type)) {
      this.#sent.value++;
      this.#parts.speaker.retain(topic, payload);
    } else this.#say(topic, payload);
  }

  #say(topic: string, body: string | Uint8Array): void {
    this.#sent.value++;
    this.#parts.speaker.say(topic, body);
  }

  #takeImage(part: Part, message: Message): void {
    if (message.kind === 'bytes') this.#showImage(part, message.bytes);
    else if (message.objectKey !== undefined) {
      const isReading = this.#reading.has(part);
      // Of those that come meanwhile, only the newest is of interest.
      this.#reading.set(part, isReading ? message : undefined);
      if (!isReading) void this.#readImages(part, message);
    }
  }

  async #readImages(part: Part, first: Message): Promise<void> {
    let message: Message | undefined = first;
    while (message !== undefined && !this.#isOver) {
      const bytes = await this.#parts.read(message, this.#parts.config.maxImageBytes);
      if (bytes === undefined) this.#refuse(part);
      else if (!this.#isOver) this.#showImage(part, bytes);
      message = this.#reading.get(part);
      this.#reading.set(part, undefined);
    }
    this.#reading.delete(part);
  }

  #showImage(part: Part, image: Uint8Array): void {
    if (image.length > this.#parts.config.maxImageBytes) {
      this.#refuse(part);
      return;
    }
    this.#keep(part, image);
    this.#say(this.#parts.topics.state(part.entry.id, part.component.name), image);
  }

  #keep(part: Part, image: Uint8Array): void {
    this.#forget(part);
    part.image = image;
    this.#withImage.add(part);
    this.#imageBytes += image.length;
    for (const oldest of this.#withImage) {
      if (this.#imageBytes <= MOST_IMAGE_BYTES) break;
      this.#forget(oldest);
    }
  }

  #forget(part: Part): void {
    this.#imageBytes -= part.image?.length ?? 0;
    part.image = undefined;
    this.#withImage.delete(part);
  }

  #refuse({ entry, component }: Part): void {
    const { maxImageBytes } = this.#parts.config;
    const what = `An image of ${component.name} was not sent to Home Assistant: it cannot be read, or has more than ${maxImageBytes} bytes (homeAssistant.maxImageBytes).`;
    this.#parts.report('PEER_TOO_LARGE', entry.device.name, what);
  }
}
