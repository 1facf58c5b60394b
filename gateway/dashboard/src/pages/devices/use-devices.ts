import { useEffect, useRef, useState } from 'preact/hooks';
import { type ApiError, get } from '../../api/client.ts';
import { useFeed } from '../../api/feed.ts';
import type { DeviceComponent, DeviceView, MessageView } from '../../api/types.ts';
import { useAnswer } from '../../api/use-answer.ts';
import { announcedState, type ComponentState, stateAfter } from './component-state.ts';

const RELOAD_MS = 5_000;
const MAX_DEVICES = 100;
const MAX_RECENT = 1_000;

/** What was said on a channel. */
interface Said {
  to: string;
  body?: string | undefined;
}

export interface Devices {
  /** undefined: not known yet. */
  devices: readonly DeviceView[] | undefined;
  isCut: boolean;
  error: ApiError | undefined;
  stateOf: (component: DeviceComponent) => ComponentState;
  /** Takes what was sent to a component at once, before the gateway tells of it. */
  note: (channel: string, body: string) => void;
}

/** Devices that have told what they are, and how each part of them is, kept up to date while the component is shown. */
export function useDevices(search: string): Devices {
  const load = (): Promise<{ devices: DeviceView[]; next?: string }> =>
    get('/api/v1/devices', { search, limit: MAX_DEVICES });
  const { answer, error } = useAnswer(`devices ${search}`, load, RELOAD_MS);
  const states = useRef(new Map<string, ComponentState>());
  const [, redraw] = useState(0);
  const recent = useRef<readonly Said[]>([]);
  /** What was said since it was asked for, as long as there is no answer. */
  const since = useRef<Said[]>(undefined);
  const components = (answer?.devices ?? []).flatMap((device) => device.components);
  const stateOf = (component: DeviceComponent): ComponentState => {
    const known = states.current.get(keyOf(component));
    if (known) return known;
    const said = recent.current.filter(({ to }) => to === component.channel);
    return said.reduce((state, { body }) => stateAfter(state, component, body), announcedState(component));
  };
  const note = (channel: string, body: string | undefined): void => {
    since.current?.push({ to: channel, body });
    for (const component of components) {
      if (component.channel !== channel) continue;
      states.current.set(keyOf(component), stateAfter(stateOf(component), component, body));
    }
    redraw((count) => count + 1);
  };
  const key = components.map(keyOf).join('\n');
  const [gaps, setGaps] = useState(0);
  useFeed({
    missed: () => setGaps((count) => count + 1),
    channels: ({ values }) => {
      for (const { name, last } of values) note(name, last.body);
    },
  });
  // What was said before the page was opened, or while nothing was told.
  useEffect(() => {
    const later: Said[] = [];
    since.current = later;
    const end = (): void => {
      if (since.current === later) since.current = undefined;
    };
    void get<{ messages: MessageView[] }>('/api/v1/messages', { limit: MAX_RECENT }).then(({ messages }) => {
      recent.current = [...messages, ...later];
      states.current.clear();
      redraw((count) => count + 1);
      end();
      // Without it, they are as they were announced.
    }, end);
  }, [gaps]);
  // The key says which components there are.
  useEffect(() => {
    const wanted = new Set(key.split('\n'));
    for (const known of states.current.keys()) if (!wanted.has(known)) states.current.delete(known);
  }, [key]);
  return { devices: answer?.devices, isCut: answer?.next !== undefined, error, stateOf, note };
}

/** Two of the same name on the same channel are the same to everybody. */
function keyOf({ channel, name, type }: DeviceComponent): string {
  return JSON.stringify([channel, name, type]);
}
