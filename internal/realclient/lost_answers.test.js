// Answers that get lost. The client repeats such a request a second later, under
// the same name; it must get the answer that it missed, and the request must have
// happened once.
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'

import { openBrowser } from './browser.js'
import { startExample } from './example.js'
import { startLossy } from './lossy.js'
import { bindEmail, bindPhone, demo, prove } from './procedure.js'

const email = 'test@example.com'
const phone = '+86 13800000000'
const e164 = '+8613800000000'
const next = 'a longer passphrase'

// Each flow is run over a network that loses nothing, and over one that loses the
// first answer to every request.
const flows = {
  'sign in, bind an email and a phone number, refresh, set the password': async (browser, server) => {
    await browser.auth.signIn({ ...demo })
    await bindEmail(browser, server, email)
    await bindPhone(browser, server, phone, e164)
    await browser.auth.refreshSession()
    const { sudo_token } = await browser.auth.sudo({ password: demo.password })
    await browser.auth.setPassword({ sudo_token, new_password: next })
    return browser.me()
  },
  'sudo by a code, replace the phone number': async (browser, server) => {
    await browser.auth.signIn({ ...demo })
    await bindEmail(browser, server, email)
    await bindPhone(browser, server, phone, e164)
    const sudo_token = await browser.auth.sudo({ verification_token: await prove(browser, server, { email }, email, 'sudo') })
    const phone_number = '+86 13900000000'
    const verification_token = await prove(browser, server, { phone_number }, '+8613900000000', 'bind')
    await browser.auth.bindPhoneNumber({ sudo_token, phone_number, verification_token })
    await server.notice(e164)
    return browser.me()
  },
  'sudo, updateUser': async (browser, server) => {
    await browser.auth.signIn({ ...demo })
    await browser.auth.sudo({ password: demo.password })
    const { data } = await browser.auth.updateUser({ email })
    await data.verifyOtp({ email, token: await server.code(email, 'bind') })
    return browser.me()
  },
  'change the password by the old one': async (browser) => {
    await browser.auth.signIn({ ...demo })
    await browser.api.updatePasswordByOld({ old_password: demo.password, new_password: next })
    return browser.me()
  },
  'sign up, sign out, sign in by a code': async (browser, server) => {
    const verification_token = await prove(browser, server, { email }, email, 'sign_in')
    await browser.auth.signUp({ email, verification_token, username: 'newcomer', password: next })
    const { sub } = await browser.me()
    await browser.auth.signOut()
    const again = await prove(browser, server, { phone_number: phone }, e164, 'sign_in')
    await browser.auth.signUp({ phone_number: phone, verification_token: again })
    assert.notEqual((await browser.me()).sub, sub)
    return browser.me()
  },
  'sign in anonymously, sign up from there': async (browser, server) => {
    await browser.auth.signInAnonymously()
    const { sub, access_token } = browser.token()
    const verification_token = await prove(browser, server, { email }, email, 'sign_in')
    await browser.auth.signUp({ email, verification_token, anonymous_token: access_token, username: 'newcomer', password: next })
    assert.equal((await browser.me()).sub, sub)
    return browser.me()
  },
  'sign in by a ticket, edit the profile and the username': async (browser, server) => {
    const { ticket } = await (await fetch(`${server.url}/dev/ticket`)).json()
    await browser.auth.signInWithCustomTicket(async () => ticket)
    await browser.auth.updateUserBasicInfo({ nickname: 'Ada' })
    await browser.auth.currentUser.update({ locale: 'en-GB' })
    await browser.auth.sudo({ password: demo.password })
    await browser.auth.currentUser.updateUsername('ada')
    const { data } = await browser.auth.getUserBehaviorLog({ type: 'MODIFY', limit: 20 })
    assert.deepEqual(data.map((e) => e.action), ['set_username', 'sudo', 'set_profile', 'set_profile', 'import'])
    return browser.me()
  },
  'reset the password': async (browser, server) => {
    const owner = openBrowser(server.url)
    await owner.auth.signIn({ ...demo })
    await bindEmail(owner, server, email)
    const { data } = await browser.auth.resetPasswordForEmail(email)
    const { error } = await data.updateUser({ nonce: await server.code(email, 'sign_in'), password: next })
    assert.equal(error, null)
    return browser.me()
  },
  'take the number of another account': async (browser, server) => {
    const loser = openBrowser(server.url)
    const token = await prove(loser, server, { phone_number: phone }, e164, 'sign_in')
    await loser.auth.signUp({ phone_number: phone, verification_token: token })
    await browser.auth.signIn({ ...demo })
    const sudo_token = await browser.auth.sudo({ password: demo.password })
    const verification_token = await prove(browser, server, { phone_number: phone }, e164, 'bind')
    await browser.auth.bindPhoneNumber({ sudo_token, phone_number: phone, verification_token, conflict_resolution: 'TRANSFER' })
    return browser.me()
  },
  'end another session': async (browser, server) => {
    const other = openBrowser(server.url)
    await other.auth.signIn({ ...demo })
    await browser.auth.signIn({ ...demo })
    await browser.api.revokeDevice({ device_id: other.storage.getItem('device_id') })
    await assert.rejects(other.me(), { error: 'unauthenticated' })
    const { data } = await browser.auth.getUserBehaviorLog({ type: 'MODIFY', limit: 20 })
    assert.deepEqual(data.map((e) => e.action), ['sign_out', 'import'])
    return browser.me()
  },
}

