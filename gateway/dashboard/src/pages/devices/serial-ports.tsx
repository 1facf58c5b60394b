import type { JSX } from 'preact';
import { useState } from 'preact/hooks';
import { ApiError, ask, get } from '../../api/client.ts';
import type { SerialPort } from '../../api/types.ts';
import { useAnswer } from '../../api/use-answer.ts';
import { hrefOf } from '../../common/route.ts';
import { Badge, Empty, type Tone } from '../../components/basics.tsx';
import { Fault, FaultLine, faultText } from '../../components/fault.tsx';
import { t } from '../../language/language.ts';
import { BoardLog } from './board-log.tsx';
import { PortSettings } from './port-settings.tsx';

const RELOAD_MS = 2_000;
const TONES: Readonly<Record<string, Tone>> = { open: 'good', refused: 'bad', unapproved: 'warning' };

/** Asks which serial ports there are. */
export async function loadPorts(): Promise<SerialPort[]> {
  return (await get<{ ports: SerialPort[] }>('/api/v1/serial')).ports;
}

/** The boards at serial ports. */
export function SerialPorts({ isOperator }: { isOperator: boolean }): JSX.Element {
  const { answer: ports, error, reload } = useAnswer('serial', loadPorts, RELOAD_MS);
  const [fault, setFault] = useState('');
  /** The path of the port whose log is shown. */
  const [shown, setShown] = useState<string>();
  const approve = async (port: string): Promise<void> => {
    try {
      await ask('POST', '/api/v1/serial/approve', { port });
      setFault('');
    } catch (failure) {
      if (!(failure instanceof ApiError)) throw failure;
      setFault(faultText(failure));
    }
    await reload();
  };
  return (
    <>
      {error && !error.isUnreachable && <Fault error={error} />}
      {ports?.length === 0 && <Empty title={t.devices.noPorts} />}
      <FaultLine text={fault} />
      <ul class="names">
        {ports?.map((port) => (
          <Port
            key={port.path}
            {...{ port, isOperator }}
            isShown={shown === port.path}
            onShow={() => setShown(shown === port.path ? undefined : port.path)}
            onApprove={() => void approve(port.path)}
            onSet={() => void reload()}
          />
        ))}
      </ul>
    </>
  );
}

function Port({
  port,
  isOperator,
  isShown,
  onShow,
  onApprove,
  onSet,
}: {
  port: SerialPort;
  isOperator: boolean;
  isShown: boolean;
  onShow: () => void;
  onApprove: () => void;
  onSet: () => void;
}): JSX.Element {
  const { path, id, state, board, baudRate, isConfigured } = port;
  return (
    <li>
      <p>
        <a href={hrefOf('clients', id)}>{id}</a>{' '}
        <Badge tone={TONES[state] ?? 'plain'}>{t.devices.states[state] ?? state}</Badge>
      </p>
      <p class="hint">
        {[path, board === id ? '' : board, t.devices.baud(String(baudRate))].filter(Boolean).join(' · ')}
      </p>
      {isOperator && isConfigured && <p class="hint">{t.devices.configured}</p>}
      {isOperator && (
        <div class="buttons">
          {state === 'unapproved' && (
            <button type="button" class="primary" onClick={onApprove}>
              {t.devices.approve}
            </button>
          )}
          <button type="button" aria-expanded={isShown} onClick={onShow}>
            {isShown ? t.devices.hideLog : t.devices.showLog}
          </button>
          {!isConfigured && <PortSettings port={port} onDone={onSet} />}
        </div>
      )}
      {isShown && <BoardLog id={id} />}
    </li>
  );
}
