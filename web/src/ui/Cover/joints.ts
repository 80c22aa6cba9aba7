/** Drawings for titles without a picture: two plates and a seam, welded as far as the learner has come. Pure. */

export interface Joint {
  /** Plates: polygon points and how light each is, 0…2. */
  plates: { points: string; shade: 0 | 1 | 2 }[];
  /** Where the seam runs, t in 0…1, in a 320 × 180 box. */
  seam(t: number): [x: number, y: number];
  /** Scales on the whole seam, and their radius there. */
  scales: number;
  radius: number;
}

const lerp = (a: number, b: number, t: number) => a + (b - a) * t;

const butt: Joint = {
  plates: [
    { points: '-10,104 214,-20 330,-20 330,30 60,190 -10,190', shade: 1 },
    { points: '330,38 330,200 72,200', shade: 2 },
    { points: '-10,112 204,-10 -10,-10', shade: 0 },
  ],
  seam: (t) => [lerp(40, 306, t), lerp(206, 46, t)],
  scales: 30,
  radius: 9,
};

const fillet: Joint = {
  plates: [
    { points: '86,-10 226,-10 226,96 86,132', shade: 2 },
    { points: '226,-10 240,-10 240,100 226,96', shade: 0 },
    { points: '10,132 86,113 86,132 226,96 240,100 318,118 120,190 10,190', shade: 1 },
  ],
  seam: (t) => [lerp(92, 222, t), lerp(133, 99, t)],
  scales: 22,
  radius: 7,
};

const pipe: Joint = {
  plates: [
    { points: '-10,30 150,14 150,166 -10,186', shade: 1 },
    { points: '158,13 330,-6 330,148 158,165', shade: 2 },
    { points: '-10,30 150,14 150,50 -10,66', shade: 2 },
  ],
  seam(t) {
    const angle = lerp(-Math.PI / 2, Math.PI / 2, t);
    return [154 + Math.cos(angle) * 16, 90 + Math.sin(angle) * 77];
  },
  scales: 24,
  radius: 7.5,
};

const lap: Joint = {
  plates: [
    { points: '-10,76 330,24 330,200 -10,200', shade: 0 },
    { points: '-10,-10 330,-10 330,60 -10,112', shade: 2 },
    { points: '-10,112 330,60 330,70 -10,122', shade: 1 },
  ],
  seam: (t) => [lerp(8, 312, t), lerp(121, 74, t)],
  scales: 38,
  radius: 7,
};

const JOINTS = [butt, fillet, lap, pipe] as const;

/** The same id always gives the same drawing. */
export function jointOf(id: string): Joint {
  let sum = 7;
  for (const char of id) sum = (sum * 31 + char.charCodeAt(0)) >>> 0;
  return JOINTS[sum % JOINTS.length] as Joint;
}
