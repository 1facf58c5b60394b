/** A part of a device that shows or takes a value (SPEC.md of the protocol, section 21). */
export interface DescribedComponent {
  /** In one device once. */
  name: string;
  type: 'sensor' | 'binary_sensor' | 'switch' | 'number' | 'light' | 'button' | 'event' | 'text' | 'image' | 'camera';
  /** Where it says its value, and hears what it is to be. */
  channel: string;
  /** The field of the messages there that has its value; by default `state` of what is on or off, else `value`. */
  field?: string;
  /** What that field is where it is on and off; by default true and false. */
  on?: boolean | number | string;
  off?: boolean | number | string;
  /** Such as `°C`. */
  unit?: string;
  /** What it measures or switches, such as `temperature` or `door`. */
  class?: string;
  /** The name of a Material Design icon. */
  icon?: string;
  /** Of a number; of a light the coldest and the warmest white, in mireds. */
  min?: number;
  max?: number;
  step?: number;
  /** Of a light: how it can be set. */
  modes?: ('onoff' | 'brightness' | 'color_temp' | 'rgb' | 'rgbw' | 'rgbww' | 'white')[];
  /** Of an event: what may happen. */
  options?: string[];
}

/** What a client is and has, for programs that show devices. */
export interface DeviceDescription {
  /** What people call it; by default the client id. */
  name?: string;
  /** The room that it is in. */
  area?: string;
  manufacturer?: string;
  model?: string;
  /** Of its program. */
  version?: string;
  components: DescribedComponent[];
}
