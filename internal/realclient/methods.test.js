// What ligature has beyond the client's own calls: the list of all methods, their
// removal, whether a session is elevated, and authenticator apps. An application calls
// it with the client's token.
import assert from 'node:assert/strict'
import { createHmac } from 'node:crypto'
import test from 'node:test'

import { openBrowser } from './browser.js'
import { startExample } from './example.js'
import { bindEmail, bindPhone, call, demo } from './procedure.js'

const email = 'test@example.com'
const phone = '+86 13800000000'

async function signedIn(t) {
  const server = await startExample(t)
  const browser = openBrowser(server.url)
  await browser.auth.signIn({ ...demo })
  return { server, browser, own: (method, path, more) => call(browser, server, method, path, more) }
}

const sudo = async ({ auth }) => (await auth.sudo({ password: demo.password })).sudo_token

test('every method is listed, and removed by its ID under sudo', async (t) => {
  const { server, browser, own } = await signedIn(t)
  await bindEmail(browser, server, email)
  await bindPhone(browser, server, phone, '+8613800000000')
  const list = async () => {
    const { status, body } = await own('GET', '/user/associations')
    assert.deepEqual([status, body.total], [200, body.data.length])
    return Object.fromEntries(body.data.map((m) => [m.kind, m]))
  }
  const all = await list()
  assert.deepEqual(Object.entries(all).map(([kind, m]) => [kind, m.value, m.signs_in, m.sudo, m.removable]), [
    ['username', demo.username, false, false, true],
    ['email', email, true, true, true],
    ['phone', phone, true, true, true],
    ['password', undefined, true, true, true],
  ])

  const without = await own('DELETE', `/user/associations/${all.email.id}`)
  assert.deepEqual([without.status, without.body.error], [401, 'permission_denied'])
  const sudo_token = await sudo(browser)
  const other = openBrowser(server.url)
  await other.auth.signIn({ ...demo })
  assert.deepEqual(await own('DELETE', `/user/associations/${all.email.id}`, { sudo: sudo_token }), { status: 200, body: {} })
  await server.notice(email)
  await assert.rejects(other.me(), { error: 'unauthenticated' }, 'every other session has ended')
  assert.equal((await browser.me()).email, undefined)

  assert.equal((await own('DELETE', `/user/associations/${all.email.id}`, { sudo: sudo_token })).body.error, 'not_found')
  for (const id of ['password', all.username.id]) {
    assert.equal((await own('DELETE', `/user/associations/${id}`, { body: { sudo_token } })).status, 200, id)
  }
  const last = await own('DELETE', `/user/associations/${all.phone.id}`, { sudo: sudo_token })
  assert.equal(last.status >= 400 && last.status < 500, true)
  assert.deepEqual(Object.keys(await list()), ['phone'])
})

test('the session says whether it is elevated, and by what it could be', async (t) => {
  const { server, browser, own } = await signedIn(t)
  const before = (await own('GET', '/user/sudo')).body
  assert.deepEqual(before, { elevated: false, factors: [{ kind: 'password' }] })
  await bindEmail(browser, server, email)
  const { elevated, expires_in, factor, factors } = (await own('GET', '/user/sudo')).body
  assert.deepEqual([elevated, factor, factors.map((f) => f.kind)], [true, 'password', ['password', 'email']])
  assert.ok(expires_in > 590 && expires_in <= 600)
  assert.notEqual(factors[1].masked, email)

  // What it lists is enough to get there: a code to the address as it is masked.
  const { verification_id } = await browser.auth.getVerification({ email: factors[1].masked, target: 'CUR_USER' })
  const { verification_token } = await browser.auth.verify({ verification_id, verification_code: await server.code(email, 'sudo') })
  await browser.auth.sudo({ verification_token })
  assert.equal((await own('GET', '/user/sudo')).body.factor, 'email')
})

// The code of an authenticator app (RFC 6238), steps of half a minute from now.
function totp(secret, steps = 0) {
  const bits = [...secret].map((c) => 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'.indexOf(c).toString(2).padStart(5, '0')).join('')
  const key = Buffer.from(bits.match(/.{8}/g).map((b) => parseInt(b, 2)))
  const counter = Buffer.alloc(8)
  counter.writeBigUInt64BE(BigInt(Math.floor(Date.now() / 30_000) + steps))
  const mac = createHmac('sha1', key).update(counter).digest()
  const at = mac.at(-1) & 15
  return String((mac.readUInt32BE(at) & 0x7fffffff) % 1_000_000).padStart(6, '0')
}

test('an authenticator app is a factor for sudo', async (t) => {
  const { browser, own } = await signedIn(t)
  assert.equal((await own('POST', '/user/authenticator')).status, 401)
  const enrolled = await own('POST', '/user/authenticator', { body: { sudo_token: await sudo(browser) } })
  assert.equal(enrolled.status, 200)
  const { id, secret, uri, qr_code } = enrolled.body
  assert.match(uri, /^otpauth:\/\/totp\/Ligature%20example:/)
  assert.match(qr_code, /^data:image\/png;base64,iVBOR/)
  assert.equal(new URL(uri).searchParams.get('secret'), secret)

  const wrong = await own('POST', '/user/authenticator/verify', { body: { authenticator_code: '000000' } })
  assert.equal(wrong.body.error, 'invalid_argument')
  const code = totp(secret)
  assert.equal((await own('POST', '/user/authenticator/verify', { body: { authenticator_code: code } })).status, 200)
  // Enrolled under the password, it counts for no more than the password of late.
  assert.deepEqual((await own('GET', '/user/sudo')).body.factors.map((f) => f.kind), ['password', 'authenticator'])

  // The client passes a proof that it does not know of on as it is.
  await assert.rejects(browser.auth.sudo({ authenticator_code: code }), { error: 'invalid_argument', error_code: 3 }, 'a code is good once')
  const { sudo_token } = await browser.auth.sudo({ authenticator_code: totp(secret, 1) })
  assert.equal((await own('GET', '/user/sudo')).body.factor, 'authenticator')
  assert.equal((await own('DELETE', `/user/associations/${id}`, { sudo: sudo_token })).status, 200)
  assert.deepEqual((await own('GET', '/user/associations')).body.data.map((m) => m.kind), ['username', 'password'])
})
