import { withoutNonFinite } from '../../common/json/finite.ts';
import { isJson, quote, type RawMember, tryScanObject, writeObject } from '../../common/json/scan.ts';
import { defineEncoding, type Encoding, type Message } from '../../hub/message.ts';
import { describeObject } from '../../hub/object-description.ts';

const FROM_PYTHON = { nonFinite: true };
const LINE_BREAK = /[\r\n]/;
const LINE_BREAKS = /[\r\n]+/g;

/**
 * A message as OOCSI sees it, a flat set of members: sorted by name, each name once, none of them null. Their raw texts
 * are valid JSON without a line break. What is not an object becomes a member named after its kind.
 */
export const toEventData: Encoding<readonly RawMember[]> = defineEncoding((message) => tidy(membersOf(message)));

/** The text of the object that `toEventData` makes, for callers that pass on only the data. */
export function eventDataText(message: Message): string {
  return dataText.of(message);
}

const dataText = defineEncoding((message) => writeObject(toEventData.of(message)));

function membersOf(message: Message): RawMember[] {
  switch (message.kind) {
    case 'dict':
    case 'json':
      return fromJson(message.text, message.kind);
    case 'text':
      return [{ name: 'text', raw: quote(message.text) }];
    case 'bytes':
      return [{ name: 'bytes', raw: `"${message.base64}"` }];
    default:
      return describeObject(message);
  }
}

function fromJson(text: string, kind: string): RawMember[] {
  const members = tryScanObject(text, FROM_PYTHON);
  if (members) return members.map(({ name, raw }) => ({ name, raw: withoutNonFinite(raw) }));
  // Not a JSON object: any other JSON value is passed on as it is, all other text as a string.
  const value = text.trim();
  const isValue = kind === 'json' && isJson(value, FROM_PYTHON);
  return [{ name: 'json', raw: isValue ? withoutNonFinite(value) : quote(text) }];
}

/**
 * The members sorted by the UTF-16 units of their names; of equal names the last; nulls left out; each value on one line.
 * Changes the array that it is given. Nearly all data are in this form already.
 */
export function tidy(members: RawMember[]): readonly RawMember[] {
  let isSorted = true;
  let before = '';
  for (let index = 0; index < members.length; index++) {
    const { name, raw } = members[index] as RawMember;
    if (raw === 'null' || (index > 0 && name <= before)) isSorted = false;
    // Only an array or an object holds blanks, 91 and 123 being their brackets; strings hold no line break as such.
    if ((raw.charCodeAt(0) | 32) === 123 && LINE_BREAK.test(raw))
      members[index] = { name, raw: raw.replace(LINE_BREAKS, '') };
    before = name;
  }
  return isSorted ? members : sortMembers(members);
}

/** Up to this many members, insertion is quicker than a general sort; nearly all messages have fewer. */
const FEW = 16;

function sortMembers(members: RawMember[]): RawMember[] {
  if (members.length > FEW) members.sort((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0));
  else insertionSort(members);
  let kept = 0;
  for (let index = 0; index < members.length; index++) {
    const member = members[index] as RawMember;
    if (member.name !== members[index + 1]?.name && member.raw !== 'null') members[kept++] = member;
  }
  members.length = kept;
  return members;
}

function insertionSort(members: RawMember[]): void {
  for (let index = 1; index < members.length; index++) {
    const member = members[index] as RawMember;
    let place = index;
    for (; place > 0; place--) {
      const before = members[place - 1] as RawMember;
      if (before.name <= member.name) break;
      members[place] = before;
    }
    members[place] = member;
  }
}
