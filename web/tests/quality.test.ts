import { describe, expect, it } from 'vitest';
import { qualityWord } from '../src/core/room_words';
import { offeredOf, renditionOf } from '../src/media/engine';

const at = (name: string) => renditionOf(`https://h/media/t/${name}/index.m3u8`);

describe('the qualities of a title', () => {
  it('are those of its playlist, the top one with as many lines as its source among them', () => {
    expect(['576p', 'src', 'audio', '2160p'].map(at)).toEqual(['576p', 'src', 'audio', '2160p']);
    expect(['main', '12', 'p', '../480p'].map((name) => at(name))).toEqual([null, null, null, '480p']);
    expect(at('480px')).toBeNull();
  });

  it('are offered best first, by their lines, each once', () => {
    expect(offeredOf(['352p', '1080p', '480p', 'src', '800p', '480p', null])).toEqual(['auto', 'src', '1080p', '800p', '480p', '352p', 'audio']);
    expect(offeredOf([])).toEqual(['auto', 'audio']);
    expect(offeredOf(['audio'])).toEqual(['auto', 'audio']);
  });

  it('are called after the height that is next below', () => {
    expect(['2160p', '800p', '720p', '576p', '352p', '90p', 'auto', 'src'].map(qualityWord)).toEqual(['超清', '高清', '高清', '标清', '省流', '省流', '自动', '清晰']);
  });
});
