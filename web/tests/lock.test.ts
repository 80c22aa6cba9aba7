import { expect, it } from 'vitest';
import lock from '../package-lock.json';

type Packages = Record<string, { version: string; resolved?: string; optionalDependencies?: Record<string, string> }>;
const packages: Packages = lock.packages;

it('the lock has a package for every platform, or npm 11 refuses it', () => {
  const missing = Object.values(packages)
    .flatMap((one) => Object.keys(one.optionalDependencies ?? {}))
    .filter((name) => !packages[`node_modules/${name}`]);
  expect(missing).toEqual([]);
});

it('the lock names no package host', () => {
  expect(Object.values(packages).filter((one) => one.resolved)).toEqual([]);
});
