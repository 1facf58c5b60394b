import type { FieldShape, Shape } from '../shape.ts';

/** The fields of the objects among the messages, and what a message is that is none. */
export function partsOf({ fields }: Pick<Shape, 'fields'>): { named: FieldShape[]; itself: FieldShape | undefined } {
  return { named: fields.filter(({ name }) => name !== ''), itself: fields.find(({ name }) => name === '') };
}

/** The name of a type for a channel, in ASCII: `lab/room-1` is LabRoom1. */
export function typeName(channel: string): string {
  const words = channel.split(/[^A-Za-z0-9]+/).filter((word) => word !== '');
  const name = words.map((word) => `${word.charAt(0).toUpperCase()}${word.slice(1)}`).join('');
  return /^[A-Za-z]/.test(name) ? name : `Message${name}`;
}

/** A text in quotes, in ASCII, as TypeScript and JSON read it: also safe in a comment of one line. */
export function quoted(text: string): string {
  const asNumber = (unit: string): string => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`;
  return JSON.stringify(text).replace(/[^\x20-\x7e]/g, asNumber);
}
