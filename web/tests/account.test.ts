import { describe, expect, test } from 'vitest';
import { placeText, usedText } from '../src/core/account_words';

const HOUR = 3_600_000;
const noon = new Date(2026, 10, 20, 12, 0).getTime();

describe('where somebody is signed in', () => {
  test('is told by device and browser, by one of them, or as unknown', () => {
    expect(placeText({ device: 'android', browser: 'wechat' })).toBe('安卓设备 · 微信');
    expect(placeText({ device: null, browser: 'program' })).toBe('程序');
    expect(placeText({ device: 'ipad', browser: null })).toBe('iPad');
    expect(placeText({ device: null, browser: null })).toBe('未知设备');
  });

  test('a word of a newer server is left out', () => {
    expect(placeText({ device: 'fridge' as 'mac', browser: 'safari' })).toBe('Safari');
    expect(placeText({ device: 'fridge' as 'mac', browser: 'spoon' as 'safari' })).toBe('未知设备');
  });

  test('no hour is told that the server does not know', () => {
    expect(usedText({ present: true, used_ms: noon - 9 * HOUR }, noon)).toBe('正在使用');
    expect(usedText({ present: false, used_ms: noon - HOUR + 1 }, noon)).toBe('一小时内用过');
    expect(usedText({ present: false, used_ms: new Date(2020, 4, 3).getTime() }, noon)).toBe('2020年5月3日用过');
  });
});
