import type { JSX } from 'preact';
import { mayOperate, session } from '../../api/session.ts';
import { useStore } from '../../common/store.ts';
import { Card } from '../../components/basics.tsx';
import { Page } from '../../components/page.tsx';
import { t } from '../../language/language.ts';
import { AnnouncedDevices } from './announced-devices.tsx';
import { PairedDevices } from './paired-devices.tsx';
import { Pairing } from './pairing.tsx';
import { SerialPorts } from './serial-ports.tsx';

/** Devices with what can be set at them, boards at serial ports, and how a device gets a token. */
export function DevicesPage(): JSX.Element {
  const isOperator = mayOperate(useStore(session));
  return (
    <Page title={t.pages.devices}>
      <AnnouncedDevices />
      <div class="columns">
        <Card title={t.devices.serial}>
          <SerialPorts isOperator={isOperator} />
        </Card>
        {isOperator && (
          <>
            <Card title={t.devices.pairing}>
              <Pairing />
            </Card>
            <Card title={t.devices.paired}>
              <PairedDevices />
            </Card>
          </>
        )}
      </div>
    </Page>
  );
}
