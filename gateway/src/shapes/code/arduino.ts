import type { FieldShape, Shape, ValueType } from '../shape.ts';
import { partsOf, quoted, typeName } from './names.ts';

/** Of C++, of Arduino's cores and their compilers, and of what is written here. What has capital letters alone is most likely a macro. */
const TAKEN = new Set(
  (
    'alignas alignof and and_eq asm auto bitand bitor bool break case catch char char16_t char32_t class compl const const_cast constexpr continue ' +
    'decltype default delete do double dynamic_cast else enum explicit export extern false float for friend goto if inline int long mutable namespace ' +
    'new noexcept not not_eq nullptr operator or or_eq private protected public register reinterpret_cast return short signed sizeof static ' +
    'static_assert static_cast struct switch template this thread_local throw true try typedef typeid typename union unsigned using virtual void ' +
    'volatile wchar_t while xor xor_eq linux unix i386 boolean byte word interrupts noInterrupts read value begin send deliver'
  ).split(' '),
);
const INT32 = { min: -(2 ** 31), max: 2 ** 31 - 1 };

type Form = 'bool' | 'float' | 'int32_t' | 'int64_t' | 'uint64_t' | 'char';

/** What a header is written of. */
interface Written {
  readonly channel: string;
  readonly type: string;
  readonly members: readonly Member[];
}

interface Member {
  readonly own: string;
  readonly name: string;
  readonly form: Form;
  readonly isOptional: boolean;
  /** Bytes of a text, with the zero at its end. */
  readonly room: number;
}

/**
 * A header for the project's Arduino library: a struct for the messages of a channel, read from what comes, and sent without the names of its fields
 * (section 7 of the protocol of frames). What has no place in a struct, such as arrays, is named in a remark.
 */
export function arduinoOf(shape: Shape): string {
  const { named } = partsOf(shape);
  const type = typeName(shape.channel);
  const taken = new Set(TAKEN);
  const formed = named.map((field) => ({ field, form: formOf(field) }));
  const members = formed
    .flatMap(({ field, form }) => (form === undefined ? [] : [memberOf(field, form, taken)]))
    // Only those at the end can be left out of values without names.
    .sort((a, b) => Number(a.isOptional) - Number(b.isOptional));
  const left = formed.flatMap(({ field, form }) => (form === undefined ? [field] : []));
  const lines = [
    `// Messages on ${quoted(shape.channel)}, as ${shape.messages} of them were.`,
    ...(members.length === 0
      ? ['// They have no field that is a number, a text, true or false: use cc.send() and message.value.']
      : []),
    ...left.map(
      ({ name, types }) =>
        `// Its field ${quoted(name)} is ${types.join(' or ')}, which has no place here: it is message[${cText(name)}].`,
    ),
    '#pragma once',
    '',
    '#include <CrossComm.h>',
    ...(members.length === 0
      ? []
      : [
          '',
          ...keysOf(type, members),
          '',
          ...structOf(type, members),
          '',
          ...channelOf({ channel: shape.channel, type, members }),
        ]),
  ];
  return `${lines.join('\n')}\n`;
}

/** What a field is in C++; undefined where it can be several things, or is none of these. One that can be null can be left out. */
function formOf({ types, min = 0, max = 0 }: FieldShape): Form | undefined {
  const [type, ...others] = types.filter((each) => each !== 'null');
  if (type === undefined || others.length > 0) return undefined;
  if (type === 'integer') {
    if (min >= INT32.min && max <= INT32.max) return 'int32_t';
    return min >= 0 && max >= 2 ** 63 ? 'uint64_t' : 'int64_t';
  }
  const forms: Partial<Record<ValueType, Form>> = { number: 'float', boolean: 'bool', text: 'char' };
  return forms[type];
}

function memberOf({ name, types, isOptional, maxLength = 0 }: FieldShape, form: Form, taken: Set<string>): Member {
  const plain = name
    .replace(/[^A-Za-z0-9_]/g, '_')
    .replace(/_{2,}/g, '_')
    .replace(/^_+(?=.)/, '');
  const begun = /^[A-Za-z]/.test(plain) ? plain : `field_${plain}`;
  const safe = /^[A-Z0-9_]+$/.test(begun) ? `${begun}_` : begun;
  let own = safe;
  for (let count = 2; taken.has(own) || taken.has(hasName(own)); count++) own = `${safe}_${count}`;
  taken.add(own);
  taken.add(hasName(own));
  // A character has up to three bytes in UTF-8, and the longest text is hardly the longest there is.
  const room = Math.ceil((maxLength * 3) / 16 + 1) * 16;
  return { own, name, form, isOptional: isOptional || types.includes('null'), room };
}

/** Names lie in flash; what is not used is not linked. */
function keysOf(type: string, members: readonly Member[]): string[] {
  const names = members.map(({ name }) => name).join(',');
  return [
    `static const char ${type}Keys[] PROGMEM = ${cText(names)};`,
    ...members.map(({ own, name }) => `static const char ${type}Key_${own}[] PROGMEM = ${cText(name)};`),
  ];
}

function keyOf(type: string, own: string): string {
  return `reinterpret_cast<const crosscomm::FlashText *>(${type}Key_${own})`;
}

function structOf(type: string, members: readonly Member[]): string[] {
  return [
    `struct ${type} {`,
    ...members.map((member) => `  ${declarationOf(member)}`),
    '',
    '  /** Takes what came, as a map or without names. False where a field is missing, is of another type, or does not fit. */',
    '  bool read(const CrossCommValue &message) {',
    ...members.flatMap((member) => readingOf(type, member)),
    '    return true;',
    '  }',
    '};',
  ];
}

