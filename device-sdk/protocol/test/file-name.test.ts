import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fileNameOf } from '../src/index.ts';

describe('what a file can be saved as', () => {
  it.each([
    ['photo.jpg', 'photo.jpg'],
    ['Tür vorn (2).jpg', 'Tür vorn (2).jpg'],
    ['/home/pi/Bilder/cat.png', 'cat.png'],
    ['C:\\Users\\Ann\\report.pdf', 'report.pdf'],
    ['/home/pi/Bilder/', 'Bilder'],
    ['../../etc/passwd', 'passwd'],
    ['..', 'file'],
    ['a/..', 'file'],
    ['', 'file'],
    ['/', 'file'],
    ['.bashrc', '_bashrc'],
    ['a\r\nSet-Cookie: x=1', 'a__Set-Cookie_ x=1'],
    ['a"b<c>d|e?f*g:h', 'a_b_c_d_e_f_g_h'],
    ['picture\u202egpj.exe', 'picture_gpj.exe'],
    ['a\ud800b', 'a_b'],
    ['note. . ', 'note'],
    ['con', '_con'],
    ['LPT1.txt', '_LPT1.txt'],
    ['NUL .txt', '_NUL .txt'],
    ['con . .txt', '_con . .txt'],
    ['COM\u00b9', '_COM\u00b9'],
    ['lpt\u00b3.log', '_lpt\u00b3.log'],
    ['CONIN$', '_CONIN$'],
    ['conout$.txt', '_conout$.txt'],
    ['console.txt', 'console.txt'],
    ['com\u2074', 'com\u2074'],
    ['nul l.txt', 'nul l.txt'],
    ['日本語.txt', '日本語.txt'],
  ])('is, of %j, %j', (given, name) => {
    expect(fileNameOf(given)).toBe(name);
  });

  it('is the last part of the key where the sender said no name', () => {
    expect(fileNameOf(undefined, 'cross_comm/ann/1_00000000.csv')).toBe('1_00000000.csv');
    expect(fileNameOf('..', 'cross_comm/ann/1_00000000.csv')).toBe('1_00000000.csv');
  });

  it('is cut between characters and keeps its extension where it is longer than file systems take', () => {
    const name = fileNameOf(`${'ü'.repeat(300)}.jpeg`);
    expect(name).toBe(`${'ü'.repeat(125)}.jpeg`);
    expect(fileNameOf('😀'.repeat(100))).toBe('😀'.repeat(63));
    expect(fileNameOf(`con${' '.repeat(300)}x`)).toBe('_con');
    expect(fileNameOf(`nul${' '.repeat(300)}x.txt`)).toBe('_nul.txt');
  });

  it('is one part of a path, neither empty nor hidden, and the same when it is made again, whatever the sender said', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string({ unit: 'binary' }), fc.string(), fc.string({ maxLength: 600 })), (text) => {
        const name = fileNameOf(text);
        expect(name).not.toMatch(/^\.|[/\\\p{Cc}\p{Cs}]|[. ]$|^$/u);
        expect(new TextEncoder().encode(name).length).toBeLessThanOrEqual(255);
        expect(fileNameOf(name)).toBe(name);
      }),
    );
  });
});
