// An address that another account has.
import assert from 'node:assert/strict'
import test from 'node:test'

import { openBrowser } from './browser.js'
import { startExample } from './example.js'
import { call, demo, prove } from './procedure.js'

const phone_number = '+86 13800000000'
const e164 = '+8613800000000'

// Somebody has the phone number; the demo account has proved that it holds it.
async function conflict(t, owns = {}) {
  const server = await startExample(t)
  const loser = openBrowser(server.url)
  const token = await prove(loser, server, { phone_number }, e164, 'sign_in')
  await loser.auth.signUp({ phone_number, verification_token: token, ...owns })
  const browser = openBrowser(server.url)
  await browser.auth.signIn({ ...demo })
  const { sudo_token } = await browser.auth.sudo({ password: demo.password })
  const verification_token = await prove(browser, server, { phone_number }, e164, 'bind')
  const bind = (more) => browser.auth.bindPhoneNumber({ phone_number, sudo_token, verification_token, ...more })
  return { server, loser, browser, bind }
}

test('a conflict is refused, and the proof stays good', async (t) => {
  const { loser, browser, bind } = await conflict(t)
  for (const more of [{}, { conflict_resolution: 'DEFAULT' }, { conflict_resolution: 0 }]) {
    await assert.rejects(bind(more), { error: 'failed_precondition', error_code: 9 })
  }
  await assert.rejects(bind({ conflict_resolution: 'STEAL' }), { error: 'invalid_argument', error_code: 3 })
  assert.equal((await loser.me()).phone_number, phone_number)
  assert.equal((await browser.me()).phone_number, undefined)
})

for (const conflict_resolution of ['TRANSFER', 2, 'DELETE_ACCOUNT_TRANSFER', 1]) {
  test(`conflict_resolution ${conflict_resolution} takes the number of an account that has nothing else`, async (t) => {
    const { loser, browser, bind } = await conflict(t)
    await bind({ conflict_resolution })
    assert.equal((await browser.me()).phone_number, phone_number)
    await assert.rejects(loser.me())
    assert.equal(loser.token(), null)
  })
}

test('an account that has more than the number keeps it, until it is proved as well', async (t) => {
  const { server, loser, browser, bind } = await conflict(t, { username: 'loser', password: 'a password' })
  for (const conflict_resolution of ['TRANSFER', 'DELETE_ACCOUNT_TRANSFER']) {
    await assert.rejects(bind({ conflict_resolution }), { error: 'failed_precondition', error_code: 9 })
  }
  const { sudo_token } = await loser.auth.sudo({ password: 'a password' })
  const both = { conflict_resolution: 'TRANSFER', other_access_token: loser.token().access_token, other_sudo_token: sudo_token }
  await assert.rejects(bind({ ...both, other_sudo_token: 'wrong' }), { error: 'permission_denied', error_code: 7 })
  await assert.rejects(bind({ ...both, other_access_token: 'wrong' }), { error: 'permission_denied', error_code: 7 })
  assert.notEqual(browser.token(), null, 'it is not this session that is dead')

  await bind(both)
  assert.equal((await browser.me()).phone_number, phone_number)
  await assert.rejects(loser.me(), { error: 'unauthenticated' })
  await loser.auth.signIn({ username: 'loser', password: 'a password' })
  assert.equal((await loser.me()).phone_number, undefined, 'it lives on by what else it has')
  assert.deepEqual((await call(loser, server, 'GET', '/user/associations')).body.data.map((m) => m.kind), ['username', 'password'])
})
