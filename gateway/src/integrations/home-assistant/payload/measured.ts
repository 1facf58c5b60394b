import type { HomeComponent } from '../home-device.ts';
import { SENSOR_STATE_CLASSES, UNITS_OF_CLASS } from './vocabulary.ts';

/** What libraries for OOCSI call units, as Home Assistant calls them. */
const UNITS: Readonly<Record<string, string>> = {
  C: '°C',
  F: '°F',
  celsius: '°C',
  fahrenheit: '°F',
  percent: '%',
  ug: 'μg/m³',
  'µg/m³': 'μg/m³',
};

/** What a sensor measures, in the words of Home Assistant. */
export interface Measured {
  device_class?: string;
  unit_of_measurement?: string;
  state_class?: 'measurement';
}

/**
 * The class and the unit of a sensor. The class is the kind of sensor that was told, or, from the library for Java, the unit where that is
 * none; it is left out where it is not known, or does not fit the unit, as Home Assistant would refuse the sensor. A text has neither.
 */
export function measuredBySensor(component: HomeComponent): Measured {
  if (isText(component)) return {};
  const { device_class, unit_of_measurement } = classAndUnit(component);
  const states = device_class === undefined ? undefined : SENSOR_STATE_CLASSES[device_class];
  const isNumber = unit_of_measurement !== undefined || typeof component.value === 'number';
  const mayBe = states === undefined || states.includes('measurement');
  return {
    ...(device_class === undefined ? {} : { device_class }),
    ...(unit_of_measurement === undefined ? {} : { unit_of_measurement }),
    ...(isNumber && mayBe ? { state_class: 'measurement' as const } : {}),
  };
}

/** The class and the unit of a number that can be set. */
export function measuredByNumber(component: HomeComponent): Omit<Measured, 'state_class'> {
  return classAndUnit(component);
}

/** Whether Home Assistant takes only numbers for it. */
export function isNumeric(component: HomeComponent): boolean {
  return Object.keys(measuredBySensor(component)).length > 0;
}

function isText({ value }: HomeComponent): boolean {
  return typeof value === 'string' && (value.trim() === '' || !Number.isFinite(Number(value)));
}

function classAndUnit({ sensorType, unit }: HomeComponent): Omit<Measured, 'state_class'> {
  const saidClass = sensorType?.toLowerCase();
  const isUnitAClass = unit !== undefined && isClass(unit.toLowerCase());
  const known = saidClass !== undefined && isClass(saidClass) ? saidClass : undefined;
  const device_class = known ?? (isUnitAClass ? unit.toLowerCase() : undefined);
  const unit_of_measurement = unit === undefined || isUnitAClass ? undefined : (UNITS[unit] ?? unit);
  const fitting = device_class === undefined ? undefined : UNITS_OF_CLASS[device_class];
  const fits = fitting !== undefined && (fitting.length === 0 || fitting.includes(unit_of_measurement ?? null));
  return {
    ...(device_class !== undefined && fits ? { device_class } : {}),
    ...(unit_of_measurement === undefined ? {} : { unit_of_measurement }),
  };
}

/** Those of a time or of one of several texts are none here. */
function isClass(word: string): boolean {
  return Object.hasOwn(UNITS_OF_CLASS, word);
}