// What one account comes to, without what differs from run to run.
const lasting = ({ sub, uid, user_id, created_at, password_updated_at, ...rest }) => rest

async function run(t, flow, lossy) {
  const server = await startExample(t)
  const network = lossy ? await startLossy(t, server) : null
  const browser = openBrowser(network?.url ?? server.url)
  const me = await flow(browser, server)
  // Notices come when it is their time.
  const messages = (await server.messages()).filter((m) => m.purpose !== 'notice').map((m) => `${m.purpose} ${m.to}`)
  return { server, browser, network, me: lasting(me), messages }
}

// The client repeated each request, and was told in the end what it would have
// been told at first.
function assertRepeated({ browser, network }, lost = 1) {
  for (const [id, { call, answers }] of network.calls) {
    assert.equal(browser.sent.filter((r) => r.id === id).length, lost + 1, `${call}: sends`)
    assert.equal(answers.length, lost + 1, `${call}: answers`)
    const { expires_in: before, ...first } = answers[0].body
    const { expires_in: after, ...last } = answers.at(-1).body
    assert.deepEqual([answers.at(-1).status, last], [answers[0].status, first], call)
    const passed = Math.ceil((answers.at(-1).at - answers[0].at) / 1000) + 1
    if (before !== undefined) assert.ok(after <= before && after >= before - passed, `${call}: ${before} s, then ${after} s`)
  }
  assert.equal(network.calls.size, new Set(browser.sent.map((r) => r.id)).size)
}

