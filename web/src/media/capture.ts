/**
 * Cameras, microphones and screens as the browser gives them, and in one word why it does not. It knows no components.
 */

/** Not allowed, not there, held by another program, cannot do what is wanted, not in this browser, taken away. */
export type CaptureFault = 'denied' | 'missing' | 'busy' | 'unsuited' | 'unable' | 'ended';

const FAULTS: Readonly<Record<string, CaptureFault>> = {
  NotAllowedError: 'denied',
  PermissionDeniedError: 'denied',
  SecurityError: 'denied',
  NotFoundError: 'missing',
  DevicesNotFoundError: 'missing',
  NotReadableError: 'busy',
  TrackStartError: 'busy',
  AbortError: 'busy',
  OverconstrainedError: 'unsuited',
};

export const faultOf = (error: unknown): CaptureFault => FAULTS[(error as { name?: string } | null)?.name ?? ''] ?? 'unable';

/** May this page have cameras at all? Browsers give them to https, and to the machine itself. */
export const maySee = (): boolean =>
  window.isSecureContext && !!navigator.mediaDevices?.getUserMedia && 'RTCPeerConnection' in window;
export const mayShare = (): boolean => !!navigator.mediaDevices?.getDisplayMedia;

export interface Quality {
  lines: number;
  bitrate: number;
}
export const QUALITIES = {
  high: { lines: 1080, bitrate: 4_000_000 },
  normal: { lines: 720, bitrate: 2_000_000 },
  low: { lines: 480, bitrate: 900_000 },
} as const satisfies Record<string, Quality>;
export type QualityName = keyof typeof QUALITIES;

const FRAMES_A_SECOND = 30;
const SCREEN_LINES = 1080;

/** A device's id, or the side a phone's camera looks to. */
export interface WhichCamera {
  id?: string;
  facing?: 'user' | 'environment';
}

const camera = (which: WhichCamera, lines: number): MediaTrackConstraints => ({
  width: { ideal: Math.round((lines * 16) / 9) },
  height: { ideal: lines },
  frameRate: { ideal: FRAMES_A_SECOND, max: FRAMES_A_SECOND },
  ...(which.id ? { deviceId: { exact: which.id } } : { facingMode: which.facing ?? 'user' }),
});

const microphone = (id: string): MediaTrackConstraints => ({
  echoCancellation: true,
  noiseSuppression: true,
  autoGainControl: true,
  ...(id ? { deviceId: { exact: id } } : {}),
});

export const openCamera = (which: WhichCamera, lines: number) =>
  only(navigator.mediaDevices.getUserMedia({ video: camera(which, lines) }));

export const openMicrophone = (id: string) => only(navigator.mediaDevices.getUserMedia({ audio: microphone(id) }));

/** Both with one question; where one of them cannot be had, each is asked for by itself. */
export async function openBoth(which: WhichCamera, lines: number, mic: string): Promise<PromiseSettledResult<MediaStreamTrack>[]> {
  const stream = await navigator.mediaDevices.getUserMedia({ video: camera(which, lines), audio: microphone(mic) }).catch(() => null);
  const [video] = stream?.getVideoTracks() ?? [];
  const [audio] = stream?.getAudioTracks() ?? [];
  if (video && audio) return [video, audio].map((value) => ({ status: 'fulfilled', value: hinted(value) }));
  return [...(await Promise.allSettled([openCamera(which, lines)])), ...(await Promise.allSettled([openMicrophone(mic)]))];
}

export function openScreen(): Promise<MediaStreamTrack> {
  const video = { frameRate: { max: FRAMES_A_SECOND }, width: { max: (SCREEN_LINES * 16) / 9 }, height: { max: SCREEN_LINES } };
  return only(navigator.mediaDevices.getDisplayMedia({ video, audio: false }), 'detail');
}

/** Ids and names are only told once something was allowed. */
export async function devices(kind: 'videoinput' | 'audioinput'): Promise<MediaDeviceInfo[]> {
  const all = await navigator.mediaDevices.enumerateDevices().catch(() => []);
  return all.filter((one) => one.kind === kind && one.deviceId !== '');
}

function hinted(track: MediaStreamTrack, hint = track.kind === 'audio' ? 'speech' : 'motion'): MediaStreamTrack {
  track.contentHint = hint;
  return track;
}

async function only(asked: Promise<MediaStream>, hint?: string): Promise<MediaStreamTrack> {
  const [track] = (await asked).getTracks();
  if (!track) throw new DOMException('no track', 'NotFoundError');
  return hinted(track, hint);
}
