// The built example as a process of its own, with a database of its own.
import { spawn } from 'node:child_process'
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'

const binary = resolve(fileURLToPath(new URL('.', import.meta.url)), process.env.LIGATURE_EXAMPLE ?? '../../bin/example')

/**
 * Starts the example for the length of a test.
 *
 * @param {import('node:test').TestContext} t
 * @param {...string} flags
 * @returns {Promise<{url: string, messages: () => Promise<object[]>, code: (to: string, purpose: string) => Promise<string>, notice: (to: string) => Promise<void>}>}
 *   code is the newest code to an address, which must be for the purpose; notice waits for the one that an address is
 *   sent a little after the change it tells of
 */
export async function startExample(t, ...flags) {
  if (!existsSync(binary)) {
    throw new Error(`${binary} is missing: build it with "go build -o bin/example ./example", or set LIGATURE_EXAMPLE`)
  }
  const dir = mkdtempSync(join(tmpdir(), 'ligature-example-'))
  const child = spawn(binary, ['-addr', '127.0.0.1:0', ...flags], { cwd: dir, stdio: ['ignore', 'ignore', 'pipe'] })
  t.after(async () => {
    if (child.exitCode === null) {
      await new Promise((done) => {
        child.once('exit', done)
        child.kill()
      })
    }
    rmSync(dir, { recursive: true })
  })
  const url = await new Promise((found, failed) => {
    let log = ''
    child.once('error', failed)
    child.once('exit', (status) => failed(new Error(`the example ended with ${status}: ${log}`)))
    child.stderr.setEncoding('utf8').on('data', (text) => {
      log += text
      const started = log.match(/ligature example on (http:\/\/[\d.]+:\d+) /)
      if (started) found(started[1])
    })
  })
  const messages = async () => (await fetch(`${url}/dev/messages`)).json()
  return {
    url,
    messages,
    async code(to, purpose) {
      const last = (await messages()).findLast((m) => m.to === to && m.purpose !== 'notice')
      if (last?.purpose !== purpose || !last.code) {
        throw new Error(`the last message to ${to} is ${JSON.stringify(last)}, not a code to ${purpose}`)
      }
      return last.code
    },
    async notice(to) {
      for (let tries = 0; !(await messages()).some((m) => m.to === to && m.purpose === 'notice'); tries++) {
        if (tries === 100) throw new Error(`no notice to ${to} came in ten seconds`)
        await sleep(100)
      }
    },
  }
}
