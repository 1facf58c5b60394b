import type { JSX } from 'preact';
import { useState } from 'preact/hooks';
import type { DeviceView } from '../../api/types.ts';
import { hrefOf } from '../../common/route.ts';
import { Badge, Card, Empty, Facts, Notice } from '../../components/basics.tsx';
import { Fault } from '../../components/fault.tsx';
import { SearchField } from '../../components/field.tsx';
import { t } from '../../language/language.ts';
import { ComponentControl } from './component-control.tsx';
import { type Devices, useDevices } from './use-devices.ts';

/** Fewer devices than this are seen at a glance. */
const MANY = 6;

/** Devices that have told what they are, each with what can be set at it. */
export function AnnouncedDevices(): JSX.Element {
  const [search, setSearch] = useState('');
  const { devices, isCut, error, ...rest } = useDevices(search);
  return (
    <section aria-label={t.devices.announced}>
      {(search !== '' || (devices?.length ?? 0) >= MANY) && (
        <div class="tools">
          <SearchField label={t.devices.search} value={search} onValue={setSearch} />
        </div>
      )}
      {error && !error.isUnreachable && <Fault error={error} />}
      {isCut && <Notice tone="info">{t.devices.more}</Notice>}
      {devices?.length === 0 && (
        <Card title={t.devices.announced}>
          <Empty title={search === '' ? t.devices.noneAnnounced : t.devices.noneFound}>
            {search === '' && <p class="hint">{t.devices.howToAnnounce}</p>}
          </Empty>
        </Card>
      )}
      <div class="columns devices">
        {devices?.map((device) => (
          <Device key={`${device.name} ${device.client}`} device={device} {...rest} />
        ))}
      </div>
    </section>
  );
}

/** The rooms that a device is in, behind its client where it has one. */
function placesOf({ area, locations, client }: DeviceView): string {
  const places = [...(area === undefined ? [] : [area]), ...locations.map(({ name }) => name)].join(' · ');
  return client === undefined || places === '' ? places : ` · ${places}`;
}

function Device({ device, stateOf, note }: { device: DeviceView } & Pick<Devices, 'stateOf' | 'note'>): JSX.Element {
  const { name, client, online, properties, components } = device;
  const said = Object.entries(properties).filter(
    ([key, value]) => key !== 'device_id' && ['string', 'number', 'boolean'].includes(typeof value),
  );
  return (
    <Card
      title={name}
      actions={
        online !== undefined && (
          <Badge tone={online ? 'good' : 'plain'}>{online ? t.clients.online : t.clients.offline}</Badge>
        )
      }
    >
      <p class="hint">
        {client !== undefined && <a href={hrefOf('clients', client)}>{client}</a>}
        {placesOf(device)}
      </p>
      {components.length === 0 && <Empty title={t.devices.noComponents} />}
      <ul class="components">
        {components.map((component) => (
          <ComponentControl
            key={`${component.channel} ${component.name}`}
            {...{ component, note, state: stateOf(component) }}
          />
        ))}
      </ul>
      {said.length > 0 && <Facts of={said.map(([key, value]) => [key, String(value)])} />}
    </Card>
  );
}
