import type { AccountBook } from '../access/account-book.ts';
import { CLASS_ROLE, type ClassMode, classMode, classRules, isSharedName, teamOrder } from '../access/class-role.ts';
import type { AdmittedSession } from '../access/principal.ts';
import type { RoleDesk } from '../access/role-desk.ts';
import type { Clock } from '../common/clock.ts';
import type { Hub } from '../hub/hub.ts';
import type { Session } from '../hub/session.ts';
import type { Incidents } from '../observability/incidents.ts';
import type { ClassDesk, ClassView } from '../web/api/classroom.ts';
import { RequestError } from '../web/request-error.ts';
import type { OnClose } from './closers.ts';

/** How often it is looked who has sent something. */
const LOOK_MS = 5000;

export interface ClassroomParts {
  hub: Hub;
  accounts: AccountBook;
  roles: RoleDesk;
  clock: Clock;
  incidents: Pick<Incidents, 'sharedIds'>;
}

/** Watches the teams of a class for their teacher. As long as there is none, it looks at nothing; and never at single messages. */
export class Classroom implements ClassDesk {
  readonly #parts: ClassroomParts;
  /** What each session had sent when it was looked at last. */
  #sent = new WeakMap<Session, number>();
  readonly #lastMs = new Map<string, number>();
  #teams: ReadonlySet<string> = new Set();
  #stopLooking: (() => void) | undefined;

  constructor(parts: ClassroomParts, onClose: OnClose) {
    this.#parts = parts;
    this.#changed();
    const stop = parts.accounts.onChange(() => this.#changed());
    onClose(() => {
      stop();
      this.#stopLooking?.();
    });
  }

  async view(): Promise<ClassView> {
    const { accounts, roles, hub, incidents } = this.#parts;
    this.#look();
    const role = (await roles.list()).find((each) => each.role === CLASS_ROLE);
    const shared = incidents.sharedIds();
    const clients = hub.clients().filter(({ online }) => online);
    const teams = [...this.#teams].sort(teamOrder).map((team) => {
      const expiresMs = accounts.get(team)?.expiresMs;
      return {
        team,
        expires: expiresMs === undefined ? null : new Date(expiresMs).toISOString(),
        clients: clients.filter(({ account }) => account === team).map(({ id }) => id),
        lastMessageMs: this.#lastMs.get(team) ?? null,
        sharedIds: shared.map(({ id }) => id).filter((id) => id.startsWith(`${team}/`)),
      };
    });
    return { mode: (this.#teams.size > 0 && role && classMode(role.rules)) || null, teams };
  }

  async setMode(mode: ClassMode): Promise<ClassView> {
    if (this.#teams.size === 0) {
      throw new RequestError('PEER_NOT_FOUND', 'There is no class: crosscomm class start begins one.');
    }
    await this.#parts.roles.set(CLASS_ROLE, classRules(mode));
    return await this.view();
  }

  async clear(): Promise<readonly string[]> {
    const { hub } = this.#parts;
    const isOurs = (channel: string): boolean => {
      const [first = ''] = channel.split('/', 1);
      return this.#teams.has(first) || isSharedName(channel);
    };
    const channels = [...hub.retainedChannels()].filter(isOurs);
    for (const channel of channels) hub.clearRetained(channel);
    return channels;
  }

  #changed(): void {
    const { accounts, clock } = this.#parts;
    const teams = accounts.list().filter(({ roles }) => roles.includes(CLASS_ROLE));
    this.#teams = new Set(teams.map(({ name }) => name));
    for (const team of this.#lastMs.keys()) if (!this.#teams.has(team)) this.#lastMs.delete(team);
    if (this.#teams.size === 0) {
      this.#stopLooking?.();
      this.#stopLooking = undefined;
      this.#sent = new WeakMap();
    } else this.#stopLooking ??= clock.every(LOOK_MS, () => this.#look());
  }

  /** Notes which teams have sent something since it looked last. */
  #look(): void {
    const { hub, clock } = this.#parts;
    if (this.#teams.size === 0) return;
    for (const session of hub.sessions()) {
      const team = (session as Partial<AdmittedSession>).principal?.account;
      if (team === undefined || !this.#teams.has(team)) continue;
      const received = session.counts?.received ?? 0;
      if (received === (this.#sent.get(session) ?? 0)) continue;
      this.#sent.set(session, received);
      this.#lastMs.set(team, clock.now());
    }
  }
}
