/** A curve along which something moves; the points in pixels. */
export interface Flow {
  x1: number;
  y1: number;
  x2: number;
  y2: number;
  perS: number;
  /** To a channel, or from there. */
  isSent: boolean;
}

interface Dot {
  flow: Flow;
  bornMs: number;
}

const TRAVEL_MS = 1_400;
const RADIUS = 2.6;
/** More of them are no picture any more, and cost the machine that shows them. */
const MAX_DOTS = 160;
const FRAME_MS = 1000 / 30;
/** Up to so many a second, each message is a dot. */
const MAX_PER_S = 3;

/** Dots that move along curves, about one for each message while there are few, on a canvas above them. */
export class FlowDots {
  readonly #canvas: HTMLCanvasElement;
  readonly #context: CanvasRenderingContext2D;
  readonly #colours: readonly [sent: string, heard: string];
  #flows: readonly Flow[] = [];
  #dots: Dot[] = [];
  #drawnMs = 0;
  #frame: number;

  constructor(canvas: HTMLCanvasElement, width: number, height: number) {
    const context = canvas.getContext('2d');
    if (!context) throw new TypeError('This browser draws nothing.');
    const scale = Math.min(2, devicePixelRatio);
    canvas.width = Math.round(width * scale);
    canvas.height = Math.round(height * scale);
    canvas.style.width = `${width}px`;
    canvas.style.height = `${height}px`;
    context.scale(scale, scale);
    const styles = getComputedStyle(canvas);
    this.#colours = [styles.getPropertyValue('--chart-1').trim(), styles.getPropertyValue('--chart-3').trim()];
    this.#canvas = canvas;
    this.#context = context;
    this.#frame = requestAnimationFrame((nowMs) => this.#draw(nowMs));
  }

  /** Lets dots move along these from now on; those on their way arrive. */
  show(flows: readonly Flow[]): void {
    this.#flows = flows;
  }

  stop(): void {
    cancelAnimationFrame(this.#frame);
    this.#context.clearRect(0, 0, this.#canvas.width, this.#canvas.height);
  }

  #draw(nowMs: number): void {
    this.#frame = requestAnimationFrame((nextMs) => this.#draw(nextMs));
    const elapsedMs = nowMs - this.#drawnMs;
    if (elapsedMs < FRAME_MS) return;
    this.#drawnMs = nowMs;
    const hadNone = this.#dots.length === 0;
    this.#dots = this.#dots.filter(({ bornMs }) => nowMs - bornMs < TRAVEL_MS);
    // A page that was hidden begins anew.
    if (elapsedMs < 1000) this.#begin(nowMs, elapsedMs);
    if (hadNone && this.#dots.length === 0) return;
    const context = this.#context;
    context.clearRect(0, 0, this.#canvas.width, this.#canvas.height);
    for (const isSent of [true, false]) {
      context.fillStyle = this.#colours[isSent ? 0 : 1];
      context.beginPath();
      for (const { flow, bornMs } of this.#dots) {
        if (flow.isSent !== isSent) continue;
        const [x, y] = pointOf(flow, (nowMs - bornMs) / TRAVEL_MS);
        context.moveTo(x + RADIUS, y);
        context.arc(x, y, RADIUS, 0, 2 * Math.PI);
      }
      context.fill();
    }
  }

  #begin(nowMs: number, elapsedMs: number): void {
    for (const flow of this.#flows) {
      const perS = flow.perS <= 1 ? flow.perS : Math.min(MAX_PER_S, 1 + Math.log10(flow.perS));
      if (Math.random() >= (perS * elapsedMs) / 1000) continue;
      if (this.#dots.length >= MAX_DOTS) return;
      this.#dots.push({ flow, bornMs: nowMs });
    }
  }
}

/** A point of the curve that leaves and arrives level; `share`: how far along, from 0 to 1. */
function pointOf({ x1, y1, x2, y2 }: Flow, share: number): [x: number, y: number] {
  const rest = 1 - share;
  const middle = (x1 + x2) / 2;
  const [a, b, c, d] = [rest ** 3, 3 * rest ** 2 * share, 3 * rest * share ** 2, share ** 3];
  return [a * x1 + (b + c) * middle + d * x2, (a + b) * y1 + (c + d) * y2];
}
