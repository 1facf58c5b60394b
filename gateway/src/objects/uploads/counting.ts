import type { Counter, Metrics } from '../../common/metrics.ts';

/** Running totals of uploads. */
export class UploadCounting {
  readonly begun: Counter;
  readonly bytes: Counter;
  readonly stored: Counter;
  readonly failed: Counter;

  constructor(metrics: Metrics) {
    this.begun = metrics.counter({ name: 'crosscomm_uploads_begun_total', help: 'Uploads that were begun.' });
    this.bytes = metrics.counter({
      name: 'crosscomm_upload_received_bytes_total',
      help: 'Bytes of uploads that came in, also of those that never were complete.',
      unit: 'bytes',
    });
    this.stored = metrics.counter({
      name: 'crosscomm_uploads_stored_total',
      help: 'Uploads that got into the object store.',
    });
    this.failed = metrics.counter({
      name: 'crosscomm_uploads_failed_total',
      help: 'Uploads that were put aside as the object store can never take them; one that is tried again may count again.',
    });
  }
}
