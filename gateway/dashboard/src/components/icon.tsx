import type { JSX } from 'preact';

/** The strokes of each picture, in a square of 24. */
const STROKES = {
  overview: 'M4 13a8 8 0 1 1 16 0 M12 13l4-4 M4 18h16',
  clients: 'M4 5h10v7H4z M9 12v4 M6 16h6 M16 9h4v10h-5v-3 M17 16.5h1.5',
  channels: 'M5 5h5v4H5z M14 10h5v4h-5z M14 17h5v4h-5z M7.5 9v10H14 M7.5 12H14',
  conversation: 'M4 5h16v10H10l-4 4v-4H4z M8 9h8 M8 12h5',
  graph: 'M4 5.5h5v5H4z M4 14h5v5H4z M15 9.5h5v5h-5z M9 8c4 0 3 4 6 4 M9 16.5c4 0 3-4.5 6-4.5',
  together:
    'M8 6a2.5 2.5 0 1 1 0 5 2.5 2.5 0 0 1 0-5 M16 6a2.5 2.5 0 1 1 0 5 2.5 2.5 0 0 1 0-5 M3 19a5 5 0 0 1 9-3 5 5 0 0 1 9 3',
  automations: 'M4 7h6 M7 4v6 M10 7h6a3 3 0 0 1 3 3v4 M16 12l3 3 3-3 M5 17h9',
  controls: 'M4 7h8 M16 7h4 M12 5v4h4V5z M4 17h4 M12 17h8 M8 15v4h4v-4z',
  connect: 'M9 3v5 M15 3v5 M6 8h12v3a6 6 0 0 1-12 0z M12 17v4',
  files: 'M6 3h8l4 4v14H6z M14 3v4h4 M9 12h6 M9 16h6',
  devices: 'M7 7h10v10H7z M10 3v4 M14 3v4 M10 17v4 M14 17v4 M3 10h4 M3 14h4 M17 10h4 M17 14h4',
  trace: 'M5 19a2 2 0 1 0 0-.1 M7 19h7a3.5 3.5 0 0 0 0-7h-4a3.5 3.5 0 0 1 0-7h6 M16 2l3 3-3 3',
  class: 'M3 5h18v10H3z M12 15v3 M8 20l4-2 4 2 M7 9h6 M7 12h4',
  accounts: 'M12 4a4 4 0 1 1 0 8 4 4 0 0 1 0-8 M5 20a7 7 0 0 1 14 0',
  backup: 'M4 5h16v4H4z M5.5 9v10h13V9 M12 11v5 M9.5 13.5 12 16l2.5-2.5',
  settings: 'M4 7h9 M17 7h3 M15 5v4 M4 17h3 M11 17h9 M9 15v4 M4 12h2 M10 12h10 M8 10v4',
  diagnosis: 'M3 12h4l2.5-6 4 12 2.5-6h5',
  sun: 'M12 8a4 4 0 1 1 0 8 4 4 0 0 1 0-8 M12 2v2 M12 20v2 M2 12h2 M20 12h2 M5 5l1.4 1.4 M17.6 17.6 19 19 M5 19l1.4-1.4 M17.6 6.4 19 5',
  moon: 'M19.5 14.5A8 8 0 0 1 9.5 4.5a8 8 0 1 0 10 10z',
  language: 'M12 3a9 9 0 1 1 0 18 9 9 0 0 1 0-18 M3 12h18 M12 3c-5 5-5 13 0 18 M12 3c5 5 5 13 0 18',
  menu: 'M4 7h16 M4 12h16 M4 17h16',
  close: 'M6 6l12 12 M18 6 6 18',
  copy: 'M9 9h11v11H9z M15 9V4H4v11h5',
  check: 'M5 12.5l4.5 4.5L19 7',
  warning: 'M12 4 2.5 20h19z M12 10v5 M12 17.5v.5',
  info: 'M12 3a9 9 0 1 1 0 18 9 9 0 0 1 0-18 M12 11v6 M12 7.5v.5',
  search: 'M10.5 4a6.5 6.5 0 1 1 0 13 6.5 6.5 0 0 1 0-13 M15.5 15.5 20 20',
  pause: 'M8 5v14 M16 5v14',
  play: 'M7 4.5v15l12-7.5z',
  download: 'M12 4v11 M7 10.5l5 5 5-5 M4 20h16',
  upload: 'M12 16V5 M7 9.5l5-5 5 5 M4 20h16',
  trash: 'M5 7h14 M9 7V4h6v3 M7 7l1 13h8l1-13 M10 11v5 M14 11v5',
  send: 'M4 12 20 4l-5 16-3.5-6.5z M11.5 13.5 20 4',
  right: 'M9 5l7 7-7 7',
  left: 'M15 5l-7 7 7 7',
  down: 'M5 9l7 7 7-7',
  up: 'M5 15l7-7 7 7',
  resize: 'M3 12h18 M7 8l-4 4 4 4 M17 8l4 4-4 4',
  plus: 'M12 5v14 M5 12h14',
  edit: 'M4 20h4L19 9l-4-4L4 16z M13 7l4 4',
  share:
    'M18 4a2.5 2.5 0 1 1 0 5 2.5 2.5 0 0 1 0-5 M6 9.5a2.5 2.5 0 1 1 0 5 2.5 2.5 0 0 1 0-5 M18 15a2.5 2.5 0 1 1 0 5 2.5 2.5 0 0 1 0-5 M8.2 10.8l7.6-3.4 M8.2 13.2l7.6 3.4',
  person: 'M12 4a4 4 0 1 1 0 8 4 4 0 0 1 0-8 M5 20a7 7 0 0 1 14 0',
} as const;

export type IconName = keyof typeof STROKES;

/** A small picture beside a text that says the same, so screen readers skip it. */
export function Icon({ name }: { name: IconName }): JSX.Element {
  return (
    <svg class="icon" viewBox="0 0 24 24" aria-hidden="true">
      <path d={STROKES[name]} />
    </svg>
  );
}
