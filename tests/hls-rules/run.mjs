#!/usr/bin/env node
// Watches any server's live HLS and tells what breaks the rules: tests/hls-rules/run URL [seconds] [--rules]
import { rules } from './rules.mjs';
import { watch } from './watch.mjs';

const [url, seconds = '60'] = process.argv.slice(2).filter((it) => !it.startsWith('--'));
if (process.argv.includes('--rules')) {
  for (const rule of rules) console.log(`${rule.clause.padEnd(22)} ${rule.says}`);
} else if (!url) {
  console.error('tests/hls-rules/run https://HOST/.../main.m3u8 [seconds]   or   tests/hls-rules/run --rules');
  process.exitCode = 2;
} else {
  const report = await watch(url, { seconds: Number(seconds) });
  console.log(String(report));
  process.exitCode = report.violations.length ? 1 : 0;
}
