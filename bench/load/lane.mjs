/** One sender's messages as one receiver gets them: each once, and in order. */
export class Lane {
  /** The sequence number that comes next. */
  next = 0;
  lost = 0;
  duplicated = 0;

  /**
   * Notes a message that is not the one to come.
   * @param {number} sequence
   */
  irregular(sequence) {
    if (sequence < this.next) this.duplicated++;
    else {
      this.lost += sequence - this.next;
      this.next = sequence + 1;
    }
  }

  /**
   * Gives up what is still on its way.
   * @param {number} sent
   */
  abandon(sent) {
    this.lost += sent - this.next;
    this.next = sent;
  }
}
