import {
  CAPABILITIES,
  CODES,
  type CodeName,
  FILE_KINDS,
  FrameClient,
  type FrameClientError,
  type FrameClientPairing,
  GOODBYE_REASONS,
  MESSAGE_KINDS,
  type Outcome,
  type Value,
  valueToJsonText,
} from '@crosscomm/protocol';
import { parseChannel } from './channel-name.ts';
import { type SentContent, toPlain, valueToContent } from './content.ts';
import type {
  CallAnswer,
  Conversation,
  ConversationHandler,
  Delivery,
  DescriptionAnswer,
  ListedClient,
  RefusedChannel,
} from './conversation.ts';
import { CrossCommError } from './error.ts';
import { checkOfferable } from './file-limits.ts';
import { JsonText } from './json-text.ts';
import type { LocalFile } from './local-file.ts';
import { ALL, type ContentType, Message, SERVER } from './message.ts';
import { freshMessageId } from './message-id.ts';
import { random, systemClock } from './system.ts';

/** The codes that refuse a Hello. */
const REFUSALS: ReadonlySet<number> = new Set([CODES.version, CODES.id_invalid, CODES.id_taken, CODES.credentials]);
const FINAL: ReadonlySet<number> = new Set([CODES.version, CODES.id_invalid]);
const NAMES: ReadonlyMap<number, CodeName> = new Map(
  Object.entries(CODES).map(([name, code]) => [code, name as CodeName]),
);

/** The name of a code; one of a later version is `internal`, an error that cannot be mended here. */
export function codeName(code: number): CodeName {
  return NAMES.get(code) ?? 'internal';
}

export interface FrameConversationOptions {
  clientId: string;
  user: string | undefined;
  password: string | undefined;
  /** In place of the two. */
  pairing?: FrameClientPairing | undefined;
}

/** The conversation with a CrossComm gateway, in frames: at least once, with receipts. */
export class FrameConversation implements Conversation {
  readonly frames: FrameClient;

  constructor({ clientId, user, password, pairing }: FrameConversationOptions, handler: ConversationHandler) {
    this.frames = new FrameClient(
      {
        deviceId: clientId,
        clock: systemClock,
        random,
        capabilities: CAPABILITIES.receipts + CAPABILITIES.kinds,
        ...(user === undefined ? {} : { user }),
        ...(password === undefined ? {} : { password }),
        ...(pairing === undefined ? {} : { pairing }),
      },
      {
        state: (state) => state === 'online' && handler.online(this.frames.welcome?.resumed === true),
        message: ({ channel, value, from, kind }) => {
          const fromClientId = from ?? SERVER;
          const fields = {
            msgId: freshMessageId(fromClientId),
            fromClientId,
            toClientId: parseChannel(channel ?? clientId).name,
            timestamp: Date.now() / 1000,
            ...valueToContent(value, kind),
          };
          handler.message(new Message(fields, () => valueToJsonText(value)), channel ?? clientId);
        },
        kept: ({ channel, key, value }) => handler.kept(channel, key, value === undefined ? undefined : toPlain(value)),
        call: (call) => handler.call({ ...call, from: call.from ?? SERVER }),
        error: ({ code, text, about }: FrameClientError) => {
          if (REFUSALS.has(code) || (code === CODES.internal && about[0] === 0)) {
            handler.refused(codeName(code), text, FINAL.has(code));
          }
        },
      },
    );
    this.frames.subscribe(ALL);
  }

  get isOnline(): boolean {
    return this.frames.state === 'online';
  }

  send(to: string, content: SentContent, type: ContentType): Promise<Delivery> {
    return new Promise((resolve) => {
      const value = content instanceof JsonText ? content.value : content;
      const isSaid = type === 'json' && (typeof value === 'string' || value instanceof Map);
      const kind = isSaid ? MESSAGE_KINDS.json : undefined;
      this.frames.send(to, value, (outcome) => resolve(deliveryOf(outcome)), kind);
    });
  }

  /**
   * Sends a file across lost links, or what else is offered as one. Resolves to its key once the gateway has all of it; then its
   * recipient will hear of it. Rejects with a CrossCommError.
   */
  sendFile(
    file: Omit<LocalFile, 'close'>,
    kind: keyof typeof FILE_KINDS,
    to: string,
    progress: (bytes: number) => void,
  ): Promise<string> {
    return new Promise((resolve, reject) => {
      let fault: unknown;
      const read = (offset: number, length: number): Promise<Uint8Array> =>
        file.read(offset, length).then(
          (bytes) => {
            if (bytes.length === 0) fault = new Error('it has become shorter');
            return bytes;
          },
          (error: unknown) => {
            fault = error;
            throw error;
          },
        );
      const { name, size } = file;
      checkOfferable(file);
      this.frames.sendFile({ name, size, kind: FILE_KINDS[kind], to, read, progress }, ({ code, key, text }) => {
        if (code === CODES.ok && key !== null) resolve(key);
        else if (fault === undefined) {
          const reason = codeName(code);
          const why = text === '' ? reason.replaceAll('_', ' ') : text;
          reject(new CrossCommError(reason, `${name} was not sent: ${why}.`));
        } else {
          const why = fault instanceof Error ? fault.message : String(fault);
          reject(new CrossCommError('bad_content', `${name} cannot be read: ${why}.`, { cause: fault }));
        }
      });
    });
  }

  async subscribe(channels: readonly string[]): Promise<RefusedChannel[]> {
    const answers = channels.map((channel) => {
      return new Promise<number>((resolve) => this.frames.subscribe(channel, resolve));
    });
    const codes = await Promise.all(answers);
    return codes.flatMap((code, index) =>
      code === CODES.ok ? [] : [{ channel: channels[index] as string, code: codeName(code) }],
    );
  }

  unsubscribe(channel: string): void {
    if (channel !== ALL) this.frames.unsubscribe(channel);
  }

  keep(channel: string, key: string): void {
    this.frames.keep(channel, key);
  }

  describe(description: Value): Promise<DescriptionAnswer> {
    return new Promise((resolve) => this.frames.describe(description, resolve));
  }

  call(to: string, name: string, args: Value, timeoutMs: number): Promise<CallAnswer> {
    return new Promise((resolve) => this.frames.call(to, name, args, resolve, timeoutMs));
  }

  list(onlyOnline: boolean): Promise<ListedClient[] | undefined> {
    return new Promise((resolve) => {
      this.frames.listClients(({ code, clients }) => {
        if (code !== CODES.ok) resolve(undefined);
        else {
          resolve(
            clients.map(({ id, online }) => ({
              clientId: id,
              status: online ? 'online' : 'offline',
              lastHeartbeat: null,
              loginTime: null,
            })),
          );
        }
      }, onlyOnline);
    });
  }

  stop(): void {
    this.frames.stop(GOODBYE_REASONS.leaving);
  }
}

function deliveryOf({ code, delivered }: Outcome): Delivery {
  const accepted = code === CODES.ok || (delivered !== undefined && delivered > 0);
  const reason = code === CODES.ok ? undefined : codeName(code);
  return { accepted, delivered, refused: undefined, reason, msgId: undefined };
}
