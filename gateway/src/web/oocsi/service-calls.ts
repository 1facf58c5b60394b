import { randomUUID } from 'node:crypto';
import { decodeString, quote, type RawMember, writeObject } from '../../common/json/scan.ts';
import { Message } from '../../hub/message.ts';
import type { Receipt } from '../../hub/receipt.ts';
import { trafficOf } from '../../observability/traffic.ts';
import type { SessionContext } from '../../protocols/context.ts';
import { toEventData } from '../../protocols/oocsi/event-data.ts';
import { FairPlaces } from '../fair-places.ts';
import type { Asker } from '../identify.ts';
import { overQuota, RequestError } from '../request-error.ts';
import { type HttpClient, type HttpClientHandler, joinHttpClient } from './http-client.ts';

const HANDLE = '_MESSAGE_HANDLE';
const ID = '_MESSAGE_ID';

export interface ServiceCallOptions {
  context: SessionContext;
  timeoutMs: number;
  /** How many calls may wait for their answer at once; a quarter of them may be of one account or address. */
  maxCalls: number;
}

export interface ServiceCall {
  service: string;
  call: string;
  data: readonly RawMember[];
  asker: Asker;
}

/** What a call is answered with over HTTP. */
export interface ServiceAnswer {
  contentType: string;
  body: string;
}

/** OOCSI calls on behalf of HTTP requests. */
export class ServiceCalls {
  readonly #options: ServiceCallOptions;
  readonly #places: FairPlaces;

  constructor(options: ServiceCallOptions) {
    this.#options = options;
    this.#places = new FairPlaces('calls that wait for their answers', options.maxCalls, options.context.metrics);
  }

  /** Calls a service and resolves to its answer. Rejects with a RequestError where there is none. */
  async run({ service: written, call, data, asker }: ServiceCall): Promise<ServiceAnswer> {
    const { context, timeoutMs } = this.#options;
    const { access, hub, clock } = context;
    const id = randomUUID();
    const answer = deferred<Message>();
    // A channel may be answered by any of its subscribers.
    let asked: string | undefined;
    const handler: HttpClientHandler = {
      deliver(message) {
        if (asked !== undefined && message.from !== asked) return 'delivered';
        if (isAnswer(message, id)) answer.resolve(message);
        return 'delivered';
      },
      close: () => answer.reject(new RequestError('PEER_TIMEOUT', 'The gateway stops before the service answered.')),
    };
    const place = this.#places.take(asker.peer);
    let client: HttpClient | undefined;
    let cancelTimeout = (): void => {};
    try {
      client = await joinHttpClient(context, asker, handler, place);
      const { principal } = client;
      const service = principal.outward(written);
      // What is answered comes by the names of whoever asks.
      asked = hub.isOnline(service) ? principal.inward(service) : undefined;
      cancelTimeout = clock.after(timeoutMs, () => {
        const message = `Service ${written} did not answer ${call} within ${timeoutMs} ms.`;
        answer.reject(new RequestError('PEER_TIMEOUT', message));
      });
      if (!access.maySend(principal, service, 'address') || !access.mayCall(principal, service, 'address')) {
        throw new RequestError('PEER_NOT_ALLOWED', `You may not call ${written}.`);
      }
      const body = writeCall(call, id, data);
      const over = access.quotas.spend(principal, body.length, service);
      if (over !== undefined) throw overQuota(over);
      const message = new Message({ from: client.id, to: service, kind: 'dict', body, timestampMs: clock.now() });
      trafficOf(context.metrics, client.protocol).received.value++;
      const sent = hub.send(message, { passwords: true });
      const receipt = (await sent.forwarded) ?? sent;
      if (receipt.delivered === 0) throw refusal(receipt, written);
      return toAnswer(await answer.promise);
    } finally {
      cancelTimeout();
      place.free();
      if (client) hub.leave(client, 'left');
    }
  }
}

interface Deferred<T> {
  promise: Promise<T>;
  resolve(value: T): void;
  reject(error: Error): void;
}

function deferred<T>(): Deferred<T> {
  const parts: Partial<Deferred<T>> = {};
  parts.promise = new Promise<T>((resolve, reject) => Object.assign(parts, { resolve, reject }));
  return parts as Deferred<T>;
}

/** The call's data with what makes it an OOCSI call, and `webcall`, by which programs know calls of the reference's web. */
function writeCall(call: string, id: string, data: readonly RawMember[]): string {
  const members = new Map(data.map((member) => [member.name, member]));
  for (const [name, value] of Object.entries({ webcall: call, [HANDLE]: call, [ID]: id })) {
    members.set(name, { name, raw: quote(value) });
  }
  return writeObject([...members.values()]);
}

/** A simple device may not repeat the id; nobody else knows this client. */
function isAnswer(message: Message, id: string): boolean {
  const given = toEventData.of(message).find(({ name }) => name === ID);
  return given === undefined || given.raw === quote(id);
}

/** The first of the fields html, text, json and csv; without them, all of the answer's data as JSON. */
function toAnswer(message: Message): ServiceAnswer {
  const data = toEventData.of(message);
  for (const [name, contentType] of ANSWER_TYPES) {
    const raw = data.find((member) => member.name === name)?.raw;
    if (raw !== undefined) return { contentType, body: raw.startsWith('"') ? decodeString(raw) : raw };
  }
  const rest = data.filter(({ name }) => name !== ID && name !== HANDLE && name !== 'webcall');
  return { contentType: JSON_TYPE, body: writeObject(rest) };
}

const JSON_TYPE = 'application/json; charset=utf-8';
const ANSWER_TYPES = [
  ['html', 'text/html; charset=utf-8'],
  ['text', 'text/plain; charset=utf-8'],
  ['json', JSON_TYPE],
  ['csv', 'text/csv; charset=utf-8'],
] as const;

function refusal({ reason, misfit }: Receipt, service: string): RequestError {
  if (misfit !== undefined) return new RequestError('PEER_NOT_ALLOWED', `You may not call ${service} so: ${misfit}.`);
  switch (reason) {
    case 'bad_name':
      return new RequestError('PEER_BAD_NAME', 'No service can have this name.');
    case 'not_allowed':
      return new RequestError('PEER_NOT_ALLOWED', `Service ${service} has a password.`);
    case 'queue_full':
      return new RequestError('PEER_TOO_SLOW', `Service ${service} reads too slowly and has no room for the call.`);
    case 'too_large':
      return new RequestError('PEER_TOO_LARGE', `The call is too large for service ${service}.`);
    case 'timeout':
      return new RequestError('PEER_TIMEOUT', `The gateway that has service ${service} did not answer.`);
    default:
      return new RequestError('PEER_NOT_FOUND', `Nobody listens to ${service}; is the service connected?`);
  }
}