function declarationOf({ own, form, isOptional, room }: Member): string {
  const has = isOptional ? `bool ${hasName(own)} = false; ` : '';
  if (form === 'char') return `${has}char ${own}[${room}] = "";`;
  return `${has}${form} ${own} = ${form === 'bool' ? 'false' : '0'};`;
}

/** A number that is beyond what it is read as, or none, is what stands for it: two of these differ. */
function readingOf(type: string, { own, form, isOptional }: Member): string[] {
  const convert = { int32_t: 'toInt', int64_t: 'toInt64', uint64_t: 'toUnsigned64' };
  const bad = {
    bool: 'item.type() != crosscomm::Type::Bool',
    float: '!item.isNumber()',
    char: `!item.isText() || item.copyText(${own}, sizeof ${own}) >= sizeof ${own}`,
    int32_t:
      '!item.isNumber() || item.toInt(0) != item.toInt(1) || item.toInt(0) != static_cast<int32_t>(item.toInt(0))',
    int64_t: '!item.isNumber() || item.toInt64(0) != item.toInt64(1)',
    uint64_t: '!item.isNumber() || item.toUnsigned64(0) != item.toUnsigned64(1)',
  }[form];
  const taken = {
    ...{ bool: `${own} = item.toBool();`, float: `${own} = item.toFloat();`, char: '' },
    ...{ int32_t: '', int64_t: '', uint64_t: '' },
  }[form];
  const value = form in convert ? `${own} = item.${convert[form as keyof typeof convert]}();` : taken;
  const has = hasName(own);
  const begin = ['    {', `      const CrossCommValue item = message.item(${keyOf(type, own)});`];
  const end = [...(value === '' ? [] : [`      ${value}`]), '    }'];
  if (!isOptional) return [...begin, `      if (${bad}) return false;`, ...end];
  return [
    ...begin,
    `      ${has} = item.exists() && !item.isNull();`,
    `      if (${has} && (${bad})) return false;`,
    ...(value === '' ? [] : [`      if (${has}) ${value}`]),
    '    }',
  ];
}

/** Where what is left out is not at the end, or a name has what separates names, a message goes as a map. */
function channelOf(written: Written): string[] {
  const { channel, type, members } = written;
  const isShaped = members.every(({ name }) => name !== '' && !/[,\0]/.test(name));
  const optional = members.filter(({ isOptional }) => isOptional);
  const needed = members.length - optional.length;
  const mayBeMap = !isShaped || optional.length > 1 || needed === 0;
  const sending = (verb: 'send' | 'deliver'): string[] => [
    `  crosscomm::Result ${verb}(const ${type} &message) {`,
    ...(isShaped ? shapedSending(verb, members, needed) : []),
    ...(mayBeMap ? mapSending(verb, written) : []),
    '  }',
  ];
  return [
    '/** The channel: begin() it in setup(), behind that of CrossComm. It must live as long as the sketch. */',
    `class ${type}Channel {`,
    ' public:',
    '  crosscomm::Result begin(crosscomm::Core &cc) {',
    ...(mayBeMap ? ['    cc_ = &cc;'] : []),
    isShaped
      ? `    return cc.shape(shape_, reinterpret_cast<const crosscomm::FlashText *>(${type}Keys));`
      : `    return cc.channel(${cText(channel)});`,
    '  }',
    '  /** At most once, and at least once. */',
    ...sending('send'),
    ...sending('deliver'),
    '',
    ' private:',
    ...(isShaped ? [`  CrossCommShape shape_{${cText(channel)}};`] : []),
    ...(mayBeMap ? ['  crosscomm::Core *cc_ = nullptr;'] : []),
    '};',
  ];
}

/** One call for each number of fields that may be there, the most first. */
function shapedSending(verb: string, members: readonly Member[], needed: number): string[] {
  const lines: string[] = [];
  for (let count = members.length; count >= Math.max(needed, 1); count--) {
    const has = members.slice(needed, count).map(({ own }) => `message.${hasName(own)}`);
    const hasNot = members.slice(count).map(({ own }) => `!message.${hasName(own)}`);
    const given = members.slice(0, count).map(({ own }) => `message.${own}`);
    const call = `return shape_.${verb}(${given.join(', ')});`;
    const condition = [...has, ...hasNot].join(' && ');
    // All others would leave out what is not at the end.
    const isLast = members.length - needed < 2 && count === Math.max(needed, 1);
    lines.push(condition === '' || (isLast && needed > 0) ? `    ${call}` : `    if (${condition}) ${call}`);
  }
  return lines;
}

function mapSending(verb: string, { channel, type, members }: Written): string[] {
  return [
    '    if (cc_ == nullptr) return crosscomm::Result::NotBegun;',
    `    crosscomm::Builder map = cc_->message(${cText(channel)});`,
    ...members.map(({ own, isOptional }) => {
      const field = `map.field(${keyOf(type, own)}, message.${own});`;
      return isOptional ? `    if (message.${hasName(own)}) ${field}` : `    ${field}`;
    }),
    `    return map.${verb}();`,
  ];
}

function hasName(own: string): string {
  return `has${own.charAt(0).toUpperCase()}${own.slice(1)}`;
}

/** A text as C reads it, in UTF-8: three digits for each byte that is no plain character, so that none behind it counts to it. */
function cText(text: string): string {
  const bytes = Array.from(Buffer.from(text), (byte) =>
    byte >= 0x20 && byte < 0x7f && byte !== 0x22 && byte !== 0x5c && byte !== 0x3f
      ? String.fromCharCode(byte)
      : `\\${byte.toString(8).padStart(3, '0')}`,
  );
  return `"${bytes.join('')}"`;
}
