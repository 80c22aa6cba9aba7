/** How loud a microphone is, 0 to 1 as a meter shows it, asked for each time it is drawn. */
const QUIET_DB = -60;

export class Level {
  private readonly context: AudioContext;
  private readonly analyser: AnalyserNode;
  private readonly samples: Float32Array<ArrayBuffer>;

  constructor(track: MediaStreamTrack) {
    this.context = new AudioContext();
    this.analyser = this.context.createAnalyser();
    this.analyser.fftSize = 1024;
    this.samples = new Float32Array(this.analyser.fftSize);
    this.context.createMediaStreamSource(new MediaStream([track])).connect(this.analyser);
  }

  now(): number {
    if (this.context.state === 'suspended') void this.context.resume();
    this.analyser.getFloatTimeDomainData(this.samples);
    const power = this.samples.reduce((sum, one) => sum + one * one, 0) / this.samples.length;
    const db = power > 0 ? 10 * Math.log10(power) : QUIET_DB;
    return Math.min(1, Math.max(0, 1 - db / QUIET_DB));
  }

  stop(): void {
    void this.context.close();
  }
}
