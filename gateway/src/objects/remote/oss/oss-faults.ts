import { ObjectError } from '../../contract.ts';
import { toStoreError } from '../store-faults.ts';

interface Fault {
  code?: string;
  name?: string;
  /** The status of the response; negative if there was none, 0 if nothing was sent. */
  status?: number;
  message?: string;
}

/** Turns an error of ali-oss into an ObjectError. */
export function toObjectFault(error: unknown): ObjectError {
  if (error instanceof ObjectError) return error;
  const fault = error as Fault;
  const { code = '', status } = fault;
  return toStoreError({ store: 'OSS', code, status, sentence: sentenceOf(fault), reason: reasonOf(fault) }, error);
}

/** The error without the parts that differ each time. */
function reasonOf(fault: Fault): string {
  const { code = '', name = '', status } = fault;
  if (name === 'cancel') return 'the gateway stops';
  if (name === 'abort') return 'it does not have the parts any more that were sent, and gets them again';
  if (name.endsWith('TimeoutError')) return 'it did not answer in time';
  if (status === undefined) return code === '' ? `its answer cannot be read (${sentenceOf(fault)})` : sentenceOf(fault);
  if (status < 0) return `the connection failed (${sentenceOf(fault)})`;
  return code === '' ? `it answered ${status}` : `it answered ${status} ${code} (${sentenceOf(fault)})`;
}

/** The first line of the message, without what ali-oss and urllib add around it, and without its full stop. */
function sentenceOf({ message = '' }: Fault): string {
  return message
    .replace(/\n.*/s, '')
    .replace(/^Failed to upload some parts with error: (?:\w+: )?/, '')
    .replace(/,? part_num: \d+$/, '')
    .replace(/, (?:HEAD|GET|PUT|POST|DELETE) https?:.*/, '')
    .replace(/\.$/, '');
}
