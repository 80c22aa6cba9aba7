const UNITS = ['B', 'KB', 'MB', 'GB', 'TB'] as const;

/** "3.4 GB", as file managers say it (1024 is a step). */
export function bytesText(bytes: number): string {
  let value = Math.max(0, bytes || 0);
  let unit = 0;
  while (value >= 1000 && unit < UNITS.length - 1) {
    value /= 1024;
    unit++;
  }
  return `${unit > 0 && value < 9.95 ? value.toFixed(1) : Math.round(value)} ${UNITS[unit]}`;
}
