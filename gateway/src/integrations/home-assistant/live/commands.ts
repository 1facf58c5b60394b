import type { ErrorCode } from '../../../common/errors.ts';
import type { Counter, Metrics } from '../../../common/metrics.ts';
import type { Message } from '../../../hub/message.ts';
import { fieldsFor } from '../talk/command.ts';
import type { Topics } from '../topics.ts';
import type { Book } from './book.ts';
import type { Channels } from './channels.ts';
import type { Entry } from './entry.ts';
import type { Speaker } from './speaker.ts';
import type { States } from './states.ts';

interface CommandsParts {
  readonly metrics: Metrics;
  readonly topics: Topics;
  readonly speaker: Speaker;
  readonly channels: Channels;
  readonly states: States;
  readonly book: Book;
  maySend(client: string, channel: string): boolean;
  /** Whether a device is at another gateway. */
  isElsewhere(entry: Entry): boolean;
  report(code: ErrorCode, who: string, message: string): void;
}

/** Sends devices what Home Assistant asks of them. */
export class Commands {
  readonly #parts: CommandsParts;
  readonly #sent: Counter;
  readonly #refused: Counter;

  constructor(parts: CommandsParts) {
    this.#parts = parts;
    const counters = parts.metrics.counters({
      name: 'crosscomm_home_assistant_commands_total',
      help: 'What Home Assistant asked of devices; refused: it was nothing that could be asked, or whoever sent it may not.',
      labels: ['result'],
    });
    this.#sent = counters.of({ result: 'sent' });
    this.#refused = counters.of({ result: 'refused' });
  }

  /** Takes a message to the topic of a command. */
  take(message: Message): void {
    const { topics, book, channels, states, speaker, maySend, isElsewhere } = this.#parts;
    const { device, component: key } = topics.partsOf(message.to);
    const entry = book.byId(device);
    // The gateway that has it hears this as well.
    if (entry !== undefined && isElsewhere(entry)) return;
    const part = entry?.isDeleted ? undefined : entry?.parts.get(key);
    if (part === undefined) {
      this.#refuse('PEER_NOT_FOUND', message, 'there is no such device');
      return;
    }
    const { component } = part;
    const fields = typeof message.body === 'string' ? fieldsFor(component, message.body) : undefined;
    if (fields === undefined) {
      this.#refuse('PEER_MALFORMED', message, `a ${component.type} cannot be asked for that`);
      return;
    }
    if (!maySend(message.from, component.channel)) {
      this.#refuse('PEER_NOT_ALLOWED', message, `it may not send to the channel ${component.channel}`);
      return;
    }
    this.#sent.value++;
    const named = channels.isShared(component.channel) && component.field === undefined;
    const { delivered } = speaker.ask(component.channel, named ? { ...fields, component: component.name } : fields);
    // What nobody has heard has not become so.
    if (delivered > 0 && component.type !== 'button') states.echo(part, fields);
  }

  #refuse(code: ErrorCode, { from, to }: Message, why: string): void {
    this.#refused.value++;
    this.#parts.report(code, from, `What ${from} sent to ${to.slice(0, 200)} was passed on to no device: ${why}.`);
  }
}
