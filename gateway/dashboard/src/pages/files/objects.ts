/** An object as the gateway lists it. */
export interface ObjectEntry {
  key: string;
  url?: string;
  fileName: string;
  /** Bytes. */
  size: number;
  kind: 'file' | 'image';
  type: string;
  from: string | null;
  to: string | null;
  /** Milliseconds since 1970. */
  createdMs: number;
}

/** What an image is made into before it is sent. */
export interface ImageOptions {
  width: number;
  height: number;
  fit: 'contain' | 'cover';
  format: 'jpeg' | 'rgb565' | 'gray4' | 'mono';
}

/** Where an object is read by whoever looks at the page. */
export function pathOf(key: string): string {
  return `/objects/${key.split('/').map(encodeURIComponent).join('/')}`;
}

/** Where an image is read in another size or format. */
export function imagePath(key: string, { width, height, fit, format }: ImageOptions): string {
  return `${pathOf(key)}?width=${width}&height=${height}&fit=${fit}&format=${format}`;
}
