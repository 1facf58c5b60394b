import { encodedMetadata } from '../store-forms.ts';

/** S3's limit for the names and values of an object's metadata together. */
const MAX_METADATA_BYTES = 2048;

/** Metadata as it is sent, without the longest values if there is too much: the list of objects has all of it anyway. */
export function fittingMetadata(plain: Readonly<Record<string, string>>): Record<string, string> {
  const entries = Object.entries(encodedMetadata(plain)).sort(([, one], [, other]) => one.length - other.length);
  let bytes = 0;
  return Object.fromEntries(
    entries.filter(([name, value]) => {
      bytes += name.length + value.length;
      return bytes <= MAX_METADATA_BYTES;
    }),
  );
}
