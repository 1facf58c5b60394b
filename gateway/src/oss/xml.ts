import { parseXml, XmlElement, XmlText } from '@rgrove/parse-xml';
import { OssError } from './oss-error.ts';

/** An element's content: text, or elements by name; a list stands for the same element several times. */
export type XmlContent = string | number | boolean | XmlFields | readonly XmlContent[] | undefined;
export interface XmlFields {
  readonly [name: string]: XmlContent;
}

/** A document with one root, all of it in one namespace if there is one. Fields that are undefined are left out. */
export function writeXml(root: string, fields: XmlFields, namespace?: string): string {
  const start = namespace === undefined ? root : `${root} xmlns="${namespace}"`;
  return `<?xml version="1.0" encoding="UTF-8"?>\n<${start}>${inside(fields)}</${root}>\n`;
}

function element(name: string, content: XmlContent): string {
  if (content === undefined) return '';
  if (!Array.isArray(content)) return `<${name}>${inside(content)}</${name}>`;
  let text = '';
  for (const each of content as readonly XmlContent[]) text += element(name, each);
  return text;
}

function inside(content: Exclude<XmlContent, undefined>): string {
  if (typeof content !== 'object') return escaped(String(content));
  let text = '';
  // A list of a thousand objects is written while everybody else waits.
  for (const child in content) text += element(child, (content as XmlFields)[child]);
  return text;
}

const ENTITIES: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&apos;' };
/** Characters that XML 1.0 cannot contain. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: these are what it is about.
const UNWRITABLE = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]|\p{Surrogate}/gu;
/** The same, or a half of a pair that may be whole: most texts have none of these. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: these are what it is about.
const STRANGE = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\ud800-\udfff\ufffe\uffff]/;
const MARK = /[&<>"']/;
const MARKS = /[&<>"']/g;

function escaped(text: string): string {
  const writable = STRANGE.test(text) ? text.replace(UNWRITABLE, '\ufffd') : text;
  return MARK.test(writable) ? writable.replace(MARKS, (character) => ENTITIES[character] as string) : writable;
}

/** The root of a request's document. Throws OssError MalformedXML where it is none, or not called `name`. */
export function readXml(text: string, name: string): XmlElement {
  let root: XmlElement | null;
  try {
    root = parseXml(text).root;
  } catch {
    // The parser also throws for elements that are nested too deeply.
    throw malformed();
  }
  if (root?.name !== name) throw malformed();
  return root;
}

/** The elements of this name right below `parent`. */
export function childrenOf(parent: XmlElement, name: string): XmlElement[] {
  return parent.children.filter((child): child is XmlElement => child instanceof XmlElement && child.name === name);
}

/** The text of the element of this name right below `parent`; undefined where there is none. */
export function textOf(parent: XmlElement, name: string): string | undefined {
  const [child] = childrenOf(parent, name);
  return child?.children.map((part) => (part instanceof XmlText ? part.text : '')).join('');
}

export function malformed(): OssError {
  return new OssError(400, 'MalformedXML', 'The XML you provided was not well-formed or did not validate.');
}
