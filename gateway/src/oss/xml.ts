import { parseXml, XmlElement, XmlText } from '@rgrove/parse-xml';
import { OssError } from './oss-error.ts';

/** An element's content: text, or elements by name; a list stands for the same element several times. */
export type XmlContent = string | number | boolean | XmlFields | readonly XmlContent[] | undefined;
export interface XmlFields {
  readonly [name: string]: XmlContent;
}

/** A document with one root. Fields that are undefined are left out. */
export function writeXml(root: string, fields: XmlFields): string {
  return `<?xml version="1.0" encoding="UTF-8"?>\n${element(root, fields)}\n`;
}

function element(name: string, content: XmlContent): string {
  if (content === undefined) return '';
  if (Array.isArray(content)) return content.map((each: XmlContent) => element(name, each)).join('');
  const inner =
    typeof content === 'object'
      ? Object.entries(content)
          .map(([child, value]) => element(child, value as XmlContent))
          .join('')
      : escaped(String(content));
  return `<${name}>${inner}</${name}>`;
}

const ENTITIES: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&apos;' };
/** What XML 1.0 has no way to write. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: these are what it is about.
const UNWRITABLE = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]|\p{Surrogate}/gu;

function escaped(text: string): string {
  return text.replace(UNWRITABLE, '\ufffd').replace(/[&<>"']/g, (character) => ENTITIES[character] ?? character);
}

/** The root of a request's document. Throws OssError MalformedXML where it is none, or not called `name`. */
export function readXml(text: string, name: string): XmlElement {
  let root: XmlElement | null;
  try {
    root = parseXml(text).root;
  } catch {
    // Nesting that is too deep for the parser ends here as well.
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
