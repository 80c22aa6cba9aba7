// ffmpeg as the master's encoder: a moving test picture with a running clock and a tone, in real time.
import { spawn } from 'node:child_process';

export function publish(url, { size = '1280x720', fps = 30, gop = 2, seconds = 3600, audio = true, readrate = 1, more = [], format = 'flv' } = {}) {
  const pace = ['-readrate', String(readrate), '-f', 'lavfi'];
  const args = ['-hide_banner', '-loglevel', 'error', ...pace];
  args.push('-i', `testsrc2=size=${size}:rate=${fps}`);
  if (audio) args.push(...pace, '-i', 'sine=frequency=440:sample_rate=48000');
  args.push('-t', String(seconds), '-c:v', 'libx264', '-preset', 'ultrafast', '-tune', 'zerolatency', '-pix_fmt', 'yuv420p');
  args.push('-b:v', '1500k', '-g', String(gop * fps), '-keyint_min', String(gop * fps), '-sc_threshold', '0');
  if (audio) args.push('-c:a', 'aac', '-b:a', '96k', '-ac', '2');
  args.push(...more, '-f', format, url);
  const child = spawn('ffmpeg', args, { stdio: ['ignore', 'ignore', 'pipe'] });
  const publisher = { child, said: '' };
  child.stderr.on('data', (bytes) => (publisher.said += bytes));
  publisher.exit = new Promise((done) => child.once('exit', (code, signal) => done({ code, signal })));
  /** The encoder dies in the middle: no goodbye. */
  publisher.kill = async () => {
    child.kill('SIGKILL');
    await publisher.exit;
  };
  return publisher;
}
