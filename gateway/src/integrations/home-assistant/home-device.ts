import type { DeviceComponent } from '../../protocols/announced-devices.ts';

/** A part of a device as Home Assistant is told of it: one entity there. */
export type HomeComponent = DeviceComponent;

/** A device as Home Assistant is told of it. */
export interface HomeDevice {
  /** What it is told apart by, where that is not its name. */
  readonly key?: string | undefined;
  readonly name: string;
  /** The client that it is; undefined: nobody knows whether it is online. */
  readonly client: string | undefined;
  /** The room that it is in. */
  readonly area?: string | undefined;
  readonly manufacturer?: string | undefined;
  readonly model?: string | undefined;
  readonly version?: string | undefined;
  readonly components: readonly HomeComponent[];
}

/** What a device is told apart by. */
export function keyOf({ key, name }: HomeDevice): string {
  return key ?? name;
}
