/** Drawings for titles without a picture: two plates and a seam, welded as far as the learner has come. Pure. */

export type Point = readonly [x: number, y: number];

export interface Joint {
  /** Plates: polygon points and how light each is, 0…2. */
  plates: { points: string; shade: 0 | 1 | 2 }[];
  /** Where the seam runs, t in 0…1, in a 320 × 180 box. */
  seam(t: number): Point;
  /** Radius of a scale at both ends: nearer is larger. */
  radius: Point;
}

export interface Scale {
  x: number;
  y: number;
  /** Degrees: the way the welder goes. */
  turn: number;
  r: number;
  /** 0 cold … 1 just laid. */
  heat: number;
}

const lerp = (a: number, b: number, t: number) => a + (b - a) * t;

const butt: Joint = {
  plates: [
    { points: '-20,-20 238,-20 24,200 -20,200', shade: 1 },
    { points: '252,-20 340,-20 340,200 42,200', shade: 2 },
    { points: '238,-20 252,-20 42,200 24,200', shade: 0 },
  ],
  seam: (t) => [lerp(38, 240, t), lerp(192, -14, t)],
  radius: [15, 9],
};

const fillet: Joint = {
  plates: [
    { points: '64,-20 264,-20 264,88 64,132', shade: 2 },
    { points: '264,-20 284,-20 284,94 264,88', shade: 1 },
    { points: '-20,150 64,132 264,88 284,94 340,112 340,200 -20,200', shade: 1 },
    { points: '-20,172 340,138 340,200 -20,200', shade: 0 },
  ],
  seam: (t) => [lerp(60, 264, t), lerp(134, 89, t)],
  radius: [11, 8],
};

const pipe: Joint = {
  plates: [
    { points: '-20,34 150,16 150,164 -20,150', shade: 1 },
    { points: '-20,34 150,16 150,58 -20,74', shade: 2 },
    { points: '158,15 340,-4 340,180 158,165', shade: 1 },
    { points: '158,15 340,-4 340,46 158,58', shade: 2 },
  ],
  seam(t) {
    const angle = lerp(-0.44, 0.47, t) * Math.PI;
    return [152 + Math.cos(angle) * 15, 90 + Math.sin(angle) * 76];
  },
  radius: [9, 9],
};

const lap: Joint = {
  plates: [
    { points: '-20,84 340,30 340,200 -20,200', shade: 1 },
    { points: '-20,-20 340,-20 340,52 -20,104', shade: 2 },
    { points: '-20,104 340,52 340,62 -20,116', shade: 0 },
  ],
  seam: (t) => [lerp(-4, 324, t), lerp(113, 60, t)],
  radius: [11, 8],
};

const JOINTS = [butt, fillet, lap, pipe] as const;
const STEP = 0.62; // of a radius from one scale to the next
const HOT = 7; // scales that still glow

/** The same id always gives the same drawing. */
export function jointOf(id: string): Joint {
  let sum = 7;
  for (const char of id) sum = (sum * 31 + char.charCodeAt(0)) >>> 0;
  return JOINTS[sum % JOINTS.length] as Joint;
}

/** The scales laid on the first `share` of a joint's seam; the last ones glow unless it is finished. */
export function scalesOf(joint: Joint, share: number): Scale[] {
  const scales: Scale[] = [];
  for (let t = 0; t <= share; ) {
    const [x, y] = joint.seam(t);
    const [nx, ny] = joint.seam(t + 0.001);
    const r = lerp(joint.radius[0], joint.radius[1], t);
    const speed = Math.hypot(nx - x, ny - y) / 0.001;
    scales.push({ x, y, turn: (Math.atan2(ny - y, nx - x) * 180) / Math.PI, r, heat: 0 });
    t += (r * STEP) / speed;
  }
  if (share < 1)
    scales.slice(-HOT).forEach((scale, i, last) => (scale.heat = (i + 1 + HOT - last.length) / HOT));
  return scales;
}

/** The whole seam as a line. */
export function grooveOf(joint: Joint): string {
  return Array.from({ length: 25 }, (_, i) => joint.seam(i / 24).map((n) => n.toFixed(1)).join(',')).join(' ');
}
