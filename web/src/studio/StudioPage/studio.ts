/**
 * A master's own studio: what is seen and heard, what of it is sent, and whether it arrives. It joins devices, slate
 * and sender; components draw `state` and call what a person can do.
 */
import { reactive, shallowReactive } from 'vue';
import { keep, kept } from '../../core/keep';
import {
  devices,
  faultOf,
  openBoth,
  openCamera,
  openMicrophone,
  openScreen,
  QUALITIES,
  type CaptureFault,
  type QualityName,
  type WhichCamera,
} from '../../media/capture';
import { Sender, type SenderState, type SenderWhy } from '../../media/sender';
import { PauseSlate, type SlateWords } from '../../media/pause_slate';

const SLATE_SIZE = { width: 1280, height: 720 };

export interface StudioParts {
  url: string;
  key(): string;
  occupied(): Promise<boolean>;
  slate(): SlateWords;
}

const keptQuality = (): QualityName => {
  const name = kept('studio_quality') ?? '';
  return name in QUALITIES ? (name as QualityName) : 'normal';
};

const opened = (asked: Promise<MediaStreamTrack>): Promise<{ track: MediaStreamTrack | null; error: unknown }> =>
  asked.then(
    (track) => ({ track, error: null }),
    (error: unknown) => ({ track: null, error }),
  );

/** A device that is needed no more goes dark, and that it ended is no news. */
function laidDown(track: MediaStreamTrack | null): void {
  if (track) track.onended = null;
  track?.stop();
}

export class Studio {
  readonly state = reactive({
    /** The devices are being asked for. */
    asking: true,
    picture: 'camera' as 'camera' | 'screen',
    paused: false,
    muted: false,
    facing: 'user' as 'user' | 'environment',
    quality: keptQuality(),
    cameraFault: '' as CaptureFault | '',
    micFault: '' as CaptureFault | '',
    screenFault: '' as CaptureFault | '',
    camera: kept('studio_camera') ?? '',
    mic: kept('studio_mic') ?? '',
    cameras: [] as MediaDeviceInfo[],
    mics: [] as MediaDeviceInfo[],
    sending: 'off' as SenderState,
    why: '' as SenderWhy,
  });
  /** What there is to be shown and heard now. */
  readonly tracks = shallowReactive({
    camera: null as MediaStreamTrack | null,
    screen: null as MediaStreamTrack | null,
    mic: null as MediaStreamTrack | null,
  });
  private slate: PauseSlate | null = null;
  private sender: Sender | null = null;
  private over = false;
  private queue: Promise<unknown> = Promise.resolve();
  private readonly wishes = { all: 0, camera: 0, mic: 0 };

  constructor(private readonly parts: StudioParts) {}

  /** It sends, or means to. */
  get live(): boolean {
    return ['connecting', 'sending', 'resuming'].includes(this.state.sending);
  }

  /** Asks for camera and microphone; each of them may be refused, and be asked for again. */
  open(): Promise<void> {
    const { state } = this;
    return this.inTurn('all', async () => {
      state.asking = true;
      const [camera, mic] = await openBoth(this.which(), QUALITIES[state.quality].lines, state.mic);
      this.takeCamera(camera?.status === 'fulfilled' ? camera.value : null, camera?.status === 'rejected' ? camera.reason : null);
      this.takeMic(mic?.status === 'fulfilled' ? mic.value : null, mic?.status === 'rejected' ? mic.reason : null);
      state.asking = false;
      await this.look();
      await this.show();
      await this.sender?.replace('audio', this.tracks.mic);
    });
  }

  async useCamera(id: string): Promise<void> {
    this.state.camera = id;
    keep('studio_camera', id);
    await this.reopenCamera();
  }

  /** A phone's other side. */
  async flip(): Promise<void> {
    this.state.facing = this.state.facing === 'user' ? 'environment' : 'user';
    this.state.camera = '';
    await this.reopenCamera();
  }

  async useQuality(name: QualityName): Promise<void> {
    this.state.quality = name;
    keep('studio_quality', name);
    void this.sender?.setBitrate(QUALITIES[name].bitrate);
    await this.reopenCamera();
  }

  useMic(id: string): Promise<void> {
    this.state.mic = id;
    keep('studio_mic', id);
    return this.inTurn('mic', async (wanted) => {
      laidDown(this.tracks.mic);
      const got = await opened(openMicrophone(id));
      if (!wanted()) return got.track?.stop();
      this.takeMic(got.track, got.error);
      await this.sender?.replace('audio', this.tracks.mic);
    });
  }

  async share(): Promise<void> {
    this.state.screenFault = '';
    try {
      const screen = await openScreen();
      screen.onended = () => void this.unshare();
      this.tracks.screen = screen;
      this.state.picture = 'screen';
    } catch (error) {
      this.state.screenFault = faultOf(error);
    }
    await this.show();
  }

