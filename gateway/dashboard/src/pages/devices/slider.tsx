import type { JSX } from 'preact';
import { useId, useState } from 'preact/hooks';

/** A number between two others. `onValue` is told once it is let go. */
export function Slider({
  label,
  value,
  shown,
  min,
  max,
  step,
  onValue,
}: {
  label: string;
  value: number | undefined;
  /** How a value is written beside it. */
  shown: (value: number) => string;
  min: number;
  max: number;
  step?: number | undefined;
  onValue: (value: number) => void;
}): JSX.Element {
  const id = useId();
  /** Where it is while it is held: what is said meanwhile does not move it. */
  const [held, setHeld] = useState<number>();
  const at = held ?? value;
  return (
    <div class="slider">
      <label for={id}>{label}</label>
      <input
        id={id}
        type="range"
        min={min}
        max={max}
        step={step ?? 'any'}
        value={at ?? min}
        aria-valuetext={at === undefined ? undefined : shown(at)}
        onInput={({ currentTarget }) => setHeld(Number(currentTarget.value))}
        onChange={({ currentTarget }) => {
          setHeld(undefined);
          onValue(Number(currentTarget.value));
        }}
      />
      <output for={id}>{at === undefined ? '' : shown(at)}</output>
    </div>
  );
}
