/**
 * Calls `send` so many times at an even rate; a timer that was late makes up for it.
 * @param {number} total
 * @param {number} rate
 * @param {() => void} send
 * @returns {Promise<void>}
 */
export function pace(total, rate, send) {
  return new Promise((resolve) => {
    const start = performance.now();
    let done = 0;
    const step = () => {
      const due = Math.min(total, Math.floor(((performance.now() - start) * rate) / 1000));
      for (; done < due; done++) send();
      if (done < total) setTimeout(step, 1);
      else resolve();
    };
    step();
  });
}
