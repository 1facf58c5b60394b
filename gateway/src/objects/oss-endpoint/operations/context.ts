import type { ObjectStore } from '../../contract.ts';
import type { MultipartUploads } from '../multipart/uploads.ts';

/** What operations work with. */
export interface OperationContext {
  store: ObjectStore;
  uploads: MultipartUploads;
  /** The one bucket there is. */
  bucket: string;
}
