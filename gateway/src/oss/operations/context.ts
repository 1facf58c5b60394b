import type { ObjectStore } from '../../objects/contract.ts';
import type { ObjectReader } from '../../objects/elsewhere.ts';
import type { KeyRights } from '../key-rights.ts';
import type { MultipartUploads } from '../multipart/uploads.ts';

/** What operations work with. */
export interface OperationContext {
  store: ObjectStore;
  /** What is read by this request, wherever it is; the store is this gateway's own. */
  readable: ObjectReader;
  uploads: MultipartUploads;
  /** The one bucket there is. */
  bucket: string;
  /** What the key of the request may do. */
  rights: KeyRights;
  /** Ends what goes on without a client: copies, and objects being made of parts. */
  signal: AbortSignal;
}
