import { decodeString, isJson, quote, type RawMember, tryScanObject, writeObject } from '../../common/json/scan.ts';
import { Message } from '../../hub/message.ts';
import { whenKnown } from '../../hub/receipt.ts';
import type { Delivery } from '../../hub/session.ts';
import { messageProperties } from '../../mqtt-engine/codec/message-properties.ts';
import { REASON } from '../../mqtt-engine/codec/reason-codes.ts';
import type { Published, PublishRefusal } from '../../mqtt-engine/contract.ts';
import { type MqttParts, report } from './parts.ts';
import type { Calls, MqttSession } from './session.ts';
import { ANSWER, answerTopic, callTopic, callTopicParts, DIRECT, encodeLevel } from './topics.ts';

/** OOCSI's fields of a call and its answer: the function, the number that the answer repeats, and why there is none. */
const HANDLE = '_MESSAGE_HANDLE';
const ID = '_MESSAGE_ID';
const ERROR = '_MESSAGE_ERROR';
const TEXT = '_MESSAGE_TEXT';
const CALL_FIELDS: ReadonlySet<string> = new Set([HANDLE, ID, ERROR, TEXT, 'webcall']);

/** How long an answer may take, if the call does not say for how long it is worth anything; and the longest. */
const CALL_MS = 10_000;
const CALL_MAX_MS = 60_000;
/** How many calls one client may have open, each way. */
const MAX_OPEN = 64;

/** The message was understood, and goes nowhere else. */
const TAKEN: PublishRefusal = { reason: REASON.success };

/** A call of an MQTT client that waits for its answer. */
interface OpenCall {
  readonly session: MqttSession;
  /** The client that was asked; undefined where a channel was. */
  readonly asked: string | undefined;
  /** Where the answer goes; undefined: nobody wants to know. */
  readonly responseTopic: string | undefined;
  readonly correlationData: Buffer | undefined;
  readonly cancel: () => void;
}

/** A call for an MQTT client that has not answered yet. */
interface Asked {
  readonly caller: string;
  /** What the answer repeats, as the caller chose it: two callers may have chosen the same. */
  readonly id: string;
  readonly responder: MqttSession;
  readonly cancel: () => void;
}

export type CallParts = Pick<MqttParts, 'hub' | 'clock' | 'incidents' | 'random' | 'engine'>;

/**
 * Calls of MQTT 5 clients, and for them: `$call/<client or channel>/<function>`, with a response topic and correlation data. To all other
 * protocols they are OOCSI's calls, messages with `_MESSAGE_HANDLE` and `_MESSAGE_ID`.
 */
export class MqttCalls implements Calls {
  readonly #parts: CallParts;
  /** By `_MESSAGE_ID`. */
  readonly #open = new Map<string, OpenCall>();
  /** By the correlation data that the responder was given. */
  readonly #asked = new Map<string, Asked>();

  constructor(parts: CallParts) {
    this.#parts = parts;
  }

  /** Carries out what a client published to `$call/...` or `$answer/...`; it has been looked whether it may. */
  take(message: Published, session: MqttSession): PublishRefusal {
    return message.topic.startsWith(ANSWER) ? this.#reply(message, session) : this.#call(message, session);
  }

  /** What a message is that comes to a client of MQTT 5 alone: an answer to it, or a call for it. undefined: neither. */
  deliver(message: Message, session: MqttSession): Delivery | undefined {
    if (session.client.version !== 5 || message.kind !== 'dict' || !message.text.includes(ID)) return undefined;
    const members = tryScanObject(message.text) ?? [];
    const id = textOf(members, ID);
    if (id === undefined) return undefined;
    const open = this.#open.get(id);
    if (open?.session === session && (open.asked === undefined || open.asked === message.from)) {
      this.#answer(id, members, message.from);
      return 'delivered';
    }
    const name = textOf(members, HANDLE);
    return name === undefined ? undefined : this.#ask(message, session, { id, name, members });
  }

  /** The client has gone: nobody waits for what it asked, and those who asked it are told. */
  left(session: MqttSession): void {
    for (const [id, open] of this.#open) {
      if (open.session !== session) continue;
      open.cancel();
      this.#open.delete(id);
    }
    for (const [given, { responder }] of this.#asked) if (responder === session) this.#giveUp(given, 'offline');
  }

  #call({ topic, payload, properties, expiresAtMs }: Published, session: MqttSession): PublishRefusal {
    const { hub, clock } = this.#parts;
    const [to, name] = callTopicParts(topic) as [string, string];
    const args = payload.length === 0 ? [] : tryScanObject(payload.toString());
    if (args === undefined) {
      report(
        this.#parts,
        session.id,
        'PEER_MALFORMED',
        `called ${name} of ${to} with something else than one JSON object`,
      );
      return { reason: REASON.badPayloadFormat, why: 'the arguments of a call are one JSON object' };
    }
    if (this.#count(this.#open.values(), session) >= MAX_OPEN) {
      report(this.#parts, session.id, 'PEER_TOO_MANY', `has ${MAX_OPEN} calls open already`);
      return { reason: REASON.quotaExceeded, why: `the client has ${MAX_OPEN} calls open already` };
    }
    const id = this.#freshId();
    const askedMs = expiresAtMs === undefined ? CALL_MS : expiresAtMs - clock.monotonicMs();
    const timeoutMs = Math.min(askedMs, CALL_MAX_MS);
    this.#open.set(id, {
      session,
      asked: hub.isOnline(to) ? to : undefined,
      responseTopic: properties?.responseTopic,
      correlationData: properties?.correlationData && Buffer.from(properties.correlationData),
      cancel: clock.after(timeoutMs, () => this.#fail(id, 'timeout', to)),
    });
    const fields = [...args.filter((member) => !CALL_FIELDS.has(member.name)), member(HANDLE, name), member(ID, id)];
    const message = new Message({
      ...{ from: session.id, to, kind: 'dict' as const, body: writeObject(fields), timestampMs: clock.now() },
    });
    whenKnown(hub.send(message), ({ delivered }) => {
      if (delivered === 0) this.#fail(id, 'no_responder', to);
    });
    return TAKEN;
  }

