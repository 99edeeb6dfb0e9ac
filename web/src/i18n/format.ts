import { currentLanguage } from "./language";

/** What the API calls a time: RFC 3339, UTC. */
export type Time = string;

export function date(time: Time): string {
  return new Intl.DateTimeFormat(currentLanguage(), { dateStyle: "medium" }).format(new Date(time));
}

export function dateTime(time: Time): string {
  const form = { dateStyle: "medium", timeStyle: "short" } as const;
  return new Intl.DateTimeFormat(currentLanguage(), form).format(new Date(time));
}

/** `2026-11` as `November 2026`. */
export function month(word: string): string {
  const form = { month: "long", year: "numeric", timeZone: "UTC" } as const;
  return new Intl.DateTimeFormat(currentLanguage(), form).format(new Date(`${word}-01T00:00:00Z`));
}

const steps: [Intl.RelativeTimeFormatUnit, number][] = [
  ["year", 31_536_000],
  ["month", 2_592_000],
  ["day", 86_400],
  ["hour", 3_600],
  ["minute", 60],
];

/** `3 hours ago`. */
export function ago(time: Time, now = Date.now()): string {
  const seconds = (Date.parse(time) - now) / 1_000;
  const format = new Intl.RelativeTimeFormat(currentLanguage(), { numeric: "auto" });
  const step = steps.find(([, size]) => Math.abs(seconds) >= size);
  if (!step) return format.format(0, "second");
  return format.format(Math.round(seconds / step[1]), step[0]);
}

export function number(value: number): string {
  return new Intl.NumberFormat(currentLanguage()).format(value);
}

/** `12.3K`. */
export function compact(value: number): string {
  const form = { notation: "compact", maximumFractionDigits: 1 } as const;
  return new Intl.NumberFormat(currentLanguage(), form).format(value);
}

/** Nano-dollars as dollars; small amounts keep the digits that matter. */
export function money(nanoUsd: number): string {
  const dollars = nanoUsd / 1e9;
  const small = dollars !== 0 && Math.abs(dollars) < 0.1;
  return new Intl.NumberFormat(currentLanguage(), {
    style: "currency",
    currency: "USD",
    ...(small ? { maximumSignificantDigits: 3 } : { maximumFractionDigits: 2 }),
  }).format(dollars);
}

/** Microseconds as `340 ms` or `2.1 s`. */
export function duration(micros: number): string {
  const language = currentLanguage();
  if (micros < 1_000_000) {
    const digits = micros < 10_000 ? 1 : 0;
    const form = { style: "unit", unit: "millisecond", maximumFractionDigits: digits } as const;
    return new Intl.NumberFormat(language, form).format(micros / 1_000);
  }
  const form = { style: "unit", unit: "second", maximumFractionDigits: 1 } as const;
  return new Intl.NumberFormat(language, form).format(micros / 1_000_000);
}

/** `1.5 GB`. */
export function bytes(count: number): string {
  const units = ["byte", "kilobyte", "megabyte", "gigabyte", "terabyte"] as const;
  const step = Math.min(Math.floor(Math.log10(Math.max(count, 1)) / 3), units.length - 1);
  const form = { style: "unit", unit: units[step], unitDisplay: "short", maximumFractionDigits: 1 } as const;
  return new Intl.NumberFormat(currentLanguage(), form).format(count / 1_000 ** step);
}

/** Seconds as `3 days`, `5 hours`, `12 minutes`. */
export function span(seconds: number): string {
  const [unit, size] = steps.find(([unit, size]) => unit !== "month" && seconds >= size) ?? ["second", 1];
  const form = { style: "unit", unit, unitDisplay: "long", maximumFractionDigits: 0 } as const;
  return new Intl.NumberFormat(currentLanguage(), form).format(Math.floor(seconds / size));
}

export function percent(share: number): string {
  const form = { style: "percent", maximumFractionDigits: 1 } as const;
  return new Intl.NumberFormat(currentLanguage(), form).format(share);
}
