import type { JSX } from 'preact';
import { useId, useState } from 'preact/hooks';
import { ApiError, ask, part } from '../../api/client.ts';
import type { SerialPort } from '../../api/types.ts';
import { Notice } from '../../components/basics.tsx';
import { Dialog } from '../../components/confirm.tsx';
import { FaultLine, faultText } from '../../components/fault.tsx';
import { Field } from '../../components/field.tsx';
import { FormButtons } from '../../components/form-buttons.tsx';
import { t } from '../../language/language.ts';

const BAUD_RATES = [9600, 19_200, 38_400, 57_600, 74_880, 115_200, 230_400, 250_000, 500_000, 921_600];

/** A button that gives the board at a serial port another name or speed. `onDone`: told the client id that it has then. */
export function PortSettings({
  port: { path, id, baudRate },
  onDone,
}: {
  port: Pick<SerialPort, 'path' | 'id' | 'baudRate'>;
  onDone: (id: string) => void;
}): JSX.Element {
  const [isOpen, setOpen] = useState(false);
  const [fault, setFault] = useState('');
  const list = useId();
  const close = (): void => {
    setOpen(false);
    setFault('');
  };
  const save = async (event: SubmitEvent): Promise<void> => {
    event.preventDefault();
    if (!(event.currentTarget instanceof HTMLFormElement)) return;
    const data = new FormData(event.currentTarget);
    const name = String(data.get('name')).trim();
    const rate = String(data.get('baudRate'));
    const wish = {
      ...(name === id ? {} : { name: name === '' ? null : name }),
      ...(rate === String(baudRate) ? {} : { baudRate: rate === '' ? null : Number(rate) }),
    };
    try {
      const answer = await ask<{ id: string }>('PUT', `/api/v1/serial/${part(path)}`, wish);
      close();
      onDone(answer.id);
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      setFault(faultText(error));
    }
  };
  return (
    <>
      <button type="button" onClick={() => setOpen(true)}>
        {t.devices.set}
      </button>
      {isOpen && (
        <Dialog title={t.devices.setTitle(id)} onClose={close}>
          <form onSubmit={(event) => void save(event)}>
            <Field label={t.devices.portName} hint={t.devices.portNameHint}>
              {(ids) => (
                <input
                  {...ids}
                  name="name"
                  defaultValue={id}
                  autocomplete="off"
                  autocapitalize="none"
                  spellcheck={false}
                />
              )}
            </Field>
            <Field label={t.devices.baudRate} hint={t.devices.baudRateHint}>
              {(ids) => (
                <>
                  <input
                    {...ids}
                    name="baudRate"
                    type="number"
                    min={50}
                    max={4_000_000}
                    defaultValue={baudRate}
                    list={list}
                  />
                  <datalist id={list}>
                    {BAUD_RATES.map((rate) => (
                      <option key={rate} value={rate} />
                    ))}
                  </datalist>
                </>
              )}
            </Field>
            <Notice tone="info">{t.devices.setText}</Notice>
            <FaultLine text={fault} />
            <FormButtons label={t.common.save} onCancel={close} />
          </form>
        </Dialog>
      )}
    </>
  );
}
