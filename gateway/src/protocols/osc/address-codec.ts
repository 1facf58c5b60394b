/** What OSC gives another meaning in an address, and a `%` that would be read as the beginning of such a sign. */
const WRITTEN_OTHERWISE = /[ #*,?[\]{}]|%(?=[0-9a-fA-F]{2})/g;
const ESCAPE = /%[0-9a-fA-F]{2}/;
const PATTERN = /[*?[\]{}]/;

/** The address of a channel or client: `/lamp/led`. What may not stand in an address is written as in URLs: `%20`. */
export function addressOf(name: string): string {
  return `/${name.replace(WRITTEN_OTHERWISE, (sign) => `%${sign.charCodeAt(0).toString(16).toUpperCase()}`)}`;
}

/** The channel or client that an address names. */
export function channelOf(address: string): string {
  const name = address.slice(1);
  return ESCAPE.test(name) ? decode(name) : name;
}

/** True for an address that stands for many, by the rules of OSC: `/lamp/*`. */
export function isAddressPattern(address: string): boolean {
  return PATTERN.test(address);
}

/** Escapes of several bytes are one character, as in URLs; what makes none stays as it is written. */
function decode(name: string): string {
  return name.replace(/(?:%[0-9a-fA-F]{2})+/g, (escapes) => {
    try {
      return decodeURIComponent(escapes);
    } catch {
      return escapes;
    }
  });
}
