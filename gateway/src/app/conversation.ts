import { join } from 'node:path';
import type { Log } from '../common/log.ts';
import { isLeftOver } from '../common/made-up-ids.ts';
import type { BaseConfig } from '../config/schema.ts';
import { withoutPassword } from '../hub/address.ts';
import type { ClientInfo } from '../hub/client.ts';
import { compileFunctions } from '../hub/functional/compile.ts';
import { Hub } from '../hub/hub.ts';
import { type ProtocolTable, traitsOf } from '../hub/protocol-traits.ts';
import type { Protocol } from '../hub/session.ts';
import type { Incidents } from '../observability/incidents.ts';
import { LineBudget } from '../observability/line-budget.ts';
import { TraceBook } from '../observability/trace/trace-book.ts';
import { allOffline } from '../storage/all-offline.ts';
import { ClientsFile } from '../storage/clients-file.ts';
import { KnownClients } from '../storage/known-clients.ts';
import type { OnClose } from './closers.ts';
import type { Storage } from './storage.ts';

export interface ConversationOptions {
  config: Pick<BaseConfig, 'dataDir' | 'clients' | 'limits' | 'history'>;
  storage: Storage;
  traits: ProtocolTable;
  log: Log;
}

/** The hub, and what is known of its clients. */
export interface Conversation {
  hub: Hub;
  /** What became of the last messages. */
  trace: TraceBook;
  /** Gives the hub back what an earlier run left; call it once, when all that the hub must have by then is attached to it. */
  restore(): Promise<void>;
}

/** Makes the hub and what notes and logs what becomes of its clients, and loads what is known of them. */
export async function openConversation(options: ConversationOptions, onClose: OnClose): Promise<Conversation> {
  const { config, storage, traits, log } = options;
  const { db, clock, incidents, metrics, store } = storage;
  const { limits } = config;
  const hub = new Hub({
    clock,
    metrics,
    store,
    protocols: traits,
    compile: compileFunctions,
    stickyMs: config.clients.stickyMs,
    maxKnownClients: config.clients.maxKnown,
    maxRetained: limits.maxRetained,
    maxRetainedBytes: limits.maxRetainedBytes,
    maxKeptLength: limits.maxKeptLength,
    maxScheduled: limits.maxScheduled,
    maxScheduledBytes: limits.maxScheduledBytes,
    maxSubscriptions: config.clients.maxSubscriptions,
    history: config.history,
  });
  const lastingClients = () => hub.ownClients().filter(({ transient }) => !transient);
  const clientsFile = new ClientsFile(join(config.dataDir, 'cross_comm_clients.yaml'), { clock, log }, () =>
    lastingClients(),
  );
  const clients = new KnownClients(db, {
    clock,
    log,
    find: (id) => {
      const client = hub.ownClient(id);
      return client?.transient ? undefined : client;
    },
    all: lastingClients,
  });
  const inDatabase = await clients.load();
  const loaded = allOffline(inDatabase ?? (await clientsFile.load()), clock.now());
  const isOver = ({ id, protocol }: ClientInfo): boolean => isLeftOver(id, traitsOf(traits, protocol));
  const knownClients = loaded.filter((client) => !isOver(client));
  onClose(() => clientsFile.close());
  onClose(() => clients.close());
  hub.events.on('known', (id) => {
    clients.changed(id);
    clientsFile.changed();
  });
  const trace = new TraceBook({ hub, clock });
  hub.trace(trace);
  onClose(() => trace.close());
  logComings(hub, storage, options);
  reportContests(hub, incidents);

  return {
    hub,
    trace,
    async restore() {
      hub.restore({ clients: knownClients, ...(await store.load()) });
      // They came from the file of an earlier version.
      if (inDatabase === undefined) clients.changed();
      for (const { id } of loaded.filter(isOver)) hub.events.emit('known', id);
    },
  };
}

function logComings(hub: Hub, { clock }: Storage, { traits, log }: ConversationOptions): void {
  const comings = new LineBudget(clock, log, 'lines about clients that come and go');
  const logsOf = (protocol: Protocol): boolean => {
    const { isOfGateway, isBrief } = traitsOf(traits, protocol);
    return !isOfGateway && !isBrief && comings.take();
  };
  hub.events.on('join', (client, protocol, account) => {
    if (logsOf(protocol)) log.info({ client, protocol, ...(account === undefined ? {} : { account }) }, 'joined');
  });
  hub.events.on(
    'leave',
    (client, protocol, reason) => logsOf(protocol) && log.info({ client, protocol, reason }, 'left'),
  );
}

function reportContests(hub: Hub, incidents: Incidents): void {
  hub.events.on('overlap', (client, protocol, subscribers) => {
    const others =
      subscribers.length > 2 ? `${subscribers.slice(0, 2).join(', ')} and others` : subscribers.join(' and ');
    const message =
      `Client ${client} came under the name of channel ${client}, to which ${others} subscribe. They hear what it says ` +
      'there; what others send there now goes to the client alone. If that is not meant, rename one of the two.';
    incidents.report({ door: protocol, who: client, code: 'PEER_NAME_TAKEN', message });
  });
  hub.events.on('contest', (contest) => incidents.contested(contest));
  hub.events.on('fault', (error) => {
    const message = `Something that looks at every message failed at one: ${error instanceof Error ? error.stack : String(error)}`;
    incidents.report({ door: 'hub', who: 'an observer', code: 'INTERNAL', message });
  });
  hub.events.on('forbidden', (to, client) => {
    const message = `A message that ${client} had sent for a later time was dropped: it may not send to ${withoutPassword(to)} any more.`;
    incidents.report({ door: 'hub', who: client, code: 'PEER_NOT_ALLOWED', message });
  });
  hub.events.on('misfit', (to, client, why) => {
    const door = hub.session(client)?.protocol ?? 'hub';
    const message = `A message of ${client} to ${to} was refused, as it does not fit the shape that is enforced there: ${why}.`;
    incidents.report({ door, who: client, code: 'PEER_BAD_SHAPE', message });
  });
  hub.events.on('unkept', (channel, client) => {
    const message = `A message of ${client} was sent to ${withoutPassword(channel)} but what it says is not kept: there is no room for it.`;
    incidents.report({ door: 'hub', who: client, code: 'MESSAGES_FULL', message });
  });
}
