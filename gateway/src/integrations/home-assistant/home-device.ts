import type { DeviceComponent } from '../../protocols/announced-devices.ts';

/** A part of a device as Home Assistant is told of it: one entity there. */
export interface HomeComponent extends DeviceComponent {
  /** The field of the channel's messages that has its value; by default `state` or `value`. */
  field?: string | undefined;
  /** What that field says where it is on, and what switches it on; by default true. */
  on?: boolean | number | string | undefined;
  off?: boolean | number | string | undefined;
  /** Of an event: what may happen. */
  options?: readonly string[] | undefined;
}

/** A device as Home Assistant is told of it. */
export interface HomeDevice {
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
