import { randomBytes } from 'node:crypto';
import { statSync } from 'node:fs';
import { open, readdir, readFile, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { makeFolder, ownerOfNew } from '../storage/owner.ts';

/** What a client signs its requests with. */
export interface AccessKey {
  id: string;
  secret: string;
  /** Its name, for people. */
  name: string;
  /** Milliseconds since 1970. */
  createdMs: number;
  /** The account that it belongs to, whose rights it has. Without one, as keys of earlier versions are, it may do everything. */
  account?: string | undefined;
  /** What the keys of all objects that it is for begin with; undefined: any. */
  prefix?: string | undefined;
}

const ID = /^cc[0-9a-f]{20}$/;
/** How many keys are kept in memory. */
const MAX_KNOWN = 200;

/** A key as its file had it. */
interface KnownKey {
  key: AccessKey | undefined;
  /** Which file that was, and how: another one, or a changed one, is read again. */
  file: string;
}

/**
 * The access keys, each in a file of its own that this user alone may read, so that the command and a running gateway
 * need not agree on anything: a key counts from the moment its file is there until it is gone. Methods throw the
 * system's errors.
 */
export class AccessKeys {
  readonly #folder: string;
  readonly #known = new Map<string, KnownKey>();

  constructor(dataDir: string) {
    this.#folder = join(dataDir, 'oss-keys');
  }

  /** Makes a key; it is on disk when the promise resolves. */
  async create(
    name: string,
    nowMs: number,
    { account, prefix }: Pick<AccessKey, 'account' | 'prefix'> = {},
  ): Promise<AccessKey> {
    const id = `cc${randomBytes(10).toString('hex')}`;
    const secret = randomBytes(20).toString('hex');
    const key: AccessKey = {
      id,
      secret,
      name,
      createdMs: nowMs,
      ...(account && { account }),
      ...(prefix && { prefix }),
    };
    await makeFolder(this.#folder);
    const owner = await ownerOfNew(this.#folder);
    const file = await open(this.#path(id), 'wx', 0o600);
    try {
      if (owner) await file.chown(owner.uid, owner.gid);
      await file.writeFile(`${JSON.stringify(key)}\n`);
      await file.sync();
    } finally {
      await file.close();
    }
    return key;
  }

  /** Every key, the oldest first. */
  async list(): Promise<AccessKey[]> {
    const names = await readdir(this.#folder).catch(orNothing);
    const keys = await Promise.all((names ?? []).map((name) => this.find(name.replace(/\.json$/, ''))));
    return keys.filter((key) => key !== undefined).sort((one, other) => one.createdMs - other.createdMs);
  }

  /** Undefined where there is no such key, or a file that is none. */
  async find(id: string): Promise<AccessKey | undefined> {
    if (!ID.test(id)) return undefined;
    const path = this.#path(id);
    // Asked for each request: what the system has in memory is not worth another thread.
    const found = statSync(path, { throwIfNoEntry: false });
    if (found === undefined) {
      this.#known.delete(id);
      return undefined;
    }
    const { ino, size, mtimeMs, ctimeMs } = found;
    const file = [ino, size, mtimeMs, ctimeMs].join(' ');
    const known = this.#known.get(id);
    if (known?.file === file) return known.key;
    const text = await readFile(path, 'utf8').catch(orNothing);
    const key = text === undefined ? undefined : parse(id, text);
    if (this.#known.size >= MAX_KNOWN) this.#known.clear();
    this.#known.set(id, { key, file });
    return key;
  }

  /** False where there is no such key. */
  async revoke(id: string): Promise<boolean> {
    if (!ID.test(id)) return false;
    return await unlink(this.#path(id))
      .then(() => true, orNothing)
      .then((done) => done ?? false);
  }

  /** Revokes all keys of these accounts: whoever has one of the names later must not be known by them. */
  async revokeOf(accounts: ReadonlySet<string>): Promise<void> {
    for (const { id, account } of await this.list()) {
      if (account !== undefined && accounts.has(account)) await this.revoke(id);
    }
  }

  #path(id: string): string {
    return join(this.#folder, `${id}.json`);
  }
}

/** A power cut may leave an empty file: that is no key, rather than one with an empty secret. */
function parse(id: string, text: string): AccessKey | undefined {
  try {
    const { secret, name, createdMs, account, prefix } = JSON.parse(text) as Partial<AccessKey>;
    if (typeof secret !== 'string' || secret.length < 20) return undefined;
    // A key whose account cannot be read must not become a key without an account, which may do everything.
    if (![account, prefix].every((each) => each === undefined || typeof each === 'string')) return undefined;
    return { id, secret, name: String(name ?? ''), createdMs: Number(createdMs ?? 0), account, prefix };
  } catch {
    return undefined;
  }
}

function orNothing(error: unknown): undefined {
  if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
  throw error;
}