describe('lost answers', { concurrency: 6 }, () => {
  for (const [name, flow] of Object.entries(flows)) {
    test(name, async (t) => {
      const plain = await run(t, flow, false)
      const lossy = await run(t, flow, true)
      assert.deepEqual(lossy.me, plain.me)
      assert.deepEqual(lossy.messages, plain.messages)
      const path = (call) => call.replace(/[0-9a-f]{32}$/, 'device') // another name in each run
      assert.deepEqual([...lossy.network.calls.values()].map((c) => path(c.call)),
        plain.browser.sent.map((r) => path(`${r.method} ${r.path}`)))
      assertRepeated(lossy)
    })
  }

  test('two answers of every three', async (t) => {
    const server = await startExample(t)
    const network = await startLossy(t, server, { lose: 2 })
    const browser = openBrowser(network.url)
    await browser.auth.signIn({ ...demo })
    await bindEmail(browser, server, email)
    assert.equal((await browser.me()).email, email)
    assert.equal((await server.messages()).length, 1)
    assertRepeated({ browser, network }, 2)
  })

  // Both changes end every other session. One that is opened between the change
  // and its repeat lives on, unless the repeat is a change of its own.
  for (const [name, path, password, change] of [
    ['setting the password', 'PATCH /auth/v1/user/password', next, async ({ auth }) => {
      const { sudo_token } = await auth.sudo({ password: demo.password })
      await auth.setPassword({ sudo_token, new_password: next })
    }],
    ['replacing the email', 'PATCH /auth/v1/user/contact', demo.password, async (browser, server) =>
      bindEmail(browser, server, 'next@example.com')],
  ]) {
    test(`${name} is not done again`, async (t) => {
      const server = await startExample(t)
      const direct = openBrowser(server.url)
      await direct.auth.signIn({ ...demo })
      await bindEmail(direct, server, email)
      const other = openBrowser(server.url)
      const network = await startLossy(t, server, {
        meanwhile: async (call) => call === path && other.auth.signIn({ ...demo, password }),
      })
      const browser = openBrowser(network.url)
      await browser.auth.signIn({ ...demo })

      await change(browser, server)

      await assert.rejects(direct.me(), { error: 'unauthenticated' })
      assert.equal((await other.me()).sub, (await browser.me()).sub)
      assertRepeated({ browser, network })
    })
  }

  test('a token that expired is refreshed once', async (t) => {
    const server = await startExample(t, '-access-ttl', '42s') // 12 in the client's eyes
    const network = await startLossy(t, server)
    const browser = openBrowser(network.url)
    await browser.auth.signIn({ ...demo })
    const { sub } = await browser.me()
    await sleep(new Date(browser.token().expires_at) - Date.now() + 20)

    const all = await Promise.all([browser.me(), browser.me(), browser.me()])
    assert.deepEqual(all.map((me) => me.sub), [sub, sub, sub])
    assert.equal([...network.calls.values()].filter((c) => c.call === 'POST /auth/v1/token').length, 1)
    assertRepeated({ browser, network })
  })

  test('signing out', async (t) => {
    const server = await startExample(t)
    const network = await startLossy(t, server)
    const browser = openBrowser(network.url)
    await browser.auth.signIn({ ...demo })
    const { error } = await browser.auth.signOut()
    assert.equal(error, null)
    assert.equal(browser.token(), null)
    assertRepeated({ browser, network })
  })

  // These end the very session that they are sent in.
  for (const [name, end] of Object.entries({
    deleteMe: async ({ auth }) => auth.deleteMe({ sudo_token: (await auth.sudo({ password: demo.password })).sudo_token }),
    deleteUser: async ({ auth }) => assert.equal((await auth.deleteUser({ password: demo.password })).error, null),
    revokeAllDevices: ({ api }) => api.revokeAllDevices(),
    'revokeDevice of this one': ({ api, storage }) => api.revokeDevice({ device_id: storage.getItem('device_id') }),
    'signOut with parameters': async ({ auth }) => assert.equal((await auth.signOut({ state: 's' })).error, null),
  })) {
    test(`${name} succeeds all the same`, async (t) => {
      const server = await startExample(t)
      const network = await startLossy(t, server)
      const browser = openBrowser(network.url)
      await browser.auth.signIn({ ...demo })
      const { access_token } = browser.token()
      await end(browser)
      assertRepeated({ browser, network })
      const { status } = await fetch(`${server.url}/auth/v1/user/me`, { headers: { authorization: `Bearer ${access_token}` } })
      assert.equal(status, 401)
    })
  }

  test('a wrong code is one guess', async (t) => {
    const server = await startExample(t)
    const network = await startLossy(t, server)
    const browser = openBrowser(network.url)
    const { verification_id } = await browser.auth.getVerification({ email })
    const right = await server.code(email, 'sign_in')
    const wrong = right === '123456' ? '654321' : '123456'
    for (let i = 0; i < 4; i++) {
      await assert.rejects(browser.auth.verify({ verification_id, verification_code: wrong }), { error: 'invalid_argument' })
    }
    await browser.auth.verify({ verification_id, verification_code: right })
    assertRepeated({ browser, network })
  })
})
