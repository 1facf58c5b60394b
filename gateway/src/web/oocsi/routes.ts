import type { OutgoingHttpHeaders } from 'node:http';
import type { FastifyInstance, FastifyPluginCallback, FastifyReply, FastifyRequest } from 'fastify';
import { decodeString, quote, type RawMember, writeObject } from '../../common/json/scan.ts';
import type { SessionContext } from '../../protocols/context.ts';
import { readOptions } from '../../protocols/oocsi/event-options.ts';
import { listChannels } from '../../protocols/oocsi/services/lists.ts';
import type { OutboxLimits, QueueBudget, WriteTurn } from '../../transports/outbox.ts';
import { parseText, queryMembers, readBodiesAsMembers } from '../body.ts';
import { identify } from '../identify.ts';
import { RequestError } from '../request-error.ts';
import { sendMessage } from '../send-message.ts';
import { identifySender } from '../sender.ts';
import { EventStreams } from './event-streams.ts';
import { ServiceCalls } from './service-calls.ts';

export interface OocsiRoutesOptions {
  context: SessionContext;
  /** How long a service may take to answer. */
  serviceTimeoutMs: number;
  turn: WriteTurn;
  budget: QueueBudget;
  outboxLimits: OutboxLimits;
  /** How many event streams may be open at once. */
  maxStreams: number;
  /** How many service calls may wait at once. */
  maxCalls: number;
}

/** First segments of a path that are the gateway's own, and never the name of a service. */
export const RESERVED_SEGMENTS: ReadonlySet<string> = new Set([
  'send',
  'subscribe',
  'channels',
  'status',
  'mqtt',
  'ws',
  'objects',
  'uploads',
  'examples',
  'api',
]);

/** Fields of a request to send that say where from and where to, and are not part of the data. */
const ENVELOPE = new Set(['sender', 'channel', 'recipient']);

/**
 * OOCSI's endpoints: `GET /channels`, `GET /subscribe/CH` as server-sent events, `POST /send[/CH]`, and
 * `GET|POST /SERVICE/CALL[/DATA]`, an OOCSI call.
 */
export function oocsiRoutes(options: OocsiRoutesOptions): FastifyPluginCallback {
  const { context } = options;
  const streams = new EventStreams(options);
  const calls = new ServiceCalls({ ...options, timeoutMs: options.serviceTimeoutMs });
  return (app, _options, done) => {
    readBodiesAsMembers(app);
    app.addHook('preClose', (next) => {
      streams.stop();
      next();
    });
    app.get('/channels', async (request, reply) => {
      const { rights } = await identify(context, request.asker);
      return reply.type('text/plain; charset=utf-8').send(listChannels(context.hub, rights).text);
    });
    app.get('/subscribe/*', { config: { getActs: true } }, async (request, reply) => {
      await streams.start(wildcard(request), request.asker, reply.raw, reply.getHeaders() as OutgoingHttpHeaders);
      reply.hijack();
    });
    app.post('/send', (request) => send(context, request, undefined));
    app.post('/send/*', (request) => send(context, request, wildcard(request)));
    addServiceRoutes(app, calls);
    done();
  };
}

function addServiceRoutes(app: FastifyInstance, calls: ServiceCalls): void {
  const handler = async (request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> => {
    const { service, call } = request.params as { service: string; call: string };
    if (RESERVED_SEGMENTS.has(service) || service === '' || call === '') {
      reply.callNotFound();
      return reply;
    }
    const pathData = wildcard(request);
    const data = [
      ...(pathData === '' ? [] : [...parseText(pathData), { name: 'webcall_data', raw: quote(pathData) }]),
      ...queryMembers(request.query),
      ...bodyOf(request),
    ];
    const { contentType, body } = await calls.run({ service, call, data, asker: request.asker });
    // What a service says must not act with the rights of the gateway's own pages.
    void reply.header('content-security-policy', 'sandbox allow-scripts allow-forms');
    return reply.type(contentType).send(body);
  };
  for (const path of ['/:service/:call', '/:service/:call/*'])
    app.route({ method: ['GET', 'POST'], url: path, config: { getActs: true }, handler });
}

/** Sends one message, and returns its receipt. */
async function send(
  context: SessionContext,
  request: FastifyRequest,
  pathChannel: string | undefined,
): Promise<object> {
  const members = new Map(bodyOf(request).map((member) => [member.name, member]));
  const sender = textOf(members.get('sender')) ?? (await identify(context, request.asker)).account;
  if (sender === undefined) {
    throw new RequestError(
      'PEER_MALFORMED',
      'The body needs a field "sender", the name the message is sent under; with an account, it is that by default.',
    );
  }
  const principal = await identifySender(context, { ...request.asker, sender, field: 'sender' });
  const channel = pathChannel || textOf(members.get('channel')) || textOf(members.get('recipient'));
  if (!channel) {
    throw new RequestError('PEER_MALFORMED', 'Where to? POST to /send/CHANNEL, or put a field "channel" in the body.');
  }
  const data = [...members.values()].filter(({ name }) => !ENVELOPE.has(name));
  const receipt = await sendMessage(context, principal, {
    ...{ to: channel, kind: 'dict', body: writeObject(data), address: request.ip },
    options: readOptions(data),
  });
  return { ...receipt, reason: receipt.reason ?? null };
}

function bodyOf(request: FastifyRequest): readonly RawMember[] {
  return (request.body as RawMember[] | undefined | null) ?? [];
}

/** The text of a member that is a JSON string. */
function textOf(member: RawMember | undefined): string | undefined {
  return member?.raw.startsWith('"') ? decodeString(member.raw) : undefined;
}

function wildcard(request: FastifyRequest): string {
  return (request.params as { '*'?: string })['*'] ?? '';
}
