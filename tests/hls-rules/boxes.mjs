// What a CMAF chunk says of itself: ISO/IEC 14496-12. Only what the rules ask for.

function* boxesIn(bytes, from = 0, to = bytes.length) {
  for (let at = from; at + 8 <= to; ) {
    const size = bytes.readUInt32BE(at) || to - at;
    if (size < 8 || at + size > to) return;
    yield { type: bytes.toString('latin1', at + 4, at + 8), from: at + 8, to: at + size };
    at += size;
  }
}

function find(bytes, trail, from = 0, to = bytes.length) {
  const found = [];
  for (const box of boxesIn(bytes, from, to)) {
    if (box.type !== trail[0]) continue;
    if (trail.length === 1) found.push(box);
    else found.push(...find(bytes, trail.slice(1), box.from, box.to));
  }
  return found;
}

/** An init segment's tracks: { [track]: { timescale, video, flags } }; flags: of its samples unless they say otherwise. */
export function tracksOf(init) {
  const tracks = {};
  for (const trak of find(init, ['moov', 'trak'])) {
    const [tkhd] = find(init, ['tkhd'], trak.from, trak.to);
    const [mdhd] = find(init, ['mdia', 'mdhd'], trak.from, trak.to);
    const [hdlr] = find(init, ['mdia', 'hdlr'], trak.from, trak.to);
    const wide = (box) => init[box.from] === 1;
    const id = init.readUInt32BE(tkhd.from + (wide(tkhd) ? 20 : 12));
    tracks[id] = { timescale: init.readUInt32BE(mdhd.from + (wide(mdhd) ? 20 : 12)),
      video: init.toString('latin1', hdlr.from + 8, hdlr.from + 12) === 'vide', flags: 0 };
  }
  for (const trex of find(init, ['moov', 'mvex', 'trex']))
    tracks[init.readUInt32BE(trex.from + 4)].flags = init.readUInt32BE(trex.from + 20);
  return tracks;
}

const NOT_SYNC = 0x10000;

/** The samples' flags and duration of one track run. */
function runOf(chunk, trun, fallback) {
  const flags = chunk.readUInt32BE(trun.from) & 0xffffff;
  const count = chunk.readUInt32BE(trun.from + 4);
  let at = trun.from + 8 + (flags & 1 ? 4 : 0);
  let first = fallback.flags;
  if (flags & 4) {
    first = chunk.readUInt32BE(at);
    at += 4;
  }
  const fields = [0x100, 0x200, 0x400, 0x800].filter((bit) => flags & bit);
  let ticks = 0;
  for (let i = 0; i < count; i++, at += 4 * fields.length) {
    ticks += flags & 0x100 ? chunk.readUInt32BE(at) : fallback.duration;
    if (i === 0 && flags & 0x400 && !(flags & 4)) first = chunk.readUInt32BE(at + 4 * fields.indexOf(0x400));
  }
  return { ticks, sync: count > 0 && !(first & NOT_SYNC), count };
}

/** Each track fragment of a chunk: { track, start, end } in seconds, and whether it begins with a sync sample. */
export function fragmentsOf(chunk, tracks) {
  const found = [];
  for (const traf of find(chunk, ['moof', 'traf'])) {
    const [tfhd] = find(chunk, ['tfhd'], traf.from, traf.to);
    const [tfdt] = find(chunk, ['tfdt'], traf.from, traf.to);
    const track = chunk.readUInt32BE(tfhd.from + 4);
    const is = tracks[track];
    const flags = chunk.readUInt32BE(tfhd.from) & 0xffffff;
    let at = tfhd.from + 8 + (flags & 1 ? 8 : 0) + (flags & 2 ? 4 : 0);
    const fallback = { duration: 0, flags: is?.flags ?? 0 };
    if (flags & 8) {
      fallback.duration = chunk.readUInt32BE(at);
      at += 4;
    }
    if (flags & 16) at += 4;
    if (flags & 32) fallback.flags = chunk.readUInt32BE(at);
    const start = chunk[tfdt.from] === 1 ? Number(chunk.readBigUInt64BE(tfdt.from + 4)) : chunk.readUInt32BE(tfdt.from + 4);
    const runs = find(chunk, ['trun'], traf.from, traf.to).map((trun) => runOf(chunk, trun, fallback));
    const ticks = runs.reduce((sum, run) => sum + run.ticks, 0);
    found.push({ track, video: is?.video, start: start / is.timescale, end: (start + ticks) / is.timescale, sync: runs[0]?.sync ?? false });
  }
  return found;
}