  async unshare(): Promise<void> {
    const { screen } = this.tracks;
    this.tracks.screen = null;
    this.state.picture = 'camera';
    await this.show();
    laidDown(screen);
  }

  mute(muted: boolean): void {
    this.state.muted = muted;
    this.hush();
  }

  /** Learners see the slate and hear nothing; the class goes on. */
  async pause(paused: boolean): Promise<void> {
    this.state.paused = paused;
    this.hush();
    await this.show();
  }

  goLive(): void {
    const { parts } = this;
    this.sender ??= new Sender(
      {
        url: parts.url,
        key: parts.key,
        occupied: parts.occupied,
        onState: (sending, why) => this.moved(sending, why),
      },
      QUALITIES[this.state.quality].bitrate,
    );
    this.sender.start({ video: this.picture(), audio: this.tracks.mic });
    this.hush();
  }

  networkBack(): void {
    this.sender?.networkBack();
  }

  takeBack(): void {
    this.sender?.takeBack();
  }

  heard(publisher: string, session: string): void {
    this.sender?.heard(publisher, session);
  }

  stopSending(): void {
    this.sender?.stop();
    this.sender = null;
  }

  private moved(sending: SenderState, why: SenderWhy): void {
    Object.assign(this.state, { sending, why });
    if (!this.live) void this.pause(false);
  }

  /** Nothing is seen or heard by this page any more. */
  close(): void {
    this.over = true;
    this.stopSending();
    this.slate?.stop();
    Object.values(this.tracks).forEach(laidDown);
  }

  /**
   * One device is opened after the other: what two openings at once leave behind nobody stops. Of several wishes
   * for the same device the newest wins; `wanted`: it is still that one.
   */
  private inTurn(kind: keyof Studio['wishes'], act: (wanted: () => boolean) => Promise<void>): Promise<void> {
    const wish = ++this.wishes[kind];
    const wanted = () => !this.over && wish === this.wishes[kind];
    const turn = this.queue.then(() => (wanted() ? act(wanted) : undefined));
    this.queue = turn.catch(() => undefined);
    return turn;
  }

  private which(): WhichCamera {
    const { camera, facing } = this.state;
    return camera ? { id: camera } : { facing };
  }

  /** Devices come and go; names are only told once one is allowed. */
  async look(): Promise<void> {
    this.state.cameras = await devices('videoinput');
    this.state.mics = await devices('audioinput');
  }

  private reopenCamera(): Promise<void> {
    return this.inTurn('camera', async (wanted) => {
      laidDown(this.tracks.camera); // a phone lends only one of its cameras at a time
      const got = await opened(openCamera(this.which(), QUALITIES[this.state.quality].lines));
      if (!wanted()) return got.track?.stop();
      this.takeCamera(got.track, got.error);
      await this.look();
      await this.show();
    });
  }

  private takeCamera(track: MediaStreamTrack | null, error: unknown): void {
    if (this.over) return track?.stop();
    laidDown(this.tracks.camera);
    this.tracks.camera = track;
    this.state.cameraFault = track ? '' : faultOf(error);
    if (track) track.onended = () => void this.cameraGone();
  }

  private takeMic(track: MediaStreamTrack | null, error: unknown): void {
    if (this.over) return track?.stop();
    laidDown(this.tracks.mic);
    this.tracks.mic = track;
    this.state.micFault = track ? '' : faultOf(error);
    if (track) track.onended = () => void this.micGone();
    this.hush();
  }

  private async cameraGone(): Promise<void> {
    this.tracks.camera = null;
    this.state.cameraFault = 'ended';
    await this.show();
  }

  private async micGone(): Promise<void> {
    this.tracks.mic = null;
    this.state.micFault = 'ended';
    await this.sender?.replace('audio', null);
  }

  private hush(): void {
    if (this.tracks.mic) this.tracks.mic.enabled = !this.state.muted && !this.state.paused;
  }

  /** What learners see: the slate while paused, and where there is no picture. */
  private picture(): MediaStreamTrack {
    const chosen = this.state.picture === 'screen' ? this.tracks.screen : this.tracks.camera;
    return this.state.paused || !chosen ? this.slateLike(chosen).track : chosen;
  }

  private async show(): Promise<void> {
    await this.sender?.replace('video', this.picture());
    if (!this.state.paused && (this.tracks.camera || this.tracks.screen)) this.dropSlate();
  }

  /** In the shape of the picture it stands in for: another shape is a break in every learner's player. */
  private slateLike(chosen: MediaStreamTrack | null): PauseSlate {
    const { width = SLATE_SIZE.width, height = SLATE_SIZE.height } = chosen?.getSettings() ?? {};
    const have = this.slate?.size;
    if (!this.slate || have?.width !== width || have.height !== height) {
      this.dropSlate();
      this.slate = new PauseSlate(width, height, this.parts.slate);
    }
    return this.slate;
  }

  private dropSlate(): void {
    this.slate?.stop();
    this.slate = null;
  }
}
