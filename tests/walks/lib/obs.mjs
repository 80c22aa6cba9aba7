// OBS Studio itself, on a screen in memory: what most masters with a computer use.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';

const SCENE = {
  name: 'Walk', current_scene: 'Scene', current_program_scene: 'Scene', scene_order: [{ name: 'Scene' }],
  sources: [{ id: 'scene', name: 'Scene', settings: { items: [] } }],
};
const ini = (sections) =>
  Object.entries(sections).map(([name, keys]) => `[${name}]\n${Object.entries(keys).map(([key, value]) => `${key}=${value}`).join('\n')}\n`).join('\n');

/** A home with one profile that streams to this server as soon as it starts. */
async function furnish(home, server, key) {
  const config = path.join(home, 'obs-studio');
  const profile = path.join(config, 'basic/profiles/Walk');
  await mkdir(profile, { recursive: true });
  await mkdir(path.join(config, 'basic/scenes'), { recursive: true });
  await writeFile(path.join(config, 'global.ini'), ini({
    General: { FirstRun: true, EnableAutoUpdates: false, ConfirmOnExit: false },
    Basic: { Profile: 'Walk', ProfileDir: 'Walk', SceneCollection: 'Walk', SceneCollectionFile: 'Walk' },
  }));
  await writeFile(path.join(profile, 'basic.ini'), ini({
    General: { Name: 'Walk' },
    Output: { Mode: 'Simple', Reconnect: false },
    SimpleOutput: { VBitrate: 800, ABitrate: 96, StreamEncoder: 'x264', UseAdvanced: true, Preset: 'ultrafast', x264Settings: 'keyint=60 bframes=0 tune=zerolatency' },
    Video: { BaseCX: 640, BaseCY: 360, OutputCX: 640, OutputCY: 360, FPSType: 0, FPSCommon: 30 },
  }));
  await writeFile(path.join(profile, 'service.json'), JSON.stringify({ type: 'rtmp_custom', settings: { server, key, use_auth: false } }));
  await writeFile(path.join(config, 'basic/scenes/Walk.json'), JSON.stringify(SCENE));
}

/** A screen of its own; { display, kill }. */
export async function screen() {
  const child = spawn('Xvfb', ['-displayfd', '3', '-screen', '0', '1280x800x24', '-nolisten', 'tcp'], { stdio: ['ignore', 'ignore', 'ignore', 'pipe'] });
  const [number] = await once(child.stdio[3], 'data');
  return { display: `:${String(number).trim()}`, kill: () => child.kill('SIGKILL') };
}

/** Starts it on that screen; the same shape as the other encoders. */
export function obs({ display }, folder, server, key) {
  const encoder = { said: '', over: false };
  let child;
  const begun = furnish(folder, server, key).then(() => {
    const env = { ...process.env, HOME: folder, XDG_CONFIG_HOME: folder, DISPLAY: display, LIBGL_ALWAYS_SOFTWARE: '1', QT_QPA_PLATFORM: 'xcb' };
    child = spawn('obs', ['--multi', '--startstreaming', '--disable-updater', '--disable-missing-files-check', '--disable-shutdown-check'], { env, stdio: ['ignore', 'pipe', 'pipe'] });
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (bytes) => (encoder.said += bytes));
  });
  encoder.exit = begun.then(() => new Promise((done) => child.once('exit', (code, signal) => done({ code, signal }))));
  encoder.exit.then(() => (encoder.over = true));
  encoder.kill = async () => {
    await begun;
    child.kill('SIGKILL');
    await encoder.exit;
  };
  return encoder;
}
