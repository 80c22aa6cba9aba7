/**
 * The picture that is sent while there is none: the class's name and "back soon", drawn on a canvas. A stroke of the
 * bead keeps moving, since a canvas that does not change sends no pictures and the server would take it for silence.
 */
const DRAW_MS = 66;
const TURN_MS = 4000;
const MARGIN = 0.08; // of the width
const INK = '#e8edf2';
const GROUND = '#121a23';
const BEAD = '#ff9440';
const TRACK = '#4a2c12';
const FONT = "'PingFang SC', 'HarmonyOS Sans SC', 'Noto Sans SC', 'Noto Sans CJK SC', 'Microsoft YaHei', sans-serif";

export interface SlateWords {
  title: string;
  lines: readonly string[];
}

export class PauseSlate {
  readonly track: MediaStreamTrack;
  private readonly canvas = document.createElement('canvas');
  private readonly timer: number;

  /** Of the same shape as the picture it stands in for. */
  constructor(width: number, height: number, words: () => SlateWords) {
    this.canvas.width = width;
    this.canvas.height = height;
    const draw = () => paint(this.canvas, words(), performance.now());
    draw();
    const [track] = this.canvas.captureStream(1000 / DRAW_MS).getVideoTracks();
    if (!track) throw new DOMException('no canvas track', 'NotSupportedError');
    this.track = track;
    this.track.contentHint = 'detail';
    this.timer = window.setInterval(draw, DRAW_MS);
  }

  get size(): { width: number; height: number } {
    return { width: this.canvas.width, height: this.canvas.height };
  }

  stop(): void {
    clearInterval(this.timer);
    this.track.stop();
  }
}

function paint(canvas: HTMLCanvasElement, words: SlateWords, now: number): void {
  const pen = canvas.getContext('2d');
  if (!pen) return;
  const { width, height } = canvas;
  const unit = Math.min(width, height) / 12;
  pen.fillStyle = GROUND;
  pen.fillRect(0, 0, width, height);
  pen.textAlign = 'center';
  pen.textBaseline = 'middle';
  pen.fillStyle = INK;
  const room = width * (1 - 2 * MARGIN);
  fitted(pen, words.title, unit * 1.1, 700, room);
  pen.fillText(words.title, width / 2, height / 2 - unit * 1.6, room);
  for (const [i, line] of words.lines.entries()) {
    fitted(pen, line, unit * 0.8, 400, room);
    pen.fillText(line, width / 2, height / 2 + unit * (1 + i * 1.2), room);
  }
  paintBead(pen, width, height / 2 - unit * 0.35, unit * 0.22, now);
}

/** The largest size, up to `size`, at which the text fits. */
function fitted(pen: CanvasRenderingContext2D, text: string, size: number, weight: number, room: number): void {
  pen.font = `${weight} ${size}px ${FONT}`;
  const wide = pen.measureText(text).width;
  if (wide > room) pen.font = `${weight} ${(size * room) / wide}px ${FONT}`;
}

function paintBead(pen: CanvasRenderingContext2D, width: number, y: number, thick: number, now: number): void {
  const from = width * 0.3;
  const to = width * 0.7;
  const at = (now % TURN_MS) / TURN_MS;
  pen.lineCap = 'round';
  pen.lineWidth = thick;
  for (const [colour, end] of [[TRACK, 1], [BEAD, at]] as const) {
    pen.strokeStyle = colour;
    pen.beginPath();
    pen.moveTo(from, y);
    pen.lineTo(from + (to - from) * end, y);
    pen.stroke();
  }
}
