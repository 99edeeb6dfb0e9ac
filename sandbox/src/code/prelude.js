// What users of JavaScript take for granted and the bare language lacks. Evaluates to a function that
// gets two native ones and returns the timers' two handles; nothing else of it can be reached.
(function (log, now) {
  'use strict';
  const { stringify } = JSON;
  const define = (name, value) =>
    Object.defineProperty(globalThis, name, { value, writable: true, configurable: true, enumerable: false });

  const show = (value) => {
    if (typeof value === 'string') return value;
    if (value instanceof Error) return value.stack ? `${value}\n${value.stack}`.trimEnd() : `${value}`;
    if (typeof value === 'bigint') return `${value}n`;
    if (typeof value === 'function') return `[function ${value.name || 'anonymous'}]`;
    if (value === null || typeof value !== 'object') return String(value);
    const open = [];
    const plain = function (key, part) {
      if (typeof part === 'bigint') return `${part}n`;
      if (part instanceof Map) return Object.fromEntries(part);
      if (part instanceof Set) return [...part];
      if (part === null || typeof part !== 'object') return part;
      while (open.length > 0 && open[open.length - 1] !== this) open.pop();
      if (open.includes(part)) return '[circular]';
      open.push(part);
      return part;
    };
    try {
      return stringify(value, plain) ?? String(value);
    } catch {
      return Object.prototype.toString.call(value);
    }
  };
  const write = (level) => (...parts) => log(level, parts.map(show).join(' ').toWellFormed());
  define('console', {
    log: write('log'), info: write('info'), debug: write('debug'), trace: write('debug'),
    warn: write('warn'), error: write('error'), table: write('log'), dir: write('log'),
    assert: (condition, ...parts) => { if (!condition) write('error')('assertion failed', ...parts); },
  });

  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';
  define('btoa', (text) => {
    const bytes = String(text);
    let out = '';
    for (let at = 0; at < bytes.length; at += 3) {
      const some = [bytes.charCodeAt(at), bytes.charCodeAt(at + 1), bytes.charCodeAt(at + 2)];
      if (some.some((code) => code > 255)) throw new RangeError('btoa: the text has characters above 255');
      const all = (some[0] << 16) | ((some[1] || 0) << 8) | (some[2] || 0);
      out += alphabet[all >> 18] + alphabet[(all >> 12) & 63]
        + (at + 1 < bytes.length ? alphabet[(all >> 6) & 63] : '=')
        + (at + 2 < bytes.length ? alphabet[all & 63] : '=');
    }
    return out;
  });
  if (typeof globalThis.atob !== 'function') {
    define('atob', (text) => {
      const clean = String(text).replace(/[\t\n\f\r ]/g, '').replace(/=+$/, '');
      let [out, bits, held] = ['', 0, 0];
      for (const char of clean) {
        const value = alphabet.indexOf(char);
        if (value < 0) throw new RangeError('atob: the text is not base64');
        held = ((held << 6) | value) & 0xffffff;
        bits += 6;
        if (bits >= 8) out += String.fromCharCode((held >> (bits -= 8)) & 255);
      }
      return out;
    });
  }

  const copy = (value, seen) => {
    if (typeof value === 'function' || typeof value === 'symbol') {
      throw new TypeError('structuredClone: functions and symbols cannot be cloned');
    }
    if (value === null || typeof value !== 'object') return value;
    if (seen.has(value)) return seen.get(value);
    const keep = (made) => { seen.set(value, made); return made; };
    if (value instanceof Date) return keep(new Date(value.getTime()));
    if (value instanceof RegExp) return keep(new RegExp(value.source, value.flags));
    if (value instanceof ArrayBuffer) return keep(value.slice(0));
    if (ArrayBuffer.isView(value)) return keep(value.constructor.from(value));
    if (value instanceof Map) {
      const made = keep(new Map());
      for (const [key, part] of value) made.set(copy(key, seen), copy(part, seen));
      return made;
    }
    if (value instanceof Set) {
      const made = keep(new Set());
      for (const part of value) made.add(copy(part, seen));
      return made;
    }
    if (value instanceof Error) {
      const made = keep(new value.constructor(value.message));
      return made;
    }
    const made = keep(Array.isArray(value) ? new Array(value.length) : {});
    for (const key of Object.keys(value)) made[key] = copy(value[key], seen);
    return made;
  };
  define('structuredClone', (value) => copy(value, new Map()));

  const timers = new Map();
  let last = 0;
  const add = (repeats) => (callback, delay, ...args) => {
    if (typeof callback !== 'function') throw new TypeError('a timer needs a function');
    const every = Math.max(0, Number(delay) || 0);
    timers.set(++last, { at: now() + every, every: repeats ? Math.max(1, every) : null, callback, args });
    return last;
  };
  const remove = (id) => { timers.delete(id); };
  define('setTimeout', add(false));
  define('setInterval', add(true));
  define('setImmediate', (callback, ...args) => add(false)(callback, 0, ...args));
  define('clearTimeout', remove);
  define('clearInterval', remove);
  define('clearImmediate', remove);
  if (typeof globalThis.queueMicrotask !== 'function') {
    define('queueMicrotask', (callback) => { Promise.resolve().then(callback); });
  }
  const next = () => {
    let found = null;
    for (const [id, timer] of timers) {
      if (found === null || timer.at < timers.get(found).at) found = id;
    }
    return found;
  };
  return {
    wait: () => {
      const id = next();
      return id === null ? -1 : Math.max(0, timers.get(id).at - now());
    },
    fire: () => {
      const id = next();
      if (id === null) return;
      const timer = timers.get(id);
      if (timer.every === null) timers.delete(id);
      else timer.at = now() + timer.every;
      timer.callback(...timer.args);
    },
  };
})
