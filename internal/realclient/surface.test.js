// docs/client.md has every call of the client, and every call that is served is run.
import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import test from 'node:test'

import { openBrowser } from './browser.js'
import { startExample } from './example.js'
import { demo } from './procedure.js'

const here = new URL('.', import.meta.url)
const table = readFileSync(new URL('../../docs/client.md', here), 'utf8').split('\n').filter((line) => line.startsWith('| '))

// Rows by the calls that they are about: the first cell begins with them, in backticks.
const rows = table.flatMap((line) => {
  const [first, ...cells] = line.slice(2).split(' | ')
  const [calls] = first.match(/^(`[\w.]+(\(\))?`,? ?)*/)
  return [...calls.matchAll(/[\w.]+/g)].map(([call]) => ({ call, cells }))
})

// What the client's classes have beside their calls.
const internal = new Set(['constructor', 'convertToUser', 'formatPhone', 'init', 'notifyListeners', 'setupListeners',
  'validateAtLeastOne', 'validateParams', 'api.getEncryptParams', 'api.getParamsByVersion', 'api.restoreUrlState'])

function callsOf(object, prefix = '') {
  const names = []
  for (let of = object; Object.getPrototypeOf(of); of = Object.getPrototypeOf(of)) {
    for (const [name, { value }] of Object.entries(Object.getOwnPropertyDescriptors(of))) {
      if (typeof value === 'function' && name !== 'constructor') names.push(prefix + name)
    }
  }
  return names.filter((name) => !internal.has(name))
}

test('the table has every call of the client', async (t) => {
  const server = await startExample(t)
  const { auth, api } = openBrowser(server.url)
  await auth.signIn({ ...demo })
  const known = new Set(rows.map((r) => r.call))
  const all = [...callsOf(auth), ...callsOf(api, 'api.'), ...callsOf(auth.currentUser, 'currentUser.')]
  assert.ok(all.length > 150, `${all.length} calls found`)
  assert.deepEqual(all.filter((call) => !known.has(call)), [], 'of the client, and not in the table')
  assert.deepEqual([...known].filter((call) => !all.includes(call)), ['currentUser'], 'in the table, and not of the client')
})

test('every call that is served is run', () => {
  const tests = readdirSync(here).filter((name) => /\.js$/.test(name) && !/^(surface|unserved)/.test(name))
    .map((name) => readFileSync(new URL(name, here), 'utf8').replace(/^ *(\/\/|\*|\/\*).*$/gm, '')).join('\n')
  const served = rows.filter(({ cells }) => cells.length === 3 && cells[1] !== 'not served')
  assert.ok(served.length > 80, `${served.length} calls are served`)
  const missing = served.map(({ call }) => call)
    .filter((call) => !tests.includes(`${/\./.test(call) ? call : `auth.${call}`}(`))
  assert.deepEqual(missing, [])
})
