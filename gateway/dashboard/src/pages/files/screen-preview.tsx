import type { JSX } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import { type ApiError, errorOf } from '../../api/client.ts';
import { Dialog } from '../../components/confirm.tsx';
import { Copyable } from '../../components/copyable.tsx';
import { FaultLine, faultText } from '../../components/fault.tsx';
import { Choice } from '../../components/field.tsx';
import { t } from '../../language/language.ts';
import { type ImageOptions, imagePath, type ObjectEntry } from './objects.ts';
import { toPixels } from './screen-image.ts';

const SIZES = ['240x240', '240x320', '320x240', '128x128', '128x64', '296x128', '400x300'] as const;
const FORMATS = ['rgb565', 'gray4', 'mono'] as const;

/** An image as a device with a small screen will show it, pixel for pixel. */
export function ScreenPreview({ object, onClose }: { object: ObjectEntry; onClose: () => void }): JSX.Element {
  const [size, setSize] = useState<string>(SIZES[0]);
  const [format, setFormat] = useState<string>(FORMATS[0]);
  const [fault, setFault] = useState('');
  const canvas = useRef<HTMLCanvasElement>(null);
  const [width = 240, height = 240] = size.split('x').map(Number);
  const options: ImageOptions = {
    width,
    height,
    fit: 'contain',
    format: FORMATS.find((one) => one === format) ?? 'rgb565',
  };
  const path = imagePath(object.key, options);
  // The path has all of the options.
  useEffect(() => {
    const draw = async (): Promise<void> => {
      const answer = await fetch(path);
      if (!answer.ok) throw await errorOf(answer);
      const bytes = new Uint8Array(await answer.arrayBuffer());
      const context = canvas.current?.getContext('2d');
      context?.putImageData(new ImageData(toPixels(bytes, options), width, height), 0, 0);
      setFault('');
    };
    draw().catch((error: ApiError) => setFault(faultText(error)));
  }, [path]);
  return (
    <Dialog title={t.files.preview} onClose={onClose}>
      <div class="tools">
        <Choice
          label={t.files.screenSize}
          value={size}
          of={SIZES.map((each) => [each, each.replace('x', ' × ')])}
          onValue={setSize}
        />
        <Choice
          label={t.files.screenFormat}
          value={format}
          of={FORMATS.map((each) => [each, each])}
          onValue={setFormat}
        />
      </div>
      <FaultLine text={fault} />
      <canvas ref={canvas} width={width} height={height} class="screen" role="img" aria-label={object.fileName} />
      <Copyable text={`GET ${path}`} isBlock />
      <div class="buttons">
        <button type="button" onClick={onClose}>
          {t.common.close}
        </button>
      </div>
    </Dialog>
  );
}
