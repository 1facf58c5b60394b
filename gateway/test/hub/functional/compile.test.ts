import { describe, expect, it } from 'vitest';
import { compileFunctions } from '../../../src/hub/functional/compile.ts';
import { type Kind, Message } from '../../../src/hub/message.ts';

const ADDRESS = 'weather[...]';

function message(body: string | Uint8Array, kind: Kind = 'dict'): Message {
  return new Message({ from: 'alice', to: 'weather', kind, body, timestampMs: 1234, id: 'm1' });
}

/** What comes out for each body, one after the other through one pipeline; undefined where it was filtered out. */
function run(functions: string, ...bodies: string[]): (string | undefined)[] {
  const pipeline = compileFunctions(functions, ADDRESS);
  if (!pipeline) throw new Error(`malformed: ${functions}`);
  return bodies.map((body) => pipeline(message(body))?.text);
}

describe('a functional channel', () => {
  it('lets through what a filter is true for, unchanged', () => {
    expect(run('filter(t > 20)', '{"t":20.5, "big":12345678901234567890}', '{"t":20}')).toEqual([
      '{"t":20.5, "big":12345678901234567890}',
      undefined,
    ]);
  });

  it('names itself as the recipient and keeps sender, time and id', () => {
    const changed = compileFunctions('filter(t > 20)', ADDRESS)?.(message('{"t":21}'));
    expect(changed?.toInit()).toEqual({ ...message('{"t":21}').toInit(), to: ADDRESS });
  });

  it('lets through only what every filter is true for', () => {
    expect(run('filter(a > 1);filter(b > 1)', '{"a":2,"b":2}', '{"a":2,"b":1}', '{"a":1,"b":2}')).toEqual([
      '{"a":2,"b":2}',
      undefined,
      undefined,
    ]);
  });

  it('filters out a message that lacks the variable', () => {
    expect(run('filter(t < 5)', '{"u":1}', '{}', '{"t":null}')).toEqual([undefined, undefined, undefined]);
  });

  it('filters out on an error in the expression', () => {
    expect(run('filter(1/t != 3)', '{"t":0}')).toEqual([undefined]);
    expect(run('filter(SQRT(t) != 3)', '{"t":-1}')).toEqual([undefined]);
    expect(run('filter(t > 1)', '{"t":[2]}', '{"t":"hot"}')).toEqual([undefined, undefined]);
  });

  it('sets the key of a transform to a 32-bit float with a decimal point and passes the others as they are', () => {
    expect(run('transform(f, t * 9 / 5 + 32)', '{"t":1.50,"n":1.0,"s":"\\u00e9"}')).toEqual([
      '{"t":1.50,"n":1.0,"s":"\\u00e9","f":34.7}',
    ]);
    expect(run('transform(t,t*10)', '{"t":10,"t":11}')).toEqual(['{"t":110.0}']);
  });

  it('shows every filter and transform the fields as they came in', () => {
    expect(run('transform(a,a*2);transform(b,a+1);filter(a < 5)', '{"a":4}')).toEqual(['{"a":8.0,"b":5.0}']);
  });

  it('takes a missing variable as 0 in a transform', () => {
    expect(run('transform(sum,a+b)', '{"a":3}')).toEqual(['{"a":3,"sum":3.0}']);
  });

  it('leaves the key of a transform out on an error', () => {
    expect(run('transform(x,1/a);transform(y,a+1);transform(z,s*2)', '{"a":0,"s":"x"}')).toEqual([
      '{"a":0,"s":"x","y":1.0}',
    ]);
    expect(run('transform(x,10^60)', '{"x":1}')).toEqual(['{"x":1}']);
  });

  it('writes a truth value as 1.0 or 0.0', () => {
    expect(run('transform(hot,t>30)', '{"t":31}', '{"t":29}')).toEqual(['{"t":31,"hot":1.0}', '{"t":29,"hot":0.0}']);
  });

  it('evaluates a json message whose text is an object', () => {
    const pipeline = compileFunctions('filter(t==1)', ADDRESS);
    expect(pipeline?.(message(' {"t":1}', 'json'))?.kind).toBe('json');
    expect(pipeline?.(message('[1]', 'json'))).toBeUndefined();
  });

  it('lets no message without fields through a filter, and passes it as it is where there is none', () => {
    const filter = compileFunctions('filter(TRUE)', ADDRESS);
    const transform = compileFunctions('transform(x,1)', ADDRESS);
    for (const plain of [message('hello', 'text'), message(Uint8Array.of(1, 2), 'bytes'), message('{"broken":')]) {
      expect(filter?.(plain)).toBeUndefined();
      expect(transform?.(plain)?.body).toBe(plain.body);
      expect(transform?.(plain)?.to).toBe(ADDRESS);
    }
  });

  it('keeps semicolons, commas and brackets in strings', () => {
    expect(run('filter(s == "a;b)(");transform(k,IF(s == "a;b)(",1,2))', '{"s":"a;b)("}')).toEqual([
      '{"s":"a;b)(","k":1.0}',
    ]);
  });

  it('survives numbers that Python writes and JSON does not have', () => {
    expect(run('transform(y,x+1)', '{"x":NaN,"i":-Infinity}')).toEqual(['{"x":NaN,"i":-Infinity}']);
  });

  it('ignores what is no function that OOCSI has, and keeps its name', () => {
    for (const functions of ['', 'nofunc(x)', 'bogus', 'a > 1', 'filter(', 'rename(a,b)', 'toString(a)']) {
      const changed = compileFunctions(functions, ADDRESS)?.(message('{"x":10}'));
      expect(changed?.text, functions).toBe('{"x":10}');
      expect(changed?.to).toBe(ADDRESS);
    }
    expect(run('filter(x>5);bogus', '{"x":10}', '{"x":1}')).toEqual(['{"x":10}', undefined]);
  });

  it('leaves a transform out that cannot be evaluated', () => {
    for (const functions of ['transform(a)', 'transform(,1)', 'transform(a,nosuch(1))', 'transform(a,)']) {
      expect(run(`${functions};transform(y,x+1)`, '{"x":1}'), functions).toEqual(['{"x":1,"y":2.0}']);
    }
  });

  it('takes no field that is true or false for a number in a filter', () => {
    for (const filter of ['x<=5', 'x==1', '-x<5', 'x+1>0', 'ABS(x)>=0', 'mean(x,3)>=0']) {
      expect(run(`filter(${filter})`, '{"x":true}', '{"x":false}'), filter).toEqual([undefined, undefined]);
    }
    for (const filter of ['x', 'x == TRUE', 'x && TRUE', 'IF(x, TRUE, FALSE)', 'not(!x)']) {
      expect(run(`filter(${filter})`, '{"x":true}', '{"x":false}'), filter).toEqual(['{"x":true}', undefined]);
    }
  });

  it.each([
    'filter()',
    'filter(1 2)',
    'filter(a > )',
    'filter(a.b)',
    'filter(a["b"])',
    'filter(a?.b)',
    'filter(a ? 1 : 2)',
    'filter([1])',
    'filter(a.b(1))',
    'filter(constructor("x"))',
    'filter(toString())',
    'filter(nosuch(1))',
    'filter(IF(1))',
    'filter(a ?? b)',
    'filter(~a)',
    'filter("open)',
    `filter(${'('.repeat(400)}1${')'.repeat(400)})`,
    `filter(${'-'.repeat(900)}1)`,
    `filter(${'1+'.repeat(450)}1)`,
    `filter(${'1'.repeat(1001)})`,
  ])('refuses the malformed or forbidden %s', (functions) => {
    expect(compileFunctions(functions, ADDRESS)).toBeUndefined();
  });

  it.each(['constructor', '__proto__', 'hasOwnProperty', 'this', 'null', 'toString'])(
    'finds nothing behind the name %s',
    (name) => {
      expect(run(`filter(${name} == ${name} || TRUE)`, '{"a":1}')).toEqual([undefined]);
      expect(run(`transform(x,${name})`, '{}')).toEqual(['{"x":0.0}']);
      expect(run(`transform(x,${name})`, `{"${name}":7}`)).toEqual([`{"${name}":7,"x":7.0}`]);
    },
  );
});
