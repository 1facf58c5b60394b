/**
 * What may not stand in the name of a client, a channel or a topic: control characters, lone surrogates, and code points that
 * Unicode keeps from being characters. MQTT lets a broker refuse them (3.1.1, section 1.5.3), and common clients end their
 * connection where they get one.
 */
const UNFIT = /[\p{Cc}\p{Cs}\p{Noncharacter_Code_Point}]/u;

/** True where `name` holds a character that no name may hold. */
export function hasUnfitCharacter(name: string): boolean {
  return UNFIT.test(name);
}
