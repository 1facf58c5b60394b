import { documentAnswer, type OssAnswer } from '../answer.ts';
import type { OssRequest } from '../request.ts';
import type { XmlFields } from '../xml.ts';

/** An answer that is an XML document, as the dialect of the request writes it. */
export function xmlAnswer(
  { dialect }: OssRequest,
  root: string,
  fields: XmlFields,
  headers: Record<string, string> = {},
): OssAnswer {
  return documentAnswer(dialect.writeXml(root, fields), headers);
}
