// Calls that are not served. Each must be refused as such: an empty answer would be
// read as one ("the name is free"), no JSON would be asked for three times, and
// "unauthenticated" would end the session.
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'

import { openBrowser } from './browser.js'
import { startExample } from './example.js'
import { demo } from './procedure.js'

const calls = {
  isUsernameRegistered: ({ auth }) => auth.isUsernameRegistered('a b+c'),
  queryUser: ({ auth }) => auth.queryUser({ username: 'somebody', email: 'a@b.example' }),
  'authApi.checkIfUserExist': ({ api }) => api.checkIfUserExist({ username: 'somebody' }),
  'authApi.queryUserProfile': ({ api }) => api.queryUserProfile({ username: 'somebody' }),

  getProviders: ({ auth }) => auth.getProviders(),
  getUserIdentities: ({ auth }) => auth.getUserIdentities(),
  genProviderRedirectUri: ({ auth }) => auth.genProviderRedirectUri({ provider_id: 'p' }),
  grantProviderToken: ({ auth }) => auth.grantProviderToken({ provider_id: 'p' }),
  patchProviderToken: ({ auth }) => auth.patchProviderToken({ provider_token: 't' }),
  signInWithProvider: ({ auth }) => auth.signInWithProvider({ provider_token: 't' }),
  signInWithIdToken: ({ auth }) => auth.signInWithIdToken({ provider: 'p', token: 't' }),
  bindWithProvider: ({ auth }) => auth.bindWithProvider({ provider_token: 't' }),
  unbindProvider: ({ auth }) => auth.unbindProvider({ provider_id: 'p' }),
  unlinkIdentity: ({ auth }) => auth.unlinkIdentity({ provider: 'p' }),
  'authApi.toBindIdentity': ({ api }) => api.toBindIdentity({ provider_token: 't', provider: 'p' }),
  'authApi.transByProvider': ({ api }) => api.transByProvider({ provider_token: 't' }),
  'authApi.changeBoundProvider': ({ api }) => api.changeBoundProvider({ provider_id: 'p', trans_token: 't' }),
  signInWithWechat: ({ auth }) => auth.signInWithWechat({}),

  createCaptchaData: ({ auth }) => auth.createCaptchaData({ state: 's' }),
  verifyCaptchaData: ({ auth }) => auth.verifyCaptchaData({ token: 't', key: 'k' }),
  'getVerification with a captcha': ({ auth }) => auth.getVerification({ email: 'a@b.example' }, { withCaptcha: true }),
  'authApi.sendVerificationCodeToCurrentUser': ({ api }) => api.sendVerificationCodeToCurrentUser({ email: 'a@b.example' }),

  modifyPassword: ({ auth }) => auth.modifyPassword({ password: 'p', new_password: 'q' }),
  modifyPasswordWithoutLogin: ({ auth }) => auth.modifyPasswordWithoutLogin({ username: 'u', password: 'p', new_password: 'q' }),
  'authApi.getPublicKey': ({ api }) => api.getPublicKey(),
  'signInWithPassword, encrypted': ({ auth }) => auth.signInWithPassword({ ...demo, is_encrypt: true, options: { is_encrypt: true } }),
  'verify, version 2': ({ auth }) => auth.verify({ verification_id: 'i', verification_code: '1', version: 'v2' }),
  'deleteMe, version 2': ({ auth }) => auth.deleteMe({ sudo_token: 't', version: 'v2' }),
  'refreshTokenForce, version 2': ({ auth }) => auth.refreshTokenForce({ version: 'v2' }),
  'authApi.getUserInfo, version 2': ({ api }) => api.getUserInfo({ version: 'v2' }),

  deviceAuthorize: ({ auth }) => auth.deviceAuthorize({ client_id: 'c' }),
  'authApi.authorize': ({ api }) => api.authorize({ response_type: 'code' }),
  'authApi.authorizeInfo': ({ api }) => api.authorizeInfo({ client_id: 'c' }),
  'authApi.authorizeDevice': ({ api }) => api.authorizeDevice({ user_code: 'c' }),
  getProviderSubType: ({ auth }) => auth.getProviderSubType(),
  getWedaUserInfo: ({ auth }) => auth.getWedaUserInfo(),
  getMiniProgramQrCode: ({ auth }) => auth.getMiniProgramQrCode({}),
  getMiniProgramQrCodeStatus: ({ auth }) => auth.getMiniProgramQrCodeStatus({}),
  'authApi.getMiniProgramCode': ({ api }) => api.getMiniProgramCode({}),
}

describe('what is not served', () => {
  test('is refused once, and ends nothing', async (t) => {
    const server = await startExample(t)
    const browser = openBrowser(server.url)
    await browser.auth.signIn({ ...demo })
    const before = browser.token()
    for (const [name, call] of Object.entries(calls)) {
      await t.test(name, async () => {
        browser.sent.length = 0
        const refusal = await call(browser).then(({ error }) => [error.code, error.errorCode], (e) => [e.error, e.error_code])
        assert.deepEqual(refusal, ['unimplemented', 12])
        assert.equal(browser.sent.length, 1)
        assert.deepEqual(browser.token(), before)
      })
    }
    assert.equal((await browser.me()).username, demo.username)
  })
})