  /** What a responder publishes to the response topic that it was given. */
  #reply({ payload, properties }: Published, session: MqttSession): PublishRefusal {
    const { hub, clock } = this.#parts;
    const given = properties?.correlationData?.toString() ?? '';
    const asked = this.#asked.get(given);
    if (asked?.responder !== session) {
      report(this.#parts, session.id, 'PEER_NOT_ALLOWED', 'answered a call that is not open, or is not its own');
      return { reason: REASON.notAuthorized, why: 'this call is not open, or not for this client' };
    }
    asked.cancel();
    this.#asked.delete(given);
    const body = resultText(payload, asked.id, properties?.userProperties.find(([name]) => name === 'error')?.[1]);
    hub.send(new Message({ from: session.id, to: asked.caller, kind: 'dict', body, timestampMs: clock.now() }));
    return TAKEN;
  }

  /** Hands a call to a client that subscribes to it. */
  #ask(
    { from }: Message,
    session: MqttSession,
    { id, name, members }: { id: string; name: string; members: readonly RawMember[] },
  ): Delivery | undefined {
    const { clock } = this.#parts;
    const { client } = session;
    const topic = callTopic(session.id, name);
    if (client.granted(topic) === undefined) return undefined;
    const payload = Buffer.from(writeObject(members.filter((member) => !CALL_FIELDS.has(member.name))));
    if (this.#count(this.#asked.values(), session) >= MAX_OPEN || !client.hasRoom(payload.length)) return 'queue_full';
    const given = this.#freshId();
    this.#asked.set(given, {
      ...{ caller: from, id, responder: session },
      cancel: clock.after(CALL_MAX_MS, () => this.#giveUp(given, 'timeout')),
    });
    const properties = messageProperties({
      isText: true,
      contentType: 'application/json',
      responseTopic: answerTopic(from),
      correlationData: Buffer.from(given),
      userProperties: [['from', from]],
    });
    client.send({ topic, payload, qos: 1, retain: false, properties });
    return 'delivered';
  }

  #answer(id: string, members: readonly RawMember[], from: string): void {
    const code = members.find(({ name }) => name === ERROR)?.raw;
    if (code !== undefined && code !== '0') {
      this.#fail(id, textOf(members, TEXT) ?? `code ${code}`, from);
      return;
    }
    const result = writeObject(members.filter(({ name }) => !CALL_FIELDS.has(name)));
    this.#end(id, Buffer.from(result), from, undefined);
  }

  #fail(id: string, error: string, from: string): void {
    this.#end(id, Buffer.alloc(0), from, error);
  }

  #end(id: string, payload: Buffer, from: string, error: string | undefined): void {
    const open = this.#open.get(id);
    if (open === undefined) return;
    open.cancel();
    this.#open.delete(id);
    const { responseTopic, correlationData, session } = open;
    if (responseTopic === undefined || session.isOver) return;
    const properties = messageProperties({
      isText: error === undefined,
      contentType: error === undefined ? 'application/json' : undefined,
      correlationData,
      userProperties: error === undefined ? [] : [['error', error]],
    });
    const isInbox = responseTopic === `${DIRECT}${encodeLevel(session.id)}`;
    const topic = isInbox ? `${responseTopic}/${encodeLevel(from)}` : responseTopic;
    this.#parts.engine.publish({ topic, payload, qos: 1, retain: false, properties });
  }

  /** A caller gets no answer from an MQTT client. */
  #giveUp(given: string, error: string): void {
    const asked = this.#asked.get(given);
    if (asked === undefined) return;
    asked.cancel();
    this.#asked.delete(given);
    const { hub, clock } = this.#parts;
    const body = resultText(Buffer.alloc(0), asked.id, error);
    hub.send(new Message({ from: asked.responder.id, to: asked.caller, kind: 'dict', body, timestampMs: clock.now() }));
  }

  #count(calls: Iterable<OpenCall | Asked>, session: MqttSession): number {
    let count = 0;
    for (const call of calls) if (('session' in call ? call.session : call.responder) === session) count++;
    return count;
  }

  /** Hard to guess, so that no client can answer for another one. */
  #freshId(): string {
    let id = '';
    for (let part = 0; part < 4; part++) {
      id += Math.floor(this.#parts.random() * 2 ** 32)
        .toString(16)
        .padStart(8, '0');
    }
    return id;
  }
}

function member(name: string, text: string): RawMember {
  return { name, raw: quote(text) };
}

/** A field that is a text; undefined where it is none. */
function textOf(members: readonly RawMember[], name: string): string | undefined {
  const raw = members.find((each) => each.name === name)?.raw;
  return raw?.startsWith('"') ? decodeString(raw) : undefined;
}

/** The dict that answers a caller: the object that the responder gave, any other value as `data`, or why there is none. */
function resultText(payload: Buffer, id: string, error: string | undefined): string {
  const given = error === undefined ? payload.toString() : '{}';
  const members = given === '' ? [] : tryScanObject(given);
  const fields = members?.filter(({ name }) => !CALL_FIELDS.has(name)) ?? [
    { name: 'data', raw: isJson(given) ? given : quote(given) },
  ];
  if (error !== undefined) fields.push({ name: ERROR, raw: '1' }, member(TEXT, error));
  fields.push(member(ID, id));
  return writeObject(fields);
}
